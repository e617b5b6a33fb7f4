"""The legal changes of a route, and what a compare-and-set that timed out means.

    absent --name--> open(1) --name--> open(+1) --close--> closed(+1) --name--> open(+1)
                                        |    ^
                                        +----+ amend: same epoch, same account

The epoch grows whenever `named` changes, also on closing, and never goes back. Every write is a
compare-and-set on the revision that was read, so of two writers one loses and reads again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from mds_protocol.failover.election import Action
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.observed import AccountSeen


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a writer brings of its own to each write; the rules bring neither randomness nor a clock."""

    nonce: str
    decided_at_ns: int


class Written(Enum):
    """What became of a compare-and-set whose answer did not come."""

    MINE = "Mine"
    NOT_YET = "NotYet"
    """The old value still stands. Writing again on the same revision is safe: one of the two is refused."""
    LOST = "Lost"
    """Somebody else's value stands: decide anew on it."""


def next_route(
    decision: Decision, route: Route | None, uid: str, stamp: Stamp, *, least_epoch: int = 0
) -> Route | None:
    """What to write for a decision; None if there is nothing to write.

    `least_epoch`: the newest epoch that any gateway says it fenced (`fenced_epoch`). It matters when the
    routes were lost with their bucket: the next epoch must still be above every stored fence.
    """
    if decision.action is Action.STAY:
        return None
    before = (route.epoch, route.named) if route else (0, None)
    renamed = decision.action is Action.MOVE or decision.account != before[1]
    return Route(
        uid=uid,
        epoch=max(before[0], least_epoch) + 1 if renamed else before[0],
        named=decision.account,
        candidates=decision.candidates,
        closed=False,
        paused=decision.paused,
        mode=decision.mode,
        reason=decision.reason if renamed or route is None else route.reason,
        nonce=stamp.nonce,
        decided_at_ns=stamp.decided_at_ns,
    )


def fenced_epoch(subscription: str, accounts: Iterable[AccountSeen]) -> int:
    """The newest epoch of the subscription that any account says it holds a fence for; 0 for none."""
    said = (account.publication(subscription) for account in accounts)
    return max((entry.fence_epoch or 0 for entry in said if entry), default=0)


def close(route: Route, stamp: Stamp) -> Route | None:
    """What to write when the subscription is gone; None if the route is closed already."""
    if route.closed:
        return None
    return Route(
        uid=route.uid,
        epoch=route.epoch + 1,
        named=None,
        closed=True,
        mode=route.mode,
        reason=FailoverReason.CLOSED,
        nonce=stamp.nonce,
        decided_at_ns=stamp.decided_at_ns,
    )


def promote(route: Route, account: str, stamp: Stamp) -> Route:
    """What a standby writes that names itself; only after `promotion.decide_promotion` said so."""
    return Route(
        uid=route.uid,
        epoch=route.epoch + 1,
        named=account,
        candidates=route.candidates,
        mode=route.mode,
        reason=FailoverReason.OPERATOR_GONE,
        nonce=stamp.nonce,
        decided_at_ns=stamp.decided_at_ns,
    )


def is_legal(before: Route | None, after: Route) -> bool:
    """Whether one write may follow another: the epoch rule that every writer keeps."""
    if before is None:
        return after.epoch >= 1 and not after.closed
    if after.epoch == before.epoch:
        return after.named == before.named and (not after.closed or before.closed)
    return after.epoch > before.epoch and (not after.closed or after.named is None)


def resolve(nonce: str, before: Route | None, read: Route | None) -> Written:
    """What a write with `nonce` over `before` came to, given the route as re-read from the leader."""
    if read is not None and read.nonce == nonce:
        return Written.MINE
    unchanged = (read.nonce if read else None) == (before.nonce if before else None)
    return Written.NOT_YET if unchanged else Written.LOST
