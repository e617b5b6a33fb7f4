"""A tick as everything behind the market data port sees it: finished bytes and what orders them."""

from __future__ import annotations

import msgspec

type OrderKey = tuple[int, int]
"""Exchange time in nanoseconds, then cumulative volume."""


class FinishedTick(msgspec.Struct, frozen=True, gc=False):
    """Encoded once, kept in the log, sent as it is. `gc=False`: hundreds of thousands lie in the log."""

    contract: bytes
    """Its subject, which names the contract within one subscription."""
    order_key: OrderKey
    identity: bytes
    body: bytes
    received_ns: int
    arrival: int
    snapshot: bool
