"""A tick as everything behind the market data port sees it: finished bytes and what orders them."""

from __future__ import annotations

import msgspec

type OrderKey = tuple[int, int]
"""Exchange time in nanoseconds, then cumulative volume."""


class FinishedTick(msgspec.Struct, gc=False):
    """Encoded once, kept in the log, sent as it is; only `number` ever changes.

    `gc=False`: hundreds of thousands lie in the log.
    """

    contract: bytes
    """Its subject, which names the contract within one subscription."""
    order_key: OrderKey
    identity: bytes
    body: bytes
    received_ns: int
    arrival: int
    """Counts what the process received, for all its subscriptions."""
    snapshot: bool
    gave_way: int = 0
    """Ticks of its contract that were dropped for it before they were finished, in an overload."""
    number: int = 0
    """Given when it is sent, see `numbering`; given anew when it is sent again behind another fence."""
