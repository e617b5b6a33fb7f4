"""What a fault cost, from the stream's content: the gap; what was lost, repeated or out of order. Pure.

The try's feed counts, by holes (`mds_simulator.counting.ledger`); no part's own counters are asked. Here the
counts are cut into faults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_tryout.feed import Feed, Handover, StoredTick

if TYPE_CHECKING:
    from mds_simulator.counting.ledger import Tally


@dataclass(frozen=True, slots=True)
class Cost:
    title: str
    before: str
    after: str
    gap_ms: float
    tally: Tally


@dataclass(frozen=True, slots=True)
class Mark:
    """The counts at one moment."""

    handovers: int
    tally: Tally


@dataclass(slots=True)
class Count:
    """Feed it the ticks in the order of the stream."""

    feed: Feed = field(default_factory=Feed)
    longest_silence_ms: float = 0.0
    """Between two ticks of the stream, over all contracts, since `mark` was last called."""

    def add(self, tick: StoredTick, now_s: float) -> Handover | None:
        newest = self.feed.newest
        if newest is not None:
            self.longest_silence_ms = max(self.longest_silence_ms, (tick.stored_s - newest.stored_s) * 1000)
        return self.feed.add(tick, now_s)

    def mark(self) -> Mark:
        self.longest_silence_ms = 0.0
        return Mark(len(self.feed.handovers), self.feed.tally)

    def has_moved_since(self, mark: Mark) -> bool:
        return len(self.feed.handovers) > mark.handovers

    def sum_up(self, title: str, mark: Mark) -> Cost:
        """The gap is that of the first move since then; if nothing moved, the longest silence."""
        moves = self.feed.handovers[mark.handovers :]
        newest = self.feed.newest.account if self.feed.newest else ""
        return Cost(
            title=title,
            before=moves[0].before if moves else newest,
            after=moves[0].after if moves else newest,
            gap_ms=moves[0].gap_ms if moves else self.longest_silence_ms,
            tally=self.feed.tally.since(mark.tally),
        )
