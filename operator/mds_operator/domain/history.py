"""The moves of a feed as a person reads them: newest first, the last ten, and how many there were.

The moves are read from the routes that follow each other, whoever wrote them: so one that a standby decided
alone, or that happened while no operator ran, is there, too. The status holds all of it, so a restarted
operator goes on where the one before ended. What brings nothing new gives the same history back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mds_protocol.failover.health import HealthState
from mds_protocol.resources.feedsubscription import FailoverRecord
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.times import to_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen
    from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus
    from mds_protocol.wire.route import Route

KEPT: Final = 10

_FAULTS: Final = frozenset(
    {
        FailoverReason.STARTING,
        FailoverReason.COLD,
        FailoverReason.FRONT_LOST,
        FailoverReason.LOGIN_REFUSED,
        FailoverReason.BLOCKED,
        FailoverReason.PUBLISH_STALLED,
        FailoverReason.STALE,
        FailoverReason.SILENT,
        FailoverReason.CONTAINER_DIED,
        FailoverReason.NODE_LOST,
    }
)
"""Where the cause is the health of the account that loses the feed: it was noticed when that turned."""


FAILOVERS: Final = (
    FailoverReason.PINNED,
    FailoverReason.PRIORITY_EDITED,
    FailoverReason.ACCOUNT_DISABLED,
    FailoverReason.ACCOUNT_DELETED,
    FailoverReason.PRIORITY_ZERO,
    FailoverReason.PLANNED_RESTART,
    FailoverReason.DRILL,
    FailoverReason.DRAINING,
    FailoverReason.ROUTE_LOST,
    *sorted(_FAULTS),
    FailoverReason.TAKEOVER_STALLED,
    FailoverReason.OPERATOR_GONE,
    FailoverReason.FAILBACK,
)
"""Why a feed goes from one account to another."""


@dataclass(frozen=True, slots=True)
class History:
    """What `status` says about moves."""

    moves: tuple[FailoverRecord, ...] = ()
    failovers: int = 0
    """Moves from one account to another. The first account of a subscription is a record, but no failover."""
    last_failover: datetime | None = None

    @property
    def epoch(self) -> int:
        """The newest one that is known; it must not be given again where NATS lost its storage."""
        return self.moves[0].epoch if self.moves else 0

    @property
    def taken_epoch(self) -> int:
        """The newest one whose account was heard to publish; 0 for none."""
        return next((move.epoch for move in self.moves if move.active_at is not None), 0)

    @property
    def newest(self) -> FailoverRecord | None:
        return self.moves[0] if self.moves else None

    @property
    def newest_failover(self) -> FailoverRecord | None:
        return next((move for move in self.moves if _is_failover(move)), None)


def recall(status: FeedSubscriptionStatus | None) -> History:
    """What the status remembers."""
    if status is None:
        return History()
    return History(status.failovers, status.failover_count or 0, status.last_failover_time)


def find_detection(reason: FailoverReason, named: Health | None, *, now: float, wall: datetime) -> datetime:
    """When the cause of a decision was noticed: when health turned, or else, for an edit, now.

    `named` is the health of the account that loses the feed.
    """
    if reason not in _FAULTS or named is None or named.state is not HealthState.UNHEALTHY:
        return _to_ms(wall)
    return _to_ms(wall - timedelta(seconds=max(0.0, now - named.since)))


def is_fault(reason: str) -> bool:
    """Whether a feed moved because its account failed, and not because a person asked for it."""
    return reason in _FAULTS


def note_route(history: History, route: Route, *, detected_at: datetime | None = None) -> History:
    """After a route was written or seen. `detected_at` only from who decided it; it may come later."""
    newest = history.newest
    if newest is not None and route.epoch == newest.epoch:
        known = newest.detected_at is not None or detected_at is None
        return history if known else _amend(history, newest, {"detected_at": detected_at})
    if newest is not None and route.epoch < newest.epoch:
        return history
    decided_at = _to_ms(to_time(route.decided_at_ns))
    move = FailoverRecord(
        epoch=route.epoch,
        from_account=newest.to_account if newest else None,
        to_account=route.named,
        reason=route.reason,
        detected_at=detected_at,
        decided_at=decided_at,
    )
    moves = (move, *history.moves)[:KEPT]
    if not _is_failover(move):
        return replace(history, moves=moves)
    return History(moves, history.failovers + 1, decided_at)


def note_fences(
    history: History, subscription: str, accounts: Iterable[AccountSeen], *, wall: datetime
) -> History:
    """Completes the newest move once the new account is heard to hold the fence of that epoch."""
    newest = history.newest
    if newest is None or newest.active_at is not None:
        return history
    fenced = any(
        account.name == newest.to_account and account.is_active(subscription, newest.epoch)
        for account in accounts
    )
    return _amend(history, newest, {"active_at": _to_ms(wall)}) if fenced else history


def find_taken(history: History, after: int) -> tuple[FailoverRecord, ...]:
    """The moves after that epoch whose account publishes, or did: oldest first."""
    return tuple(
        move for move in reversed(history.moves) if move.active_at is not None and move.epoch > after
    )


def find_predecessor(history: History, move: FailoverRecord) -> str | None:
    """Who published last before that move. Who was only named before it never did."""
    older = (one for one in history.moves if one.epoch < move.epoch and one.active_at is not None)
    return next((one.to_account for one in older), None)


def name_cause(history: History, reason: FailoverReason) -> FailoverReason:
    """Why a route is written. Where somebody was named before, its absence is no first election."""
    is_lost = reason is FailoverReason.FIRST_ELECTION and history.newest is not None
    return FailoverReason.ROUTE_LOST if is_lost else reason


def note_gap(history: History, epoch: int, gap_ms: int) -> History:
    """The gap of one move, measured in the stream afterwards."""
    move = next((entry for entry in history.moves if entry.epoch == epoch), None)
    return history if move is None else _amend(history, move, {"gap_ms": gap_ms})


def _is_failover(move: FailoverRecord) -> bool:
    """Not the first election, not a closing, and not an account that is named anew after itself."""
    return None not in (move.from_account, move.to_account) and move.from_account != move.to_account


def _amend(history: History, move: FailoverRecord, facts: dict[str, datetime | int | None]) -> History:
    amended = move.model_copy(update=facts)
    return replace(history, moves=tuple(amended if entry is move else entry for entry in history.moves))


def _to_ms(moment: datetime) -> datetime:
    """Finer than a millisecond nobody reads."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
