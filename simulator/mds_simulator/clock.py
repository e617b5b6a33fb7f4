"""The exchange's time: the real one, or one that starts at a given moment and runs on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Clock:
    start_ns: int  # exchange time
    started_ns: int  # monotonic

    @classmethod
    def begin(cls, start_ns: int | None = None) -> Self:
        return cls(time.time_ns() if start_ns is None else start_ns, time.monotonic_ns())

    def now_ns(self) -> int:
        return self.start_ns + time.monotonic_ns() - self.started_ns
