"""The stream of a world: it fences, dedupes and evicts as nats-server does."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.domain.renewing import StreamRoom
from mds_protocol.failover.fencing import Fence
from mds_protocol.failover.takeover import Last

if TYPE_CHECKING:
    from mds_gateway.domain.ticks import FinishedTick


@dataclass
class Stream:
    """What is stored, and the rules of storing."""

    max_messages: int | None = None
    """Beyond, the oldest goes, whatever it is."""
    entries: list[tuple[int, FinishedTick, str, int]] = field(default_factory=list)
    """All that was ever stored."""
    written: Fence | None = None
    """The newest fence, whether the stream holds it still or not."""
    numbers: list[tuple[int, int]] = field(default_factory=list)
    """Beside each entry: the fence behind which it was sent, and its number."""
    sequence: int = 0
    identities: set[bytes] = field(default_factory=set)
    last_values: list[FinishedTick] = field(default_factory=list)
    """All that were ever written, as what -LAST sources."""
    refused: int = 0
    purged_up_to: int = 0

    @property
    def first(self) -> int:
        """The oldest sequence that it holds."""
        evicted = self.sequence - self.max_messages if self.max_messages is not None else 0
        return max(evicted, self.purged_up_to, 0) + 1

    @property
    def fence(self) -> Fence | None:
        return self.written if self.written is not None and self.written.sequence >= self.first else None

    @property
    def room(self) -> StreamRoom:
        held = self.sequence - self.first + 1
        return StreamRoom(self.max_messages, None, held, held * 500, self.sequence)

    def purge(self) -> None:
        self.purged_up_to = self.sequence

    def write_fence(self, account: str, epoch: int, over: int, nonce: str) -> Fence | None:
        if (self.fence.sequence if self.fence else 0) != over:
            return None
        self.sequence += 1
        self.written = Fence(epoch, account, nonce, self.sequence)
        return self.written

    def takes(self, expected: int) -> bool:
        if self.fence is not None and self.fence.sequence == expected:
            return True
        self.refused += 1
        return False

    def store_last(self, expected: int, tick: FinishedTick) -> bool:
        if not self.takes(expected):
            return False
        self.sequence += 1
        self.last_values.append(tick)
        return True

    def store(self, account: str, expected: int, epoch: int, tick: FinishedTick, number: int) -> bool:
        if not self.takes(expected):
            return False
        if tick.identity not in self.identities:
            self.sequence += 1
            self.identities.add(tick.identity)
            self.entries.append((self.sequence, tick, account, epoch))
            self.numbers.append((expected, number))
        return True

    def last(self, up_to: int) -> dict[bytes, Last[bytes]]:
        return {
            tick.contract: Last(tick.order_key, tick.identity, tick.body)
            for sequence, tick, _, _ in self.entries[self.first_entry() :]
            if self.first <= sequence < up_to
        }

    def first_entry(self) -> int:
        """Where in `entries` to begin to look for what it holds."""
        return bisect_left(self.entries, self.first, key=lambda entry: entry[0])
