"""How much memory the process uses, and how much it may: what the kernel counts before it kills.

A container has a control group of its own, of version 2 or 1. Its limit counts caches, too, and the kernel
drops those first, so they are taken off, as the kubelet does.
"""

from __future__ import annotations

import contextlib
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS: Final = "sys/fs/cgroup"
UNLIMITED_BYTES: Final = 1 << 62
"""Version 1 says "no limit" by a number that no machine has."""


@dataclass(frozen=True, slots=True)
class Memory:
    used_bytes: int
    limit_bytes: int | None = None
    """None: there is no limit, or it is not to be seen."""


@dataclass(frozen=True, slots=True)
class _Files:
    """How a version calls them."""

    used: str
    limit: str
    cache: str
    """The row of `memory.stat`."""


_V2: Final = _Files("memory.current", "memory.max", "inactive_file")
_V1: Final = _Files("memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file")


def read_memory(root: Path = Path("/")) -> Memory:
    """Return the control group's figures where it has a limit, else what the process has resident."""
    for folder, files in _find_groups(root):
        with contextlib.suppress(OSError, ValueError):  # no such group, or `max`: no limit
            limit = int((folder / files.limit).read_text())
            if limit < UNLIMITED_BYTES:
                used = int((folder / files.used).read_text())
                return Memory(max(0, used - _read_cache(folder, files)), limit)
    pages = int((root / "proc/self/statm").read_text().split()[1])
    return Memory(pages * mmap.PAGESIZE)


def _find_groups(root: Path) -> Iterator[tuple[Path, _Files]]:
    """The process's own group by its path, then what is mounted: a container sees its own group there."""
    for mounted, controller, files in (
        (root / GROUPS, "", _V2),
        (root / GROUPS / "memory", "memory", _V1),
    ):
        yield mounted / _find_path(root, controller).lstrip("/"), files
        yield mounted, files


def _find_path(root: Path, controller: str) -> str:
    """A row is `<number>:<controllers>:<path>`; that of version 2 names no controller."""
    for row in (root / "proc/self/cgroup").read_text().splitlines():
        _, controllers, path = row.split(":", 2)
        if controller in controllers.split(","):
            return path
    return "/"


def _read_cache(folder: Path, files: _Files) -> int:
    rows = dict(row.split() for row in (folder / "memory.stat").read_text().splitlines())
    return int(rows.get(files.cache, 0))
