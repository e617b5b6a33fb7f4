"""What a fault cost, from the stream's content: the gap; what was lost, repeated or out of order. Pure.

The counts are those of `mds_tryout.counting`: the simulated exchange numbers each contract's ticks, so a hole
in the numbers that the stream holds is a tick lost. Nobody's own counters are asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mds_tryout.counting import Handover, Ledger, StoredTick


@dataclass(frozen=True, slots=True)
class Cost:
    title: str
    before: str
    after: str
    gap_ms: float
    lost: int
    repeated: int
    disordered: int

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.repeated or self.disordered)


@dataclass(frozen=True, slots=True)
class Mark:
    """The counts at one moment."""

    handovers: int
    lost: int
    repeated: int
    disordered: int


@dataclass(slots=True)
class Count:
    """Feed it the ticks in the order of the stream."""

    ledger: Ledger = field(default_factory=Ledger)
    longest_silence_ms: float = 0.0
    """Between two ticks of the stream, over all contracts, since `mark` was last called."""

    def add(self, tick: StoredTick, now_s: float) -> Handover | None:
        newest = self.ledger.newest
        if newest is not None:
            self.longest_silence_ms = max(self.longest_silence_ms, (tick.stored_s - newest.stored_s) * 1000)
        return self.ledger.add(tick, now_s)

    def mark(self) -> Mark:
        self.longest_silence_ms = 0.0
        ledger = self.ledger
        return Mark(len(ledger.handovers), ledger.lost, ledger.repeated, ledger.disordered)

    def has_moved_since(self, mark: Mark) -> bool:
        return len(self.ledger.handovers) > mark.handovers

    def sum_up(self, title: str, mark: Mark) -> Cost:
        """The gap is that of the first move since then; if nothing moved, the longest silence."""
        ledger = self.ledger
        moves = ledger.handovers[mark.handovers :]
        newest = ledger.newest.account if ledger.newest else ""
        return Cost(
            title=title,
            before=moves[0].before if moves else newest,
            after=moves[0].after if moves else newest,
            gap_ms=moves[0].gap_ms if moves else self.longest_silence_ms,
            lost=ledger.lost - mark.lost,
            repeated=ledger.repeated - mark.repeated,
            disordered=ledger.disordered - mark.disordered,
        )
