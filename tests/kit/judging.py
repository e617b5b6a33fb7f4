"""What a stream holds, joined with what the simulator's fronts delivered: the oracle's counts of a test.

Each account logs in under its own name, so that a delivery tells whose it was.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_simulator.counting import join
from mds_simulator.counting.records import build_delivered
from tests.kit import reading_back as reading
from tests.kit.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mds_simulator.testing import RunningSimulator
    from tests.kit.direct_reading import Server

SETTLE_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where the ticks of one subscription stand, and who hands them to its accounts."""

    server: Server | int
    simulator: RunningSimulator
    accounts: Collection[str]
    ticks: str = "md.>"
    fences: str = "mds.fence.>"


@dataclass(frozen=True, slots=True)
class Findings:
    """All deliveries until `until_ns` are due."""

    ticks: Sequence[reading.StoredTick] = field(repr=False)
    fences: Sequence[reading.StoredFence] = field(repr=False)
    delivered: Sequence[join.Delivered] = field(repr=False)
    epochs: Sequence[join.Epoch]
    until_ns: int
    counts: join.Counts = field(init=False)

    def __post_init__(self) -> None:
        stored = reading.build_stored(self.ticks)
        counts = join.count(self.delivered, stored, self.epochs, until_ns=self.until_ns)
        object.__setattr__(self, "counts", counts)

    @classmethod
    def read(cls, source: Source, until_ns: int) -> Findings:
        """Of the whole stream. The ticks first: then the fence of each and the delivery of each are there."""
        ticks = reading.read_ticks(source.server, source.ticks)
        fences = reading.read_fences(source.server, source.fences)
        delivered = build_delivered(source.simulator.delivered(), source.accounts)
        return cls(ticks, fences, delivered, reading.build_epochs(fences), until_ns)

    @property
    def late(self) -> list[reading.StoredTick]:
        """Ticks of an older epoch behind a newer fence: what the fence is there to prevent."""
        return reading.find_late(self.ticks, self.fences)

    @property
    def publishers(self) -> list[str]:
        """Who was active, in order."""
        return [epoch.account for epoch in self.epochs]

    @property
    def is_settled(self) -> bool:
        """Whether all that is due had its turn to be stored."""
        return bool(self.epochs) and holds_what_came_after(
            self.until_ns, self.publishers[-1], self.ticks, self.delivered
        )


def holds_what_came_after(
    moment_ns: int, active: str, ticks: Iterable[reading.StoredTick], delivered: Iterable[join.Delivered]
) -> bool:
    """Whether the active account has stored something that its front delivered after the moment.

    It stores in the order in which it receives, so all before had its turn by then.
    """
    after = {
        (one.contract, one.serial) for one in delivered if one.account == active and one.at_ns > moment_ns
    }
    return any(tick.account == active and tick.mark in after for tick in ticks)


def judge(source: Source, *, within_s: float = PATIENCE_S) -> Findings:
    """Counts over everything until now, when all of it had its turn to be stored."""
    until_ns = time.time_ns()
    return wait_until(
        "what came after is stored",
        lambda: Findings.read(source, until_ns),
        lambda found: found.is_settled,
        within_s=within_s,
        every_s=SETTLE_EVERY_S,
    )
