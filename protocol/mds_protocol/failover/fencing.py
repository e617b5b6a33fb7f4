"""What a gateway may do for one subscription: `decide_writing`, from its route, its fence, the server's word.

              route names me               fence stored
    STAND_BY ----------------> WRITE_FENCE -------------> PUBLISH ------------+
    (resuming: up to 4 s)
       ^                            ^                        | refused        | route names another,
       |                            | still my route         v                v SIGTERM
       |                            +------------------- READ_ROUTE    PUBLISH (leaving)
       |                                                     |                |
       +----------------------------- STOP <-----------------+----------------+ refused, or 3 s

The stream fences, not the clock: a tick that carries an older F is refused by the server, whatever its writer
believes. So publishing on after the route is lost is safe, and closes the gap until the successor's fence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from mds_protocol.failover import timings
from mds_protocol.resources.reasons import WriterReason
from mds_protocol.wire.route import Mode

if TYPE_CHECKING:
    from mds_protocol.wire.route import Route

FENCE_REFUSED: Final = 10071
"""JetStream's "wrong last sequence": the fence that the message names is not the newest."""


class WriterAction(Enum):
    """What the gateway does next."""

    STAND_BY = "StandBy"
    WRITE_FENCE = "WriteFence"
    """Store a fence for the route's epoch over the stored one, by compare-and-set; then take over."""
    PUBLISH = "Publish"
    READ_ROUTE = "ReadRoute"
    """Drop the backlog, publish nothing, and read the route and the fence from the leader."""
    STOP = "Stop"
    """Publish nothing more; become a standby, or end."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence as stored: what it says, and its sequence F in the stream."""

    epoch: int
    account: str
    nonce: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterSeen:
    """What a gateway knows of one subscription when it decides."""

    account: str
    route: Route | None
    route_read_at: float
    stored: Fence | None
    """The newest fence in the stream, as last read."""
    own: Fence | None = None
    """The fence under which it publishes; absent on a standby and after a restart of the process."""
    refused_at: float | None = None
    """When the server first refused a tick under `own` with FENCE_REFUSED."""
    leaving_since: float | None = None
    """When it was told to stop, or first saw the route lost (`note_leaving`)."""
    is_stopping: bool = False
    """SIGTERM came: it takes nothing more."""
    has_claimed: bool = False
    """This process has asked for a fence before: its log goes on from there."""
    is_replaceable: bool = False
    """Another candidate could go on now, or it is too early to know."""
    resuming_since: float | None = None
    """When it first left its predecessor's feed to another (`note_resuming`)."""


@dataclass(frozen=True, slots=True)
class WriterDecision:
    """What to do, and why."""

    action: WriterAction
    reason: WriterReason
    over: int = 0
    """For WRITE_FENCE: the sequence that must still be the newest on the fence's subject; 0 for none."""


def decide_writing(seen: WriterSeen, *, now: float) -> WriterDecision:
    """Decide what this gateway does for the subscription now."""
    if seen.own is None:
        return _decide_idle(seen, now)
    if seen.refused_at is not None:
        return _decide_refused(seen, seen.refused_at)
    if seen.route is not None and seen.route.closed and seen.route.epoch > seen.own.epoch:
        return WriterDecision(WriterAction.STOP, WriterReason.CLOSED)
    if is_leaving(seen):
        return _decide_leaving(seen, now)
    if seen.route is not None and seen.route.epoch > seen.own.epoch:
        return _fence(seen, WriterReason.NAMED)
    return WriterDecision(WriterAction.PUBLISH, WriterReason.FENCED)


def is_leaving(seen: WriterSeen) -> bool:
    """Whether it has to go: it stops, or a newer route names another.

    A route that is older than its own fence is a late read, and one that cannot be found is a lost bucket:
    neither takes anything from it, as the fence protects the stream either way.
    """
    if seen.own is None:
        return False
    route = seen.route
    is_lost = route is not None and route.epoch > seen.own.epoch and route.named != seen.account
    return seen.is_stopping or is_lost


