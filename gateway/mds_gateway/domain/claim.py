"""What one account knows of who may write a subscription, and what it has asked of NATS about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover.fencing import Fence, WriterSeen

if TYPE_CHECKING:
    from mds_protocol.wire.route import Route


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

    def end(self) -> None:
        self.answer_due, self.is_writing = None, False
