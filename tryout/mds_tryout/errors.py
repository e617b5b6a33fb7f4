"""What ends a try: one line for a person, with the log file and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class TryError(Exception):
    """`what` failed; `remedy` says what to do; `log` is where more is written, if anywhere."""

    def __init__(self, what: str, *, remedy: str, log: Path | None = None) -> None:
        self.what = what
        self.remedy = remedy
        self.log = log
        where = f" (log: {log})" if log else ""
        super().__init__(f"{what}{where}; {remedy}")
