"""A tick as the feed in Python sees it: finished bytes and what orders them; and a run of such ticks."""

from __future__ import annotations

from dataclasses import dataclass, field

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


@dataclass(slots=True)
class TickRun:
    """`feed.Run` in Python. The list is not changed any more."""

    ticks: list[FinishedTick]
    size_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.size_bytes = sum([len(tick.body) for tick in self.ticks])

    @property
    def count(self) -> int:
        return len(self.ticks)

    @property
    def first_received_ns(self) -> int:
        return self.ticks[0].received_ns

    @property
    def last_arrival(self) -> int:
        return self.ticks[-1].arrival
