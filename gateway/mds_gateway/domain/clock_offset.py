"""Whether this machine's clock is right, judged by the exchanges' newest ticks. Pure.

The lowest lag of the last minute counts, and the lowest of all exchanges: a snapshot or a quiet contract that
is old says nothing, as long as one tick is fresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.exchange_clock import NONE_NS, ExchangeClock
from mds_gateway.domain.exchange_time import SECOND_NS
from mds_gateway.ports import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCK_OFF_NS = 10 * SECOND_NS
"""Nothing breaks: ticks are dated rightly from 10 minutes behind to 30 ahead. But a person should know."""


def find_offset_ns(clocks: Iterable[ExchangeClock], market_lag_ns: int) -> int | None:
    """How far this machine's clock is ahead of the exchanges'; None: no tick has said.

    `market_lag_ns` is that clock minus the monotonic one.
    """
    lowest_ns = min((clock.usual_ns for clock in clocks), default=NONE_NS)
    return None if lowest_ns == NONE_NS else lowest_ns + market_lag_ns


class ClockWatch:
    """Says once that the clock is off, and once that it no longer is."""

    def __init__(self) -> None:
        self.offset_ns: int | None = None
        self._is_off = False

    def look(self, offset_ns: int | None) -> Note | None:
        self.offset_ns = offset_ns
        is_off = offset_ns is not None and abs(offset_ns) > CLOCK_OFF_NS
        if offset_ns is None or is_off == self._is_off:
            return None
        self._is_off = is_off
        if not is_off:
            return Note(
                "ClockOff", f"this machine's clock agrees with the exchanges again: {_say(offset_ns)}"
            )
        remedy = "check the node's time service; if its clock is right, the front sends that late"
        return Note("ClockOff", f"this machine's clock is {_say(offset_ns)}; {remedy}", bad=True)


def _say(offset_ns: int) -> str:
    side = "ahead of" if offset_ns >= 0 else "behind"
    return f"{abs(offset_ns) / SECOND_NS:.1f} s {side} the exchanges' newest ticks"
