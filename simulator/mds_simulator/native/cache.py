"""Where built things are kept, and how they get there without a moment in which they are half there."""

from __future__ import annotations

import os
from pathlib import Path


class BuildError(RuntimeError):
    """What is needed cannot be built or fetched; the message says what to install."""


def cache_dir() -> Path:
    """MDS_CACHE, or ~/.cache/mds; the simulator has a folder of its own in it."""
    base = os.environ.get("MDS_CACHE") or Path.home() / ".cache" / "mds"
    return Path(base) / "simulator"


def move_into_place(built: Path, done: Path) -> None:
    """By one rename. If somebody else was faster, theirs stays: both have the same content."""
    try:
        built.rename(done)
    except OSError:
        if not done.is_dir():
            raise
