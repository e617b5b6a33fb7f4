"""Where built things lie, and the rule that they are whole or absent.

A thing is made in a folder beside its place and renamed into it, under a lock on the folder that holds
both. So a crash leaves no half a thing, and of two processes that want it, one builds and one waits.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PARTIAL = ".partial-"


def locate_cache(environment: Mapping[str, str]) -> Path:
    """$MDS_CACHE, which the Makefile exports; else the folder that it would export."""
    chosen = environment.get("MDS_CACHE")
    if chosen:
        return Path(chosen)
    # The XDG rule: a relative path is to be ignored.
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "mds"


@contextmanager
def locked(folder: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the folder's lock. It is on the folder itself, so no lock file is ever left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def obtain(place: Path, make: Callable[[Path], None], *, on_wait: Callable[[], None]) -> Path:
    """Return `place`; if it is absent, `make` fills an empty folder that then becomes it."""
    if place.exists():
        return place
    with locked(place.parent, on_wait=on_wait):
        if not place.exists():
            _make(place, make)
    return place


def _make(place: Path, make: Callable[[Path], None]) -> None:
    # We hold the lock: whoever made these is dead.
    for abandoned in place.parent.glob(f"{_PARTIAL}*"):
        shutil.rmtree(abandoned)
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=place.parent))
    try:
        make(partial)
        partial.rename(place)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
