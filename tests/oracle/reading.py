"""Turns what the simulator recorded into the oracle's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_simulator.front.delivered import DeliveryKind
from tests.oracle.join import Delivered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_simulator.testing import Delivery


def read_delivered(
    deliveries: Iterable[Delivery],
    account_of: Mapping[str, str],
    *,
    is_valid: Callable[[Delivery], bool] = lambda _: True,
) -> list[Delivered]:
    """`account_of`: the account of each user. Users that are not in it are somebody else's clients."""
    return [
        Delivered(
            account=account_of[one.user],
            contract=one.contract,
            serial=one.serial,
            at_ns=one.at_ns,
            replay=one.kind is DeliveryKind.REPLAY,
        )
        for one in deliveries
        if one.user in account_of and is_valid(one)
    ]
