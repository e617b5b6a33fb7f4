"""Whether nobody received the market for a while: no process was there, or its front was away.

    received, or stored     1 2 3 4 . . . . . . .
    traded                  1 2 3 4 5 6 7 8 9 10
    login, its snapshots                      9' 10 ...     9 has another volume than 4, and is a second later

At a login a front sends each contract's newest tick. Where that has a volume that nobody stored, dated well
after all that was received before, the market traded and nobody was there: at least one tick is lost, how many
nobody can know. A lunch break, a night and a contract that does not trade leave the volume as it was, and a
trading day begins with 0; so who comes back only on the next day cannot tell what he missed of this one.

Where another account stored something meanwhile nobody was missing: it is asked behind a fence of ours, when
the stream has been read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_gateway.domain.losing import Loss
from mds_protocol.wire.events import GapCause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_gateway.domain.ticks import FinishedTick
    from mds_protocol.failover.takeover import Last

    type Jump = tuple[Last[bytes] | FinishedTick, FinishedTick]
    """What was stored or sent of a contract, and its snapshot."""

LEAST_NS: Final = 1_000_000_000
"""Of exchange time: two fronts may be so far apart."""
SNAPSHOTS_NS: Final = 60_000_000_000
"""So long after a login they are expected; what is late is a contract that began to trade."""


@dataclass(slots=True)
class Absence:
    """From a login on, until it is told or the snapshots are over."""

    _from_ns: int | None = None
    """Exchange time of the newest tick before the login; None: nothing is to be told."""
    _login_ns: int = 0
    """By the clock that stamps ticks."""

    @property
    def is_open(self) -> bool:
        return self._from_ns is not None

    def note_login(self, newest_ns: int, login_ns: int) -> None:
        """Of all that was received before, `newest_ns` is the exchange time of the newest."""
        self._from_ns, self._login_ns = newest_ns, login_ns

    def find(self, jumps: Iterable[Jump], stored_ns: int, after: int) -> Loss | None:
        """Return what nobody received. `stored_ns`: exchange time of the newest stored tick, as last read."""
        if self._from_ns is None:
            return None
        from_ns = max(self._from_ns, stored_ns)
        moved = [tick for before, tick in jumps if self._has_moved(before, tick, from_ns)]
        if not moved:
            return None
        self._from_ns = None
        until_ns = max(tick.order_key[0] for tick in moved)
        return Loss(GapCause.NO_PUBLISHER, frozenset(), from_ns, until_ns, None, after)

    def _has_moved(self, before: Last[bytes] | FinishedTick, tick: FinishedTick, from_ns: int) -> bool:
        time_ns, volume = tick.order_key
        is_in_time = tick.received_ns - self._login_ns <= SNAPSHOTS_NS
        return is_in_time and volume not in (0, before.order_key[1]) and time_ns - from_ns >= LEAST_NS
