"""When a fence is written again: long before it is the oldest message of a full stream, which lets it go.

oldest | ... F ............ newest |      the stream is full; each new message takes the oldest away
|<- renewed, when this is a quarter of what the stream holds
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_gateway.domain.ticks import FinishedTick

SHARE: Final = 4
"""A quarter: messages that follow may be four times as large as those before without harm."""
OVERHEAD_BYTES: Final = 400
"""Of a stored tick beside its body: subject, headers, and the store's own bytes; rather too much."""


@dataclass(frozen=True, slots=True)
class StreamRoom:
    """What a stream may hold, and what it holds. None: without limit, or it refuses where others evict."""

    max_messages: int | None
    max_bytes: int | None
    messages: int
    size_bytes: int
    newest: int
    """Its last sequence."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How much may follow a fence before it is renewed. None: any amount, as the stream lets nothing go."""

    messages: int | None = None
    size_bytes: int | None = None


def decide_reach(room: StreamRoom) -> Reach:
    """Return a quarter of what the stream may hold; in messages also by the size they have had so far."""
    limits = [] if room.max_messages is None else [room.max_messages]
    if room.max_bytes is None:
        size_bytes = None
    else:
        size_bytes = max(1, room.max_bytes // SHARE)
        if room.messages and room.size_bytes:
            limits.append(room.max_bytes * room.messages // room.size_bytes)
    return Reach(max(1, min(limits) // SHARE) if limits else None, size_bytes)


@dataclass(slots=True)
class Renewal:
    """How far the fence in force has aged."""

    reach: Reach = Reach()
    """Nothing is known of the stream yet."""
    fence: int = 0
    """Its sequence, also after it was lost."""
    newest: int = 0
    """The newest sequence of the stream that was heard of."""
    sent: int = 0
    """Ticks sent behind it: they count before the stream has answered."""
    sent_bytes: int = 0
    is_under_way: bool = False

    @property
    def room(self) -> int:
        """How many ticks may be sent at once: no batch may itself take the fence away."""
        return sys.maxsize if self.reach.messages is None else max(1, self.reach.messages - self.sent)

    def is_due(self, fence: int) -> bool:
        messages, size_bytes = self.reach.messages, self.reach.size_bytes
        if messages is not None and max(self.newest - fence, self.sent) >= messages:
            return True
        return size_bytes is not None and self.sent_bytes >= size_bytes

    def note_fence(self, sequence: int) -> None:
        """A fence was stored: all begins anew behind it."""
        self.fence = self.newest = sequence
        self.sent, self.sent_bytes, self.is_under_way = 0, 0, False

    def note_sent(self, ticks: Sequence[FinishedTick]) -> None:
        self.sent += len(ticks)
        self.sent_bytes += sum(len(tick.body) for tick in ticks) + OVERHEAD_BYTES * len(ticks)

    def note_room(self, room: StreamRoom) -> None:
        self.reach, self.newest = decide_reach(room), max(self.newest, room.newest)
