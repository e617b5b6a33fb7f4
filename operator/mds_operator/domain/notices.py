"""Which Kubernetes Events an account gives: one for each thing that changed, none for what merely goes on.

Ready tells most of it, so another condition speaks only where Ready does not say the same: a lost trading
front, a Secret that broke under a pod that still publishes. An Event's text ends at 1,024 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mds_operator.domain.conditions import find_condition
from mds_protocol.resources.conditions import ConditionStatus, ConditionType
from mds_protocol.resources.reasons import AccountReason, RestartReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_protocol.resources.conditions import Condition, Conditions
    from mds_protocol.resources.feedaccount import FeedAccountStatus

NOTICE_MAX_BYTES: Final = 1024
"""What the API takes as an Event's note."""

_TOLD_BESIDE_READY: Final = (ConditionType.ACCEPTED, ConditionType.CONNECTED, ConditionType.LOGGED_IN)
_EXPECTED: Final = frozenset({AccountReason.STARTING, AccountReason.RESTARTING, AccountReason.DRAINING})
"""Not ready, and nothing is wrong."""
_AT_NIGHT: Final = frozenset({AccountReason.FRONT_LOST, AccountReason.TRADE_FRONT_LOST})
"""What brokers' fronts do in a closed market: told, but no alarm."""


class NoticeType(StrEnum):
    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """An Event to be given about an object."""

    type: NoticeType
    reason: str
    """A code that alerts and runbooks match, mostly of `resources.reasons`."""
    message: str


def find_notices(before: FeedAccountStatus | None, after: FeedAccountStatus) -> tuple[Notice, ...]:
    """What to tell about the step from one status to the next; the same reason is told once."""
    last: Conditions = before.conditions if before else ()
    told: dict[str, Notice] = {}
    for notice in _tell_all(last, after.conditions):
        told.setdefault(notice.reason, notice)
    return tuple(told.values())


def tell_replacement(reason: RestartReason, pod: str) -> Notice:
    """A pod is deleted to be made anew."""
    kind = NoticeType.WARNING if reason is RestartReason.UNHEALTHY else NoticeType.NORMAL
    return cut(Notice(kind, reason, f"Pod {pod} is replaced: {reason.sentence}"))


def _tell_all(before: Conditions, after: Conditions) -> Iterator[Notice]:
    ready = find_condition(after, ConditionType.READY)
    if ready is not None and has_changed(find_condition(before, ConditionType.READY), ready):
        yield _tell(ready)
    stalled = find_condition(after, ConditionType.STALLED)
    if stalled is not None and find_condition(before, ConditionType.STALLED) is None:
        reason = AccountReason(stalled.reason)
        yield cut(Notice(NoticeType.WARNING, reason, stalled.message or reason.sentence))
    for kind in _TOLD_BESIDE_READY:
        now, last = find_condition(after, kind), find_condition(before, kind)
        if now is not None and _is_news_beside(last, now, ready):
            notice = _tell(now)
            is_closed = ready is not None and ready.reason == AccountReason.MARKET_CLOSED
            quiet = is_closed and notice.reason in _AT_NIGHT
            yield replace(notice, type=NoticeType.NORMAL) if quiet else notice


def has_changed(last: Condition | None, now: Condition) -> bool:
    return last is None or (last.status, last.reason) != (now.status, now.reason)


def _is_news_beside(last: Condition | None, now: Condition, ready: Condition | None) -> bool:
    """Only while Ready holds: otherwise it names what is wrong. Coming up for the first time is no news."""
    if ready is None or ready.status is not ConditionStatus.TRUE or last is None:
        return False
    if now.status is last.status or ConditionStatus.UNKNOWN in (now.status, last.status):
        return False
    return now.status is ConditionStatus.FALSE or last.reason not in _EXPECTED


def _tell(condition: Condition) -> Notice:
    reason = AccountReason(condition.reason)
    fine = condition.status is ConditionStatus.TRUE or reason in _EXPECTED
    kind = NoticeType.NORMAL if fine else NoticeType.WARNING
    return cut(Notice(kind, reason, condition.message or reason.sentence))


def cut(notice: Notice) -> Notice:
    """By bytes, as brokers write Chinese."""
    text = notice.message.encode()[: NOTICE_MAX_BYTES - len("…".encode())]
    if len(text) == len(notice.message.encode()):
        return notice
    return Notice(notice.type, notice.reason, text.decode(errors="ignore") + "…")
