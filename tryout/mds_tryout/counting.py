"""What the stream holds, counted as it comes: rates, the latest ticks, moves, and whether serials are whole.

The simulated exchange numbers each contract's ticks from 1 and both fronts deliver the same ones, so a hole
in the serials of the stream is a tick lost, until something fills it. Memory grows with the holes, not with
the ticks. Pure; every time is given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

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
class _Serials:
    highest: int
    holes: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Ledger:
    """Feed it the ticks in the order of the stream."""

    stored: int = 0
    repeated: int = 0
    disordered: int = 0
    newest: StoredTick | None = None
    latest: dict[str, StoredTick] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    _serials: dict[str, _Serials] = field(default_factory=dict)
    _rates: Counter[int] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """As far as holes can say; what the last ticks miss, only `judging` knows."""
        return sum(len(serials.holes) for serials in self._serials.values())

    def add(self, tick: StoredTick, now_s: float) -> Handover | None:
        """`now_s`: when we read it."""
        self.stored += 1
        self._rates[int(now_s)] += 1
        self._check(tick)
        before = self.latest.get(tick.contract)
        self.disordered += before is not None and tick.order_key < before.order_key
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

    def _check(self, tick: StoredTick) -> None:
        known = self._serials.get(tick.contract)
        if known is None:
            self._serials[tick.contract] = _Serials(tick.serial)
        elif tick.serial > known.highest:
            known.holes.update(range(known.highest + 1, tick.serial))
            known.highest = tick.serial
        elif tick.serial in known.holes:
            known.holes.remove(tick.serial)
        else:
            self.repeated += 1

    def _find_handover(self, tick: StoredTick) -> Handover | None:
        before = self.newest
        if before is None or tick.epoch <= before.epoch:
            return None
        gap_ms = (tick.stored_s - before.stored_s) * 1000
        handover = Handover(tick.epoch, before.account, tick.account, gap_ms)
        self.handovers.append(handover)
        return handover
