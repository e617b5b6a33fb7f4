"""What one account knows of who may write a subscription, and what it has asked of NATS about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover.fencing import Fence, WriterSeen
from mds_protocol.resources.reasons import FailoverReason

if TYPE_CHECKING:
    from mds_protocol.wire.route import Route

ANSWER_OVERDUE_S = 2.5  # a request whose answer is lost is made again; compare-and-set makes that harmless
ASK_AGAIN_S = 0.1
ASK_AGAIN_LONGEST_S = 2.0


@dataclass(slots=True)
class Claim:
    """What is known of who may write."""

    route: Route | None = None
    route_read_at: float = 0.0
    stored: Fence | None = None
    stored_is_fresh: bool = False
    own: Fence | None = None
    refused_at: float | None = None
    leaving_since: float | None = None
    is_stopping: bool = False
    has_claimed: bool = False
    may_have_relief: bool = True
    """Until somebody was listened to, perhaps."""
    resuming_since: float | None = None
    reason: str = ""
    """Of the route under which the last fence was asked for."""
    taken_epoch: int = 0
    """The last one that this account, in this process or the one before it, was active in."""
    barred_epoch: int = 0
    """Another process of this account fenced this epoch after us: it is theirs."""

    def note_route(self, route: Route, read_at: float) -> None:
        known = self.route
        if known is not None and known.uid == route.uid and route.epoch < known.epoch:
            return  # a late read
        self.route, self.route_read_at = route, read_at

    def forget_fence(self) -> None:
        """Which fence is ours is not known any more: the stream is asked before the next is written."""
        self.own = self.refused_at = None
        self.stored_is_fresh = False

    def note_claim(self, route: Route) -> None:
        """A fence is asked for under this route."""
        if not self.has_claimed and self.stored is not None and self.stored.epoch == route.epoch:
            self.taken_epoch = route.epoch
        self.stored_is_fresh, self.has_claimed, self.reason = False, True, route.reason

    def note_taken(self, epoch: int) -> str:
        """It is active in the epoch; return why. A second time in one epoch nothing has moved."""
        reason = FailoverReason.FENCED_ANEW if epoch == self.taken_epoch else self.reason
        self.taken_epoch = epoch
        return reason

    def look(self, account: str) -> WriterSeen:
        return WriterSeen(
            account=account,
            route=self.route,
            route_read_at=self.route_read_at,
            stored=self.stored,
            own=self.own,
            refused_at=self.refused_at,
            leaving_since=self.leaving_since,
            is_stopping=self.is_stopping,
            has_claimed=self.has_claimed,
            may_have_relief=self.may_have_relief,
            resuming_since=self.resuming_since,
        )


@dataclass(slots=True)
class Asking:
    """A request on its way, and when the next may follow."""

    answer_due: float | None = None
    not_before: float = 0.0
    tries: int = 0
    claimed_at: float = 0.0
    is_writing: bool = False
    """What is on its way is a fence: whether it is stored is not known until it is answered."""

    def may_begin(self, now: float) -> bool:
        """Whether the next may go out now; if so, it does. Each waits longer than the one before."""
        if self.answer_due is not None or now < self.not_before:
            return False
        self.not_before = now + min(ASK_AGAIN_S * 2**self.tries, ASK_AGAIN_LONGEST_S)
        self.tries = min(self.tries + 1, 10)
        self.answer_due = now + ANSWER_OVERDUE_S
        return True

    def end(self) -> None:
        self.answer_due, self.is_writing = None, False

    def succeed(self, now: float) -> None:
        """What was asked for is there: the next need not wait."""
        self.end()
        self.tries, self.not_before = 0, min(self.not_before, now + ASK_AGAIN_S)
