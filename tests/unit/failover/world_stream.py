"""The stream of the small world: it refuses by the fence, and stores each identity once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_protocol.failover.fencing import Fence
from mds_protocol.failover.takeover import Last

if TYPE_CHECKING:
    from tests.unit.failover.builders import Entry


@dataclass
class Stored:
    """One accepted tick: who wrote it, and under which fence."""

    sequence: int
    writer: str
    epoch: int
    entry: Entry
    log: list[Entry]
    """That of the process that wrote it: one made anew has another."""


@dataclass
class Stream:
    """JetStream as far as it matters: one sequence, one fence subject, dedupe, expected-last-sequence."""

    sequence: int = 0
    fence: Fence | None = None
    fences: list[Fence] = field(default_factory=list)
    ticks: list[Stored] = field(default_factory=list)
    last: dict[str, Last[str]] = field(default_factory=dict)
    newest_at: dict[str, tuple[int, float]] = field(default_factory=dict)
    identities: set[str] = field(default_factory=set)
    refused: int = 0

    def store_fence(self, account: str, epoch: int, nonce: str, over: int) -> Fence | None:
        if over != (self.fence.sequence if self.fence else 0):
            return None
        self.sequence += 1
        self.fence = Fence(epoch, account, nonce, self.sequence)
        self.fences.append(self.fence)
        return self.fence

    def publish(self, entry: Entry, fence: Fence, log: list[Entry], now: float) -> bool:
        """Whether it is acknowledged; a duplicate is, without being stored again."""
        if self.fence is None or fence.sequence != self.fence.sequence:
            self.refused += 1
            return False
        if entry.identity not in self.identities:
            self.sequence += 1
            self.identities.add(entry.identity)
            self.ticks.append(Stored(self.sequence, fence.account, fence.epoch, entry, log))
            self.last[entry.contract] = Last(entry.order_key, entry.identity)
            self.newest_at[entry.contract] = (fence.epoch, now)
        return True
