"""Batches on their way to the stream: what waits, what is in flight, what was never acknowledged.

The server drops what exceeds its ingest queue without a word, so at most a window of messages is in flight,
shared by all publications of a connection. Under light load a tick leaves at once; under heavy load batches
form by themselves.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_gateway.domain.ticks import FinishedTick

WINDOW = 4_000  # messages; tried: an unacked flood loses ticks, this many never did
BATCH = 500  # messages; keeps one write under a megabyte and lets heartbeats in between
MAX_WAITING = 200_000  # ticks; the log holds them anyway. Beyond, the newest per contract wins


class Window:
    """How many more messages may be in flight on this connection."""

    def __init__(self, limit: int = WINDOW) -> None:
        self.limit = limit
        self.in_flight = 0

    @property
    def free(self) -> int:
        return self.limit - self.in_flight


@dataclass(slots=True)
class _Batch:
    ticks: list[FinishedTick]
    outstanding: int
    sent_at: float
    refused: int = 0
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was given up on: sent and not acknowledged, and how many the server refused in so many words."""

    ticks: list[FinishedTick]
    refused: int


class Sender:
    def __init__(self, window: Window) -> None:
        self._window = window
        self._waiting: deque[FinishedTick] = deque()
        self._batches: dict[int, _Batch] = {}
        self.settled_arrival = 0
        """The newest tick of which the stream has answered; answers come in the order of sending."""

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def oldest_unacked_s(self, now: float) -> float | None:
        sent = [batch.sent_at for batch in self._batches.values() if not batch.abandoned]
        return now - min(sent) if sent else None

    def queue(self, ticks: Iterable[FinishedTick]) -> list[FinishedTick]:
        """Takes ticks to be sent; returns those that gave way to newer ones of their contract."""
        self._waiting.extend(ticks)
        if len(self._waiting) <= MAX_WAITING:
            return []
        newest = {tick.contract: index for index, tick in enumerate(self._waiting)}
        dropped = [tick for index, tick in enumerate(self._waiting) if newest[tick.contract] != index]
        self._waiting = deque(
            tick for index, tick in enumerate(self._waiting) if newest[tick.contract] == index
        )
        return dropped

    def next_batch(self, number: int, now: float) -> list[FinishedTick]:
        """What may leave now, as batch `number`; empty when nothing waits or the window is full."""
        count = min(len(self._waiting), self._window.free, BATCH)
        if count <= 0:
            return []
        ticks = list(islice(self._waiting, count))
        for _ in range(count):
            self._waiting.popleft()
        self._batches[number] = _Batch(ticks, count, now)
        self._window.in_flight += count
        return ticks

    def settle(self, number: int, *, stored: int = 0, refused: int = 0) -> bool:
        """Notes answers of the server. False: the batch is not ours, or was given up on."""
        batch = self._batches.get(number)
        if batch is None:
            return False
        batch.outstanding -= stored + refused
        batch.refused += refused
        self._window.in_flight -= stored + refused
        if batch.outstanding <= 0 and (batch.abandoned or not batch.refused):
            del self._batches[number]
            if not batch.refused:
                self.settled_arrival = max(self.settled_arrival, batch.ticks[-1].arrival)
        return not batch.abandoned

    def give_up(self) -> Doubt:
        """Stops sending. Answers still on their way keep their place in the window until they come."""
        doubted = [batch for batch in self._batches.values() if not batch.abandoned]
        for batch in doubted:
            batch.abandoned = True
        doubt = Doubt(
            [tick for batch in doubted for tick in batch.ticks], sum(batch.refused for batch in doubted)
        )
        self._waiting.clear()
        self._batches = {number: batch for number, batch in self._batches.items() if batch.outstanding > 0}
        return doubt

    def forget_connection(self) -> None:
        """The connection is gone: no answer will come any more."""
        self._window.in_flight -= sum(batch.outstanding for batch in self._batches.values())
        self._batches.clear()
