"""What a folder remembers of the control plane that runs from it, so that another process can end it.

Each start is written down before the next; a write goes beside the file and is renamed, so a crash at
any moment leaves the last whole one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from mds_devcluster.processes import Identity

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_NAME: Final = "processes.json"


@dataclass(frozen=True, slots=True)
class Record:
    """`processes` in the order in which they were started."""

    url: str
    processes: tuple[tuple[str, Identity], ...] = ()

    def with_process(self, name: str, identity: Identity) -> Record:
        return replace(self, processes=(*self.processes, (name, identity)))

    def without(self, names: Collection[str]) -> Record:
        return replace(self, processes=tuple(row for row in self.processes if row[0] not in names))


class Ledger:
    """A record that is on disk as soon as it changes."""

    def __init__(self, folder: Path, record: Record) -> None:
        self._folder = folder
        self._record = record

    @property
    def record(self) -> Record:
        return self._record

    def add(self, name: str, identity: Identity) -> None:
        self._replace(self._record.with_process(name, identity))

    def drop(self, names: Collection[str]) -> None:
        self._replace(self._record.without(names))

    def _replace(self, record: Record) -> None:
        write_record(self._folder, record)
        self._record = record


def write_record(folder: Path, record: Record) -> None:
    rows = [{"name": name, **asdict(identity)} for name, identity in record.processes]
    write_whole(folder / _NAME, json.dumps({"url": record.url, "processes": rows}, indent=2))


def write_whole(path: Path, text: str) -> None:
    """All of it or, after a crash, what was there before."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # or a power cut may leave the new name on an empty file
    beside.rename(path)


def read_record(folder: Path) -> Record | None:
    """None if nothing was ever started from this folder."""
    try:
        text = (folder / _NAME).read_text()
    except FileNotFoundError:
        return None
    stored = json.loads(text)
    return Record(
        url=stored["url"],
        processes=tuple((row.pop("name"), Identity(**row)) for row in stored["processes"]),
    )
