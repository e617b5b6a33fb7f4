"""The exchange's time: the real one, or one that starts at a given moment and runs on; it may be set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self


@dataclass(slots=True)
class Clock:
    start_ns: int  # exchange time
    started_ns: int  # monotonic

    @classmethod
    def begin(cls, start_ns: int | None = None) -> Self:
        return cls(time.time_ns() if start_ns is None else start_ns, time.monotonic_ns())

    def now_ns(self) -> int:
        return self.start_ns + time.monotonic_ns() - self.started_ns

    def set(self, moment_ns: int) -> None:
        """It runs on from there; what lies between does not happen."""
        self.start_ns, self.started_ns = moment_ns, time.monotonic_ns()
