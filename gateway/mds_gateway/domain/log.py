"""The log of one subscription: what was received lately, finished and ready to be sent.

An active account resends from it what the stream may lack; a standby has sent nothing yet, so all of it is
what a takeover may need. Bounded in time and in bytes; where the bytes do not suffice, `reach_s` says how
far it goes.
"""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_gateway.domain.ticks import FinishedTick, TickRun

_TICK_OVERHEAD_BYTES = 250  # the struct, its key, its identity and its place in the run


class TickLog:
    def __init__(self, *, keep_s: float, max_bytes: int) -> None:
        self._keep_s = keep_s
        self._max_bytes = max_bytes
        self._runs: deque[tuple[float, TickRun]] = deque()
        """When each came, and itself: whole runs come and go."""
        self._bytes = 0

    def __iter__(self) -> Iterator[FinishedTick]:
        return chain.from_iterable(run.ticks for _, run in self._runs)

    @property
    def size_bytes(self) -> int:
        return self._bytes

    @property
    def newest(self) -> FinishedTick | None:
        """The tick that came last; None while it is empty."""
        return self._runs[-1][1].ticks[-1] if self._runs else None

    def reach_s(self, now: float) -> float:
        """How far back it goes: the age of its oldest tick."""
        return now - self._runs[0][0] if self._runs else 0.0

    def extend(self, run: TickRun, now: float) -> list[TickRun]:
        """Return what had to go for it."""
        self._runs.append((now, run))
        self._bytes += _weigh(run)
        return self._trim(now)

    def use_bounds(self, *, keep_s: float, max_bytes: int, now: float) -> list[TickRun]:
        """Return what had to go, as they became narrower."""
        self._keep_s, self._max_bytes = keep_s, max_bytes
        return self._trim(now)

    def _trim(self, now: float) -> list[TickRun]:
        runs = self._runs
        gone = []
        while runs and (now - runs[0][0] > self._keep_s or self._bytes > self._max_bytes):
            _, run = runs.popleft()
            self._bytes -= _weigh(run)
            gone.append(run)
        return gone


def _weigh(run: TickRun) -> int:
    return run.size_bytes + _TICK_OVERHEAD_BYTES * run.count
