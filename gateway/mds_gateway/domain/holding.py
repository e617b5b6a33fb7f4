"""Contracts whose ticks are held back, as all are older than what was published: told, never a silence.

A front that replays its night sends many such ticks, and then newer ones. Where none comes that passes, a
tick that was dated ahead may stand in the way: the contract is mute until the exchange's time has caught up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_gateway.domain.actions import HeldBack

if TYPE_CHECKING:
    from mds_gateway.domain.ticks import FinishedTick, OrderKey

LEAST_TICKS: Final = 3
LEAST_NS: Final = 5_000_000_000  # of receiving: a replay brings all of them at once


@dataclass(slots=True)
class _Held:
    since_ns: int
    count: int = 0
    is_told: bool = False


class Holding:
    def __init__(self) -> None:
        self._held: dict[bytes, _Held] = {}

    def on_passed(self, contract: bytes) -> None:
        if self._held:
            self._held.pop(contract, None)

    def on_held_back(self, tick: FinishedTick, published: OrderKey) -> HeldBack | None:
        """Return what is to be told: once for a contract, until a tick of it passes."""
        held = self._held.setdefault(tick.contract, _Held(tick.received_ns))
        held.count += 1
        if held.is_told or held.count < LEAST_TICKS or tick.received_ns - held.since_ns < LEAST_NS:
            return None
        held.is_told = True
        return HeldBack(tick.contract, held.count, (published[0] - tick.order_key[0]) / 1e9)
