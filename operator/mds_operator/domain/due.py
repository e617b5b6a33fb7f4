"""Which planned restart of an account is due: asked for by annotation, by the clock, or by an edit.

`read_request` comes first, as the pod is rendered with its answer; `find_due` then compares. A restart that
could not be carried out is not due: it would keep others waiting for their turn.

A scheduled time is due for 20 minutes: an operator that was away for ten still keeps it, and the last account
that waits its turn is not restarted in the open session. A pod made less than a minute before the time, or
after it, is fresh enough, so nothing is restarted twice for one time and nothing need be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain.annotations import parse_time, tell_no_time
from mds_operator.domain.pod_case import Action
from mds_operator.domain.pods import decide_pods, find_change, find_obstacle
from mds_operator.domain.schedule import find_zone, list_times, tell_no_zone
from mds_protocol.failover.restarts import RestartStep
from mds_protocol.resources.objects import RESTARTED_AT
from mds_protocol.resources.reasons import RestartReason

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.domain.pod_case import PodCase
    from mds_operator.domain.schedule import IsTradingDay
    from mds_operator.domain.seen import PodView
    from mds_protocol.resources.feedaccount import FeedAccount, Restarts

SCHEDULE_WINDOW: Final = timedelta(minutes=20)
FRESH: Final = timedelta(seconds=60)
"""More than the clocks of operator and API server may differ by: a pod's age is by the latter's."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `mds.dev/restartedAt` asks for."""

    value: str | None
    """What a pod made now answers: the value that has come, else the one that was answered last."""
    is_new: bool = False
    """It has come and no pod has answered it."""
    remark: str | None = None
    """For the account's message: why the annotation asks for nothing, or not yet."""


@dataclass(frozen=True, slots=True)
class Due:
    """The planned restart that is due, if any."""

    reason: RestartReason | None
    remark: str | None = None
    """For the account's message: why the schedule asks for nothing."""
    held: RestartStep | None = None
    """What a person asked for and waits for no turn: the account is paused, or its health is not known."""


def read_request(account: FeedAccount, restarts: Restarts, *, wall: datetime) -> Request:
    """Judges the annotation. Anything but a time asks for nothing and is said; a time to come waits."""
    text, answered = account.metadata.annotations.get(RESTARTED_AT), restarts.answered
    if text is None or text == answered:
        return Request(answered)
    when = parse_time(text)
    if when is None:
        return Request(answered, remark=tell_no_time(RESTARTED_AT, text))
    if when > wall:
        return Request(
            answered, remark=f"annotation {RESTARTED_AT} is {text!r}: the restart waits until then"
        )
    return Request(text, is_new=True)


def find_due(
    case: PodCase,
    request: Request,
    is_trading_day: IsTradingDay,
    *,
    now: float,
    wall: datetime,
    ahead: timedelta = timedelta(),
) -> Due:
    """The first of: asked for, changed, scheduled. The case's own `step` is not looked at.

    `ahead`: how far the fronts' clock is ahead of `wall`, for a simulator; a schedule goes by theirs.
    """
    schedule = case.account.spec.schedule
    remark = None if find_zone(schedule) else tell_no_zone(schedule)
    if case.pod is None:
        return Due(None, remark)
    asked = RestartReason.REQUESTED if request.is_new else find_change(case)
    # Whether the pod could be given up now, and nothing more urgent is to be done with it.
    undecided = replace(case, step=None)
    plan = decide_pods(undecided, now=now)
    if plan.action is Action.KEEP and plan.reason is RestartReason.PAUSED:
        return Due(None, remark, _hold(case, asked, RestartReason.PAUSED))
    if plan.action is not Action.KEEP or find_obstacle(undecided, now=now) is not None:
        return Due(None, remark)
    if request.is_new:
        return Due(asked, remark)
    if case.restart.reason is RestartReason.UNKNOWN:
        return Due(None, remark, _hold(case, asked, RestartReason.UNKNOWN))
    # From yesterday: a time shortly before midnight is still due after it.
    times = list_times(
        schedule, is_trading_day, first=-timedelta(days=1), last=timedelta(), wall=wall + ahead
    )
    is_scheduled = any(_is_due(at - ahead, case.pod, wall) for at in times)
    return Due(asked or (RestartReason.SCHEDULED if is_scheduled else None), remark)


def _hold(case: PodCase, cause: RestartReason | None, reason: RestartReason) -> RestartStep | None:
    if cause is None:
        return None
    return RestartStep(case.account.metadata.name, restart=False, reason=reason, cause=cause)


def _is_due(at: datetime, pod: PodView, wall: datetime) -> bool:
    made = parse_time(pod.created)
    return at <= wall < at + SCHEDULE_WINDOW and made is not None and made < at - FRESH
