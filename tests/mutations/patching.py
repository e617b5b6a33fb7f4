"""Defects on purpose: each patch takes one protection away, and a test shows that this is noticed.

A patch is applied to a copy of the package that it names; that copy's folder goes first on PYTHONPATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATCHES = Path(__file__).parent
PACKAGE = Path("gateway", "mds_gateway")


def list_patches() -> list[str]:
    return sorted(path.stem for path in PATCHES.glob("*.patch"))


def apply_patch(name: str, folder: Path) -> Path:
    """A copy of the gateway with the patch applied; returns what to put on PYTHONPATH."""
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        ["git", "apply", str(PATCHES / f"{name}.patch")],  # noqa: S607 - git of the path
        cwd=folder,
        # `git apply` needs no repository, and must not find one around the folder.
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise AssertionError(f"{name}.patch does not apply; make it anew: {done.stderr.strip()}")
    return (folder / PACKAGE).parent
