"""What a front's faults do to single snapshots on their way out: drop, or change a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_simulator.front.tick_fields import overwrite, shift_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from mds_simulator.exchange.contracts import Contract
    from mds_simulator.front.faults import Faults


class Shaper:
    """Fronts have seeds of their own, so two of them drop different snapshots."""

    def __init__(self, faults: Faults, contracts: Sequence[Contract], random: Random) -> None:
        self._faults = faults
        self._contracts = contracts
        self._random = random

    def shape(self, number: int, tick: bytes) -> bytes | None:
        """The bytes to send, or None for a snapshot that this front loses."""
        faults, contract = self._faults, self._contracts[number]
        if faults.drop_share and self._random.random() < faults.drop_share:
            return None
        if faults.fill_exchange:
            tick = overwrite(tick, "exchange", contract.product.exchange.encode().ljust(8, b"\0"))
        if faults.clock_ahead_s:
            tick = shift_time(tick, faults.clock_ahead_s)
        for one in faults.corrupt:
            if (not one.contracts or contract.id in one.contracts) and self._random.random() < one.share:
                tick = overwrite(tick, one.field, one.value)
        return tick
