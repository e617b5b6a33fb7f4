"""Which planned restart of an account is due: asked for by annotation, by the clock, or by an edit.

`read_request` comes first, as the pod is rendered with its answer; `find_due` then compares. A restart that
could not be carried out is not due: it would keep others waiting for their turn.

A scheduled time is due for 20 minutes: an operator that was away for ten still keeps it, and the last account
that waits its turn is not restarted in the open session. A pod made less than a minute before the time, or
after it, is fresh enough, so nothing is restarted twice for one time and nothing need be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mds_operator.domain.annotations import parse_time, tell_no_time
from mds_operator.domain.pod_case import Action
from mds_operator.domain.pods import decide_pods, find_change, find_obstacle
from mds_protocol.failover.restarts import PlannedRestart
from mds_protocol.resources.objects import RESTARTED_AT
from mds_protocol.resources.reasons import RestartReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from mds_operator.domain.pod_case import PodCase
    from mds_operator.domain.seen import PodView
    from mds_protocol.resources.feedaccount import FeedAccount, Restarts, Schedule

SCHEDULE_WINDOW: Final = timedelta(minutes=20)
FRESH: Final = timedelta(seconds=60)
"""More than the clocks of operator and API server may differ by: a pod's age is by the latter's."""

TRADING_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""What a trading day is, whatever the schedule's own time zone."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `mds.dev/restartedAt` asks for."""

    value: str | None
    """What a pod made now answers: the value that has come, else the one that was answered last."""
    is_new: bool = False
    """It has come and no pod has answered it."""
    waits_until: datetime | None = None
    remark: str | None = None
    """For the account's message: why the annotation asks for nothing."""


@dataclass(frozen=True, slots=True)
class Due:
    """The planned restart that is due, if any."""

    reason: RestartReason | None
    remark: str | None = None
    """For the account's message: why the schedule asks for nothing."""


def read_request(account: FeedAccount, restarts: Restarts, *, wall: datetime) -> Request:
    """Judges the annotation. Anything but a time asks for nothing and is said; a time to come waits."""
    text, answered = account.metadata.annotations.get(RESTARTED_AT), restarts.answered
    if text is None or text == answered:
        return Request(answered)
    when = parse_time(text)
    if when is None:
        return Request(answered, remark=tell_no_time(RESTARTED_AT, text))
    if when > wall:
        return Request(answered, waits_until=when)
    return Request(text, is_new=True)


def find_due(
    case: PodCase, request: Request, is_trading_day: Callable[[date], bool], *, now: float, wall: datetime
) -> Due:
    """The first of: asked for, changed, scheduled. The case's own `step` is not looked at."""
    times, remark = _list_times(case.account.spec.schedule, wall)
    if case.pod is None or not _is_possible(case, now):
        return Due(None, remark)
    if request.is_new:
        return Due(RestartReason.REQUESTED, remark)
    if case.restart.reason is RestartReason.UNKNOWN:
        return Due(None, remark)
    is_scheduled = any(
        _is_due(at, case.pod, wall) and is_trading_day(at.astimezone(TRADING_ZONE).date()) for at in times
    )
    return Due(find_change(case) or (RestartReason.SCHEDULED if is_scheduled else None), remark)


def plan_due(
    account: FeedAccount,
    due: Due,
    *,
    active_for: frozenset[str],
    standby_for: frozenset[str],
    can_be_relieved: bool,
) -> PlannedRestart | None:
    """For `plan_restarts`, which says who goes first."""
    if due.reason is None:
        return None
    return PlannedRestart(
        account=account.metadata.name,
        reason=due.reason,
        active_for=active_for,
        standby_for=standby_for,
        can_be_relieved=can_be_relieved,
    )


def _is_possible(case: PodCase, now: float) -> bool:
    """Whether the pod could be given up now, and nothing more urgent is to be done with it."""
    undecided = replace(case, step=None)
    return find_obstacle(undecided, now=now) is None and decide_pods(undecided, now=now).action is Action.KEEP


def _is_due(at: datetime, pod: PodView, wall: datetime) -> bool:
    made = parse_time(pod.created)
    return at <= wall < at + SCHEDULE_WINDOW and made is not None and made < at - FRESH


def _list_times(schedule: Schedule, wall: datetime) -> tuple[tuple[datetime, ...], str | None]:
    """Yesterday's and today's: a time shortly before midnight is still due after it."""
    try:
        zone: ZoneInfo | None = ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError):  # not known; not a name; the name of a folder
        zone = None
    if zone is None:
        return (
            (),
            f"schedule.timeZone is {schedule.time_zone!r}, which is no IANA time zone: nothing is scheduled",
        )
    today = wall.astimezone(zone).date()
    days = (today - timedelta(days=1), today)
    return tuple(
        datetime.combine(day, time.fromisoformat(text), zone)
        for day in days
        for text in schedule.daily_restarts
    ), None
