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
    from pathlib import Path

_NAME: Final = "processes.json"


@dataclass(frozen=True, slots=True)
class Record:
    """`processes` in the order in which they were started."""

    url: str
    processes: tuple[tuple[str, Identity], ...] = ()

    def with_process(self, name: str, identity: Identity) -> Record:
        return replace(self, processes=(*self.processes, (name, identity)))


def write_record(folder: Path, record: Record) -> None:
    rows = [{"name": name, **asdict(identity)} for name, identity in record.processes]
    beside = folder / f"{_NAME}.new"
    with beside.open("w") as file:
        file.write(json.dumps({"url": record.url, "processes": rows}, indent=2))
        file.flush()
        os.fsync(file.fileno())  # or a power cut may leave the new name on an empty file
    beside.rename(folder / _NAME)


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
