"""Which Kubernetes Events a subscription gives: of what happened, never of what was only decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.domain.conditions import find_condition
from mds_operator.domain.history import find_predecessor
from mds_operator.domain.notices import Notice, NoticeType, cut, has_changed
from mds_protocol.resources.conditions import ConditionType
from mds_protocol.resources.reasons import FailoverReason, SubscriptionReason
from mds_protocol.wire.events import GapCause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mds_operator.domain.history import History
    from mds_protocol.resources.conditions import Conditions
    from mds_protocol.resources.feedsubscription import FailoverRecord, FeedSubscriptionStatus, LossRecord

_PLANNED: Final = frozenset(
    {
        FailoverReason.PINNED,
        FailoverReason.PRIORITY_EDITED,
        FailoverReason.ACCOUNT_DISABLED,
        FailoverReason.ACCOUNT_DELETED,
        FailoverReason.PRIORITY_ZERO,
        FailoverReason.PLANNED_RESTART,
        FailoverReason.DRILL,
        FailoverReason.DRAINING,
        FailoverReason.FAILBACK,
        FailoverReason.FIRST_ELECTION,
        FailoverReason.REOPENED,
    }
)
"""What somebody asked for: no warning."""

_TOLD_OF_FEEDS: Final = frozenset({SubscriptionReason.HELD, SubscriptionReason.PIN_IGNORED})

TICKS_LOST: Final = "TicksLost"
"""Of an Event: a new line of `status.losses`, or one that has grown."""

_HOW_LOST: Final[Mapping[str, str]] = {
    GapCause.OVERFLOW: "they came faster than NATS took them",
    GapCause.SUPERSEDED: "newer ones of their contracts were stored before them",
    GapCause.LOG_TOO_SHORT: "NATS took nothing for longer than the log reaches back",
    GapCause.NO_PUBLISHER: "no account received them, and the market traded",
}


def find_feed_notices(
    before: FeedSubscriptionStatus | None, after: FeedSubscriptionStatus
) -> tuple[Notice, ...]:
    """What a person's own word does to a feed: that it is held, and that a pin is ignored.

    Moves are told where they are made.
    """
    last: Conditions = before.conditions if before else ()
    told: dict[str, Notice] = {}
    for kind in (ConditionType.READY, ConditionType.REDUNDANT, ConditionType.PIN_IGNORED):
        now = find_condition(after.conditions, kind)
        if (
            now is None
            or now.reason not in _TOLD_OF_FEEDS
            or not has_changed(find_condition(last, kind), now)
        ):
            continue
        reason = SubscriptionReason(now.reason)
        is_fine = reason is SubscriptionReason.HELD and after.active_account is not None
        notice = Notice(
            NoticeType.NORMAL if is_fine else NoticeType.WARNING, reason, now.message or reason.sentence
        )
        told.setdefault(reason, cut(notice))
    return tuple(told.values())


def tell_takeover(history: History, move: FailoverRecord) -> Notice:
    """An account was heard to hold the fence of the move's epoch."""
    before = find_predecessor(history, move)
    instead = f", instead of {before}" if before not in (None, move.to_account) else ""
    kind = NoticeType.NORMAL if move.reason in _PLANNED else NoticeType.WARNING
    why = FailoverReason(move.reason).sentence if move.reason in FailoverReason else move.reason
    return Notice(
        kind, move.reason, f"{move.to_account} publishes from epoch {move.epoch} on{instead}: {why}"
    )


def tell_losses(before: tuple[LossRecord, ...], after: tuple[LossRecord, ...]) -> tuple[Notice, ...]:
    """What is new or has grown since the status before: the oldest first."""
    return tuple(_tell_loss(line) for line in reversed(after) if line not in before)


def _tell_loss(line: LossRecord) -> Notice:
    count = "Ticks" if line.count is None else f"About {line.count} ticks"
    how = "; ".join(_HOW_LOST[cause] for cause in line.causes if cause in _HOW_LOST)
    span = f"from {_show(line.from_time)} to {_show(line.to_time)} by the exchange's clock"
    return Notice(NoticeType.WARNING, TICKS_LOST, f"{count} are lost, {span}: {how}.")


def _show(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
