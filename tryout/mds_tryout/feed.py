"""The feed as it comes out of the stream: rates, the latest ticks, moves, and the ledger's counts.

Pure; every time is given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_simulator.counting.ledger import Ledger

if TYPE_CHECKING:
    from mds_simulator.counting.ledger import Tally

RATES_KEPT_S: Final = 60


@dataclass(frozen=True, slots=True)
class StoredTick:
    """A tick as the stream has it."""

    contract: str
    serial: int
    stored_s: float
    """When the stream stored it, on the server's clock."""
    account: str
    epoch: int
    order_key: tuple[int, int]
    """Exchange time and volume; equal ones may stand in any order."""
    time: str
    last: float | None
    bid: float | None
    ask: float | None
    volume: int


@dataclass(frozen=True, slots=True)
class Handover:
    """The stream's own view of a move: the first tick of an epoch after the last of the one before."""

    epoch: int
    before: str
    after: str
    gap_ms: float


@dataclass(slots=True)
class Feed:
    """Give it the ticks in the order of the stream."""

    newest: StoredTick | None = None
    latest: dict[str, StoredTick] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    _ledger: Ledger = field(default_factory=Ledger)
    _rates: Counter[int] = field(default_factory=Counter)

    @property
    def tally(self) -> Tally:
        """Lost is as far as holes can say; what the last ticks miss, only the count at the end knows."""
        return self._ledger.tally

    def add(self, tick: StoredTick, now_s: float) -> Handover | None:
        """`now_s`: when we read it."""
        self._rates[int(now_s)] += 1
        self._ledger.add(tick)
        self.latest[tick.contract] = tick
        handover = self._find_handover(tick)
        self.newest = tick
        return handover

    def rates(self, now_s: float) -> list[int]:
        """Ticks read in each whole second until now, the oldest first; the one under way is not shown."""
        current = int(now_s)
        for second in [second for second in self._rates if second < current - RATES_KEPT_S]:
            del self._rates[second]
        return [self._rates[second] for second in range(current - RATES_KEPT_S, current)]

    def _find_handover(self, tick: StoredTick) -> Handover | None:
        before = self.newest
        if before is None or tick.epoch <= before.epoch:
            return None
        gap_ms = (tick.stored_s - before.stored_s) * 1000
        handover = Handover(tick.epoch, before.account, tick.account, gap_ms)
        self.handovers.append(handover)
        return handover
