"""The oldest Python that `protocol` and `runtime` promise, with nothing installed but what they ask for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from mds_devcluster import cache

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
VERSION: Final = "3.12"
WITHIN_S: Final = 300  # the end of a test that hangs, never a claim about speed
IMPORT_ALL: Final = """
import importlib, json, pkgutil, sys
failed, names = {}, []
for top in ("mds_protocol", "mds_runtime"):
    package = importlib.import_module(top)
    for module in pkgutil.walk_packages(package.__path__, f"{top}.", onerror=lambda _: None):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            failed[module.name] = repr(error)
        names.append(module.name)
print(json.dumps({"version": sys.version_info[:2], "names": names, "failed": failed}))
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of importing every module of both."""

    version: tuple[int, int]
    names: tuple[str, ...]
    failed: dict[str, str]


def find_python() -> Path:
    """One of this machine, or one that uv fetches; where there is neither, the test is skipped."""
    for path in _list_candidates():
        asked = subprocess.run([path, "-V"], check=False, capture_output=True, text=True, timeout=WITHIN_S)
        if asked.stdout.startswith(f"Python {VERSION}."):
            return path
    pytest.skip(f"no Python {VERSION} here, and none to be fetched: `make check` alone holds both to it")


def _list_candidates() -> Iterator[Path]:
    if (found := shutil.which(f"python{VERSION}")) is not None:
        yield Path(found)
    # pyenv's own programs on the PATH refuse where another version is chosen.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from pyenv.glob(f"versions/{VERSION}.*/bin/python{VERSION}")
    folder = cache.locate_cache(os.environ) / "python"
    fetched: list[str | Path] = [
        find_uv(),
        "python",
        "install",
        "--quiet",
        "--install-dir",
        folder,
        "--no-bin",
        VERSION,
    ]
    subprocess.run(fetched, check=False, capture_output=True, timeout=WITHIN_S)
    yield from folder.glob(f"cpython-{VERSION}.*/bin/python{VERSION}")


def find_uv() -> Path:
    """As the Makefile installed it."""
    pinned = (ROOT / "requirements/uv.in").read_text().splitlines()[-1]
    return cache.locate_cache(os.environ) / "uv" / pinned.partition("==")[2] / "bin/uv"


def install(folder: Path, python: Path | None, *distributions: str) -> Path:
    """Return the Python of an environment with these of ours, everything else as it is locked.

    It is made by `python`; None: it is there.
    """
    made = folder / "bin/python"
    locked = ["--constraints", "requirements/dev.txt", "--build-constraints", "requirements/build.txt"]
    if python is not None:
        _run_uv("venv", "--quiet", "--python", python, folder)
    _run_uv("pip", "install", "--quiet", "--python", made, *locked, *distributions)
    return made


def _run_uv(*arguments: str | Path) -> None:
    subprocess.run([find_uv(), *arguments], check=True, cwd=ROOT, timeout=WITHIN_S)


def import_all(python: Path) -> Imported:
    """In isolation: neither this folder nor the environment's variables are looked at."""
    told: list[str | Path] = [python, "-I", "-c", IMPORT_ALL]
    ended = subprocess.run(told, check=True, stdout=subprocess.PIPE, stderr=sys.stderr, timeout=WITHIN_S)
    said = json.loads(ended.stdout)
    return Imported((said["version"][0], said["version"][1]), tuple(said["names"]), said["failed"])
