"""What an account died with: ticks that its last heartbeat said it had, and no acknowledgement for.

An upper bound, told by whoever took the feed over from it, once it has been silent for long enough to be
called dead. What our own front delivered of them was sent again, so most are stored; and what came to it
after its last heartbeat, a fifth of a second at most, is in no count. One process serves all its
subscriptions from the same queues, so each of them is told the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.domain.losing import Loss
from mds_protocol.failover import timings
from mds_protocol.wire.events import GapCause
from mds_protocol.wire.heartbeat import GatewayState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.failover.observed import Heard

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Taken:
    """A feed that was taken over, and what was heard last of the account that had it."""

    subscription: str
    before: str
    last: Heard
    at_ns: int


@dataclass(slots=True)
class Legacies:
    _taken: list[_Taken] = field(default_factory=list)

    def note_takeover(self, subscription: str, before: str, last: Heard | None, now_ns: int) -> None:
        """`last`: of the account before; None: nothing was heard of it. `now_ns` is the wall clock's."""
        if last is not None and _holds(last, subscription):
            self._taken.append(_Taken(subscription, before, last, now_ns))

    def find(self, heard: Mapping[str, Heard], now: float, now_ns: int) -> list[tuple[str, Loss]]:
        """Return what is to be told now, by subscription. To be called often."""
        due = [taken for taken in self._taken if now - taken.last.at >= timings.SILENCE_S]
        self._taken = [taken for taken in self._taken if taken not in due]
        dead = [taken for taken in due if heard[taken.before].at == taken.last.at]
        return [(taken.subscription, _estimate(taken, now, now_ns)) for taken in dead if _count(taken.last)]


def _holds(last: Heard, subscription: str) -> bool:
    """Whether it published by its own word; who is drained ends with empty hands."""
    beat = last.heartbeat
    is_fenced = any(
        each.subscription == subscription and each.fence is not None for each in beat.publications
    )
    return is_fenced and beat.state is not GatewayState.DRAINING


def _count(last: Heard) -> int:
    depths = last.heartbeat.depths
    return depths.handoff + depths.backlog + depths.in_flight


def _estimate(taken: _Taken, now: float, now_ns: int) -> Loss:
    """From its last heartbeat to the takeover, by our clock."""
    from_ns = now_ns - int((now - taken.last.at) * _NS_PER_S)
    until_ns = max(from_ns, taken.at_ns)
    return Loss(GapCause.DIED_WITH, frozenset(), from_ns, until_ns, _count(taken.last), None)
