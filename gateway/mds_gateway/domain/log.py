"""The log of one publication: what was received lately, finished and ready to be sent.

An active account resends from it what the stream may lack; a standby has sent nothing yet, so all of it is
what a takeover may need. Bounded in time and in bytes; where the bytes do not suffice, `reach_s` says how
far it goes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mds_gateway.domain.ticks import FinishedTick

_TICK_OVERHEAD_BYTES = 250  # the struct, its key, its identity and its place in the deque


class TickLog:
    def __init__(self, *, keep_s: float, max_bytes: int) -> None:
        self._keep_s = keep_s
        self._max_bytes = max_bytes
        self._ticks: deque[FinishedTick] = deque()
        self._arrivals: deque[tuple[float, int]] = deque()  # when, how many: one entry a batch
        self._bytes = 0

    def __iter__(self) -> Iterator[FinishedTick]:
        return iter(self._ticks)

    def __len__(self) -> int:
        return len(self._ticks)

    @property
    def size_bytes(self) -> int:
        return self._bytes

    @property
    def newest_arrival(self) -> int:
        """The number of the tick that came last; 0 while it is empty."""
        return self._ticks[-1].arrival if self._ticks else 0

    def reach_s(self, now: float) -> float:
        """How far back it goes: the age of its oldest tick."""
        return now - self._arrivals[0][0] if self._arrivals else 0.0

    def extend(self, ticks: Sequence[FinishedTick], now: float) -> list[FinishedTick]:
        """Returns what had to go for it."""
        if not ticks:
            return []
        self._ticks.extend(ticks)
        self._arrivals.append((now, len(ticks)))
        self._bytes += sum(len(tick.body) for tick in ticks) + _TICK_OVERHEAD_BYTES * len(ticks)
        return self._trim(now)

    def use_bounds(self, *, keep_s: float, max_bytes: int, now: float) -> list[FinishedTick]:
        """Return what had to go, as they became narrower."""
        self._keep_s, self._max_bytes = keep_s, max_bytes
        return self._trim(now)

    def _trim(self, now: float) -> list[FinishedTick]:
        arrivals = self._arrivals
        gone = []
        while arrivals and (now - arrivals[0][0] > self._keep_s or self._bytes > self._max_bytes):
            _, count = arrivals.popleft()
            for _ in range(count):
                tick = self._ticks.popleft()
                self._bytes -= len(tick.body) + _TICK_OVERHEAD_BYTES
                gone.append(tick)
        return gone
