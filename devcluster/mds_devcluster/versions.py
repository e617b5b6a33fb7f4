"""Which version of each program; the one place that answers.

Nothing is written here twice: the pins stand in the files that also hold the hashes,
`requirements/*.txt` for wheels and `devcluster/modules/*/go.mod` for Go modules.
"""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def locate_requirements(repository: Path, name: str) -> Path:
    return repository / "requirements" / f"{name}.txt"


def locate_module(repository: Path, folder: str) -> Path:
    """Where the go.mod and go.sum of one upstream are."""
    return repository / "devcluster" / "modules" / folder


def read_wheel_version(package: str, requirements: Path) -> str:
    return _find_pin(requirements, rf"{re.escape(package)}==(\S+)")


def read_module_version(module: str, go_mod: Path) -> str:
    """The version that go.mod requires, without the leading v."""
    return _find_pin(go_mod, rf"(?:require\s+|\t){re.escape(module)} v(\S+)")


def _find_pin(path: Path, pattern: str) -> str:
    found = re.search(f"^{pattern}", path.read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(f"{path}: no line matches {pattern!r}; a pin was moved or renamed")
    return found[1]
