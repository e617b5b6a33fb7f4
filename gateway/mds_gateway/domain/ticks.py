"""A tick as the feed in Python sees it: finished bytes and what orders them; and a run of such ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    exchange: str = ""
    """For the counts alone."""
    number: int = 0
    """Given when it is sent, see `numbering`; given anew when it is sent again behind another fence."""


class TickRun(msgspec.Struct, frozen=True, gc=False):
    """`feed.Run` in Python. `gc=False` and a tuple: under light load most ticks are a run of their own."""

    ticks: tuple[FinishedTick, ...]
    size_bytes: int

    @classmethod
    def of(cls, ticks: Sequence[FinishedTick]) -> Self:
        return cls(tuple(ticks), sum([len(tick.body) for tick in ticks]))

    @property
    def count(self) -> int:
        return len(self.ticks)

    @property
    def first_received_ns(self) -> int:
        return self.ticks[0].received_ns

    @property
    def last_arrival(self) -> int:
        return self.ticks[-1].arrival
