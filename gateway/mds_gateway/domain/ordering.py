"""Which live ticks go out: nothing below what was published of its contract, and nothing twice in a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.domain.holding import Holding
from mds_protocol.failover.takeover import Last, is_replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_gateway.domain.actions import HeldBack
    from mds_gateway.domain.ticks import FinishedTick


@dataclass(slots=True)
class Passed:
    ticks: list[FinishedTick] = field(default_factory=list)
    replayed: int = 0
    telling: list[tuple[Last[bytes] | FinishedTick | None, FinishedTick]] = field(default_factory=list)
    """Of these, snapshots and what others gave way to, each with what was newest of its contract before."""
    told: list[HeldBack] = field(default_factory=list)


class Ordering:
    def __init__(self) -> None:
        self.newest: dict[bytes, Last[bytes] | FinishedTick] = {}
        """What passed last of each contract, or what the stream had before."""
        self._holding = Holding()

    def begin(self, newest: dict[bytes, Last[bytes] | FinishedTick]) -> None:
        """Go on behind these; the dictionary is kept."""
        self.newest = newest

    def let_pass(self, ticks: Sequence[FinishedTick]) -> Passed:
        newest, holding = self.newest, self._holding
        passed = Passed()
        for tick in ticks:
            before = newest.get(tick.contract)
            if before is not None:
                # The same again is what a front sends at a login; the dedupe knows it only for half a minute.
                if tick.identity == before.identity:
                    passed.replayed += 1
                    continue
                if is_replay(tick.order_key, before.order_key):
                    passed.replayed += 1
                    if (held_back := holding.on_held_back(tick, before.order_key)) is not None:
                        passed.told.append(held_back)
                    continue
                holding.on_passed(tick.contract)
            newest[tick.contract] = tick
            passed.ticks.append(tick)
            if tick.snapshot or tick.gave_way:
                passed.telling.append((before, tick))
        return passed
