"""What is in flight on one connection: how much more may follow, and to whom an answer belongs.

The server drops what exceeds its ingest queue without a word, so at most a window of messages is in flight,
shared by all subscriptions of a connection. A batch keeps its places until each of its messages is answered,
whatever has become of its subscription meanwhile, or until the connection ends.
"""

from __future__ import annotations

from dataclasses import dataclass

LIMIT = 4_000  # messages; tried: an unacked flood loses ticks, this many never did
OVERDUE_S = 3.0  # health said so after 1 s; now the connection itself is to be given up


@dataclass(slots=True)
class _Batch[T]:
    owner: T
    outstanding: int
    sent_at: float


class Window[T]:
    """Batches by number; `T` is whose they are."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.in_flight = 0
        self._batches: dict[int, _Batch[T]] = {}

    @property
    def free(self) -> int:
        return self.limit - self.in_flight

    def oldest_unanswered_s(self, now: float) -> float | None:
        """How long the oldest batch has waited for its answers. Batches are noted in the order of sending."""
        for batch in self._batches.values():
            return now - batch.sent_at
        return None

    def is_overdue(self, now: float) -> bool:
        waited_s = self.oldest_unanswered_s(now)
        return waited_s is not None and waited_s > OVERDUE_S

    def note_sent(self, number: int, owner: T, count: int, now: float) -> None:
        self._batches[number] = _Batch(owner, count, now)
        self.in_flight += count

    def note_answered(self, number: int, count: int) -> T | None:
        """Return whose batch it is; None: no batch of this connection."""
        batch = self._batches.get(number)
        if batch is None:
            return None
        answered = min(count, batch.outstanding)
        batch.outstanding -= answered
        self.in_flight -= answered
        if not batch.outstanding:
            del self._batches[number]
        return batch.owner

    def forget_connection(self) -> None:
        """The connection is gone: no answer will come any more."""
        self._batches.clear()
        self.in_flight = 0
