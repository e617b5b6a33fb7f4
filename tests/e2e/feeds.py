"""What a subscription's stream holds, joined with what the simulator's fronts delivered: the oracle's counts.

Accounts log in under their own names, so that a delivery tells whose it was.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.e2e.waiting import wait_until
from tests.kit import reading_back as reading
from tests.oracle import join
from tests.oracle.reading import read_delivered

if TYPE_CHECKING:
    from mds_simulator.testing import RunningSimulator
    from tests.kit.direct_reading import Server

SETTLE_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Findings:
    counts: join.Counts
    ticks: list[reading.StoredTick]
    fences: list[reading.StoredFence]
    delivered: list[join.Delivered]

    @property
    def late(self) -> list[reading.StoredTick]:
        """Ticks of an older epoch behind a newer fence: what the fence is there to prevent."""
        return reading.find_late(self.ticks, self.fences)

    @property
    def publishers(self) -> list[str]:
        """Who was active, in order."""
        return [epoch.account for epoch in reading.build_epochs(self.fences)]

    def gap_ms(self, epoch: int) -> float:
        """Stream time between the last tick before this epoch and its first."""
        return reading.gap_ns(self.ticks, epoch) / 1e6

    def holds_what_came_after(self, moment_ns: int) -> bool:
        """Whether the active account stored something that its front delivered after the moment."""
        active = self.publishers[-1] if self.fences else None
        after = {
            (one.contract, one.serial)
            for one in self.delivered
            if one.account == active and one.at_ns > moment_ns
        }
        return any(tick.account == active and tick.mark in after for tick in self.ticks)


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscription; `subject` is what its subjects begin with."""

    server: Server
    simulator: RunningSimulator
    namespace: str
    name: str
    subject: str
    accounts: tuple[str, ...]

    def judge(self) -> Findings:
        """Counts over everything up to now, when all of it had its turn to be stored."""
        until_ns = time.time_ns()
        return wait_until(
            f"what came after is stored for {self.namespace}/{self.name}",
            lambda: self._count(until_ns),
            lambda found: found.holds_what_came_after(until_ns),
            every_s=SETTLE_EVERY_S,
        )

    def read_ticks(self) -> list[reading.StoredTick]:
        return reading.read_ticks(self.server, f"{self.subject}.>")

    def _count(self, until_ns: int) -> Findings:
        fences = reading.read_fences(self.server, f"mds.fence.{self.namespace}.{self.name}")
        ticks = self.read_ticks()
        delivered = read_delivered(self.simulator.delivered(), {name: name for name in self.accounts})
        counts = join.count(
            delivered, reading.build_stored(ticks), reading.build_epochs(fences), until_ns=until_ns
        )
        return Findings(counts, ticks, fences, delivered)
