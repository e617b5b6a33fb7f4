"""What one account knows of who may write a subscription, and what it has asked of NATS about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from mds_protocol.failover import fencing
from mds_protocol.failover.fencing import Fence, WriterSeen
from mds_protocol.resources.reasons import FailoverReason

if TYPE_CHECKING:
    from mds_protocol.wire.route import Route

ANSWER_OVERDUE_S = 2.5  # a request whose answer is lost is made again; compare-and-set makes that harmless
ASK_AGAIN_S = 0.1
ASK_AGAIN_LONGEST_S = 2.0


@dataclass(slots=True)
class Claim:
    """What is known of who may write: `seen` is what decides, the rest is about our own fences."""

    seen: WriterSeen
    stored_is_fresh: bool = False
    reason: str = ""
    """Of the route under which the last fence was asked for."""
    taken_epoch: int = 0
    """The last one that this account, in this process or the one before it, was active in."""
    previous: str | None = None
    """The other account whose fence stood before the last one that was asked for."""
    superseded_epoch: int = 0
    """Another process of this account fenced this epoch after us: it is theirs."""

    @classmethod
    def of(cls, account: str) -> Self:
        """Nothing is known yet. Until somebody was listened to, another account may be there to go on."""
        return cls(
            WriterSeen(account=account, route=None, route_read_at=0.0, stored=None, is_replaceable=True)
        )

    def note_route(self, route: Route, read_at: float) -> None:
        known = self.seen.route
        if known is not None and known.uid == route.uid and route.epoch < known.epoch:
            return  # a late read
        self.seen = replace(self.seen, route=route, route_read_at=read_at)

    def note_stored(self, stored: Fence | None, *, is_fresh: bool) -> None:
        self.seen, self.stored_is_fresh = replace(self.seen, stored=stored), is_fresh

    def note_own(self, fence: Fence) -> None:
        """It is stored, and ours."""
        self.seen = replace(self.seen, stored=fence, own=fence, refused_at=None)

    def note_refused(self, now: float) -> None:
        """Our fence is not the newest any more, or it is gone."""
        self.seen, self.stored_is_fresh = replace(self.seen, refused_at=now), False

    def note_time(self, now: float) -> None:
        """Since when it leaves, or leaves the feed to another, depends on all the rest."""
        leaving = fencing.note_leaving(self.seen, now=now)
        resuming = fencing.note_resuming(self.seen, now=now)
        self.seen = replace(self.seen, leaving_since=leaving, resuming_since=resuming)

    def forget_fence(self) -> None:
        """Which fence is ours is not known any more: the stream is asked before the next is written."""
        self.seen, self.stored_is_fresh = replace(self.seen, own=None, refused_at=None), False

    def note_asked(self, route: Route) -> None:
        """A fence is asked for under this route."""
        seen, stored = self.seen, self.seen.stored
        is_others = stored is not None and stored.account not in ("", seen.account)
        self.previous = stored.account if stored is not None and is_others else None
        if not seen.has_claimed and seen.stored is not None and seen.stored.epoch == route.epoch:
            self.taken_epoch = route.epoch
        self.seen = replace(seen, has_claimed=True)
        self.stored_is_fresh, self.reason = False, route.reason

    def note_taken(self, epoch: int) -> str:
        """It is active in the epoch; return why. A second time in one epoch nothing has moved."""
        reason = FailoverReason.FENCED_ANEW if epoch == self.taken_epoch else self.reason
        self.taken_epoch = epoch
        return reason

    def let_go(self, *, is_superseded: bool) -> int:
        """Return the epoch that is over for us."""
        epoch = self.seen.own.epoch if self.seen.own is not None else 0
        if is_superseded:
            self.superseded_epoch = epoch
        self.seen = replace(self.seen, own=None, refused_at=None, leaving_since=None)
        return epoch


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

    def begin_writing(self, now: float) -> None:
        self.answer_due, self.is_writing = now + ANSWER_OVERDUE_S, True

    def end(self) -> None:
        self.answer_due, self.is_writing = None, False

    def succeed(self, now: float) -> None:
        """What was asked for is there: the next need not wait."""
        self.end()
        self.tries, self.not_before = 0, min(self.not_before, now + ASK_AGAIN_S)
