"""Builds what `join` counts from what the simulator recorded and from what the stream holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_simulator.counting.join import Delivered
from mds_simulator.front.delivered import DeliveryKind

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from mds_simulator.counting.join import Epoch
    from mds_simulator.testing import Delivery


def build_delivered(deliveries: Iterable[Delivery], accounts: Container[str]) -> list[Delivered]:
    """Accounts log in under their own names; other users are somebody else's clients."""
    return [
        Delivered(
            account=one.user,
            contract=one.contract,
            serial=one.serial,
            at_ns=one.at_ns,
            replay=one.kind is DeliveryKind.REPLAY,
        )
        for one in deliveries
        if one.user in accounts
    ]


def begin_epochs(fences: Iterable[Epoch]) -> list[Epoch]:
    """An epoch that was fenced again, as after a reconnect, began with its first fence."""
    first: dict[int, Epoch] = {}
    for fence in fences:
        first.setdefault(fence.number, fence)
    return list(first.values())
