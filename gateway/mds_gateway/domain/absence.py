"""Whether nobody received the market for a while: no process was there, or its front was away.

    received, or stored     1 2 3 4 . . . . . . .
    traded                  1 2 3 4 5 6 7 8 9 10
    login, its snapshots                      9' 10 ...     9 has another volume than 4, and is a second later

At a login a front sends each contract's newest tick. Where that has a volume that nobody stored, dated well
after all that was received and stored before, the market traded and nobody was there: at least one tick is
lost, and nobody can know how many. A lunch break, a night and a contract that does not trade leave the volume
as it was, and a trading day begins with 0; so who comes back only on the next day cannot tell what he missed.

Where another account stored something meanwhile nobody was missing: snapshots are looked at only as they go
out, and so behind a fence of ours, when the stream has been read.
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
GATHER_NS: Final = 2_000_000_000
"""From the first that has moved until it is told: the first contract to come may trade seldom."""


@dataclass(slots=True)
class Absence:
    """From a login on, until it is told or the snapshots are over."""

    _from_ns: int | None = None
    """Exchange time of the newest tick of before the login; None: nothing is to be told."""
    _until_ns: int = 0
    """Exchange time of the newest snapshot that has moved."""
    _login_ns: int = 0
    """By the clock that stamps ticks, as the next one."""
    _tell_at_ns: int | None = None
    """None: no snapshot has moved yet."""
    _after: int = 0

    @property
    def is_found(self) -> bool:
        return self._tell_at_ns is not None

    def note_login(self, newest_ns: int, login_ns: int) -> None:
        """Of all that was received before, `newest_ns` is the exchange time of the newest."""
        self._login_ns = login_ns
        if not self.is_found:
            self._from_ns, self._until_ns = newest_ns, 0

    def note_snapshots(self, jumps: Iterable[Jump], stored_ns: int, after: int) -> None:
        """`stored_ns`: exchange time of the newest stored tick that is known to be of this feed."""
        if self._from_ns is None:
            return
        self._from_ns = max(self._from_ns, stored_ns)
        for before, tick in jumps:
            if tick.received_ns - self._login_ns <= SNAPSHOTS_NS:
                self._from_ns = max(self._from_ns, before.order_key[0])
                self._note_moved(before, tick, after)

    def _note_moved(self, before: Last[bytes] | FinishedTick, tick: FinishedTick, after: int) -> None:
        time_ns, volume = tick.order_key
        if volume in (0, before.order_key[1]):
            return
        self._until_ns = max(self._until_ns, time_ns)
        if self._tell_at_ns is None:
            self._tell_at_ns, self._after = tick.received_ns + GATHER_NS, after

    def tell(self, now_ns: int) -> Loss | None:
        """Return what nobody received, once it is known when that began."""
        if self._from_ns is None or self._tell_at_ns is None or now_ns < self._tell_at_ns:
            return None
        from_ns, self._from_ns, self._tell_at_ns = self._from_ns, None, None
        if self._until_ns - from_ns < LEAST_NS:
            return None
        return Loss(GapCause.NO_PUBLISHER, frozenset(), from_ns, self._until_ns, None, self._after)
