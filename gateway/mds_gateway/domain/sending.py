"""What waits to be sent to the stream, and which of the batches sent are not answered yet.

Under light load a tick leaves at once; under heavy load batches form by themselves.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mds_gateway.domain.numbering import Numbering

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mds_gateway.domain.ticks import FinishedTick

BATCH = 500  # messages; keeps one write under a megabyte and lets heartbeats in between
MAX_WAITING = 200_000  # live ticks; the log holds them anyway. Beyond, the newest per contract wins


@dataclass(slots=True)
class _Batch:
    ticks: list[FinishedTick]
    outstanding: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Batches sent and not answered to the last tick, by number, and what was in them."""

    batches: frozenset[int]
    ticks: list[FinishedTick]


class Sender:
    def __init__(self) -> None:
        self._owed: deque[FinishedTick] = deque()
        """What a takeover found lacking. The log holds it, so none of it gives way."""
        self._waiting: deque[FinishedTick] = deque()
        self._batches: dict[int, _Batch] = {}
        self.numbering = Numbering()
        self._gave_way: dict[bytes, int] = {}
        """Ticks dropped for the next one of their contract."""
        self.stored: dict[str, int] = {}
        """By exchange, ticks that the stream has acknowledged."""
        self.settled_arrival = 0
        """The newest tick of which the stream has answered; answers come in the order of sending."""

    @property
    def waiting(self) -> int:
        return len(self._owed) + len(self._waiting)

    @property
    def has_unanswered(self) -> bool:
        return bool(self._batches)

    def owe(self, ticks: Iterable[FinishedTick]) -> None:
        """Take what goes out before everything else."""
        self._owed.extend(ticks)

    def queue(self, ticks: Iterable[FinishedTick]) -> list[FinishedTick]:
        """Take live ticks to be sent; return those that gave way to newer ones of their contract."""
        self._waiting.extend(ticks)
        if len(self._waiting) <= MAX_WAITING:
            return []
        newest = {tick.contract: index for index, tick in enumerate(self._waiting)}
        dropped = [tick for index, tick in enumerate(self._waiting) if newest[tick.contract] != index]
        for tick in dropped:
            self._gave_way[tick.contract] = self._gave_way.get(tick.contract, 0) + 1 + tick.gave_way
        self._waiting = deque(
            tick for index, tick in enumerate(self._waiting) if newest[tick.contract] == index
        )
        return dropped

    def next_batch(self, number: int, room: int) -> list[FinishedTick]:
        """Return what leaves now as batch `number`; empty when nothing waits or there is no room."""
        source = self._owed or self._waiting
        count = min(len(source), room, BATCH)
        if count <= 0:
            return []
        ticks = list(islice(source, count))
        for _ in range(count):
            source.popleft()
        self._batches[number] = _Batch(ticks, count)
        self.numbering.give(ticks, self._gave_way)
        return ticks

    def on_stored(self, number: int, count: int) -> bool:
        """Note what the stream took; return whether it was under way, and was not given up on."""
        batch = self._batches.get(number)
        if batch is None:
            return False
        batch.outstanding -= count
        if batch.outstanding <= 0:
            del self._batches[number]
            self.settled_arrival = max(self.settled_arrival, batch.ticks[-1].arrival)
            self._count_stored(batch.ticks)
        return True

    def _count_stored(self, ticks: Sequence[FinishedTick]) -> None:
        """Once a batch, and no object for each tick: this is the hot path."""
        stored = self.stored
        for tick in ticks:
            exchange = tick.exchange
            stored[exchange] = stored.get(exchange, 0) + 1

    def has_sent(self, number: int) -> bool:
        """Whether the batch is on its way and was not given up on."""
        return number in self._batches

    def give_up(self) -> GivenUp:
        """Stop sending, and forget what was sent: only the stream knows what it has of it."""
        for batch in self._batches.values():
            # Acknowledgements come in the order of sending.
            self._count_stored(batch.ticks[: len(batch.ticks) - batch.outstanding])
        given_up = GivenUp(
            frozenset(self._batches), [tick for batch in self._batches.values() for tick in batch.ticks]
        )
        self._owed.clear()
        self._waiting.clear()
        self._batches.clear()
        self._gave_way.clear()  # the log holds them still
        return given_up