def note_leaving(seen: WriterSeen, *, now: float) -> float | None:
    """The new `leaving_since`: kept while it lasts, cleared when the route is its own again."""
    if not is_leaving(seen):
        return None
    return now if seen.leaving_since is None else seen.leaving_since


def is_resuming(seen: WriterSeen) -> bool:
    """Whether a process before this one published the epoch, and another account may have what it left.

    A container that is killed is back within two seconds, with an empty log: to go on at once would lose what
    came meanwhile, though a standby has it.
    """
    route, stored = seen.route, seen.stored
    if seen.own is not None or seen.has_claimed or seen.is_stopping or route is None or stored is None:
        return False
    is_heir = stored.epoch == route.epoch and may_fence(seen.account, route, stored)
    return is_heir and not route.paused and route.mode is Mode.AUTO and seen.is_replaceable


def note_resuming(seen: WriterSeen, *, now: float) -> float | None:
    """The new `resuming_since`."""
    if not is_resuming(seen):
        return None
    return now if seen.resuming_since is None else seen.resuming_since


def may_fence(account: str, route: Route | None, stored: Fence | None) -> bool:
    """Whether the account may store a fence: the route is its own and no later epoch is fenced.

    Within its own epoch it may do so again: after a restart of the process, or when the fence was purged.
    """
    if route is None or route.closed or route.named != account:
        return False
    if stored is None or stored.epoch < route.epoch:
        return True
    return stored.epoch == route.epoch and stored.account == account


def resolve_fence(nonce: str, read: Fence | None) -> Fence | None:
    """After a fence write that timed out or was refused: the fence, if it is stored after all."""
    return read if read is not None and read.nonce == nonce else None


def _decide_idle(seen: WriterSeen, now: float) -> WriterDecision:
    route = seen.route
    if route is not None and route.closed:
        return WriterDecision(WriterAction.STAND_BY, WriterReason.CLOSED)
    if seen.is_stopping or route is None or route.named != seen.account:
        return WriterDecision(WriterAction.STAND_BY, WriterReason.NOT_NAMED)
    since = now if seen.resuming_since is None else seen.resuming_since
    if is_resuming(seen) and now - since < timings.RESUME_S:
        return WriterDecision(WriterAction.STAND_BY, WriterReason.RESUMING)
    return _fence(seen, WriterReason.NAMED)


def _decide_refused(seen: WriterSeen, refused_at: float) -> WriterDecision:
    """A route read before the refusal may be the very one that was overtaken."""
    if seen.route_read_at <= refused_at:
        return WriterDecision(WriterAction.READ_ROUTE, WriterReason.REFUSED)
    if _is_superseded(seen):
        return WriterDecision(WriterAction.STOP, WriterReason.SUPERSEDED)
    if seen.is_stopping or seen.route is None or seen.route.named != seen.account:
        return WriterDecision(WriterAction.STOP, WriterReason.NOT_NAMED)
    return _fence(seen, WriterReason.FENCE_GONE)


def _is_superseded(seen: WriterSeen) -> bool:
    """Two processes of one account, as after a forced deletion, must not fence each other out for ever."""
    own, stored = seen.own, seen.stored
    if own is None or stored is None or stored.account != seen.account:
        return False
    return stored.sequence > own.sequence and stored.nonce != own.nonce


def _decide_leaving(seen: WriterSeen, now: float) -> WriterDecision:
    since = now if seen.leaving_since is None else seen.leaving_since
    if now - since < timings.LEAVE_S:
        return WriterDecision(WriterAction.PUBLISH, WriterReason.LEAVING)
    return WriterDecision(WriterAction.STOP, WriterReason.LEFT)


def _fence(seen: WriterSeen, reason: WriterReason) -> WriterDecision:
    if not may_fence(seen.account, seen.route, seen.stored):
        return WriterDecision(WriterAction.READ_ROUTE, WriterReason.ROUTE_OLD)
    return WriterDecision(WriterAction.WRITE_FENCE, reason, over=seen.stored.sequence if seen.stored else 0)
