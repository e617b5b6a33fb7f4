"""Planned restarts: what a person asks for, what was edited, what the clock says; each once, none lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.due import Request, find_due, read_request
from mds_operator.domain.pod_case import Rejection
from mds_operator.domain.seen import Problem
from mds_protocol.failover.restarts import Block, RestartDecision
from mds_protocol.resources.feedaccount import Restarts
from mds_protocol.resources.reasons import AccountReason, RestartReason
from tests.unit.operator.pods.builders import HASH, NOW, UNHEALTHY, WALL, make_account, make_case, make_pod

if TYPE_CHECKING:
    from mds_operator.domain.pod_case import PodCase
    from mds_protocol.resources.feedaccount import FeedAccount

ANNOTATION = "annotation mds.dev/restartedAt"
NOTHING = Request(None)
ASKED = Request("2027-01-05T00:30:00Z", is_new=True)
CHANGED = make_pod(spec_hash=str(replace(HASH, spec="d" * 12)))
AT_0830 = datetime(2027, 1, 5, 0, 30, tzinfo=UTC)
UNKNOWN = RestartDecision(restart=False, reason=RestartReason.UNKNOWN)


def asking(value: str) -> FeedAccount:
    return make_account(metadata={"annotations": {"mds.dev/restartedAt": value}})


def scheduled(*times: str, zone: str = "Asia/Shanghai", **changes: Any) -> PodCase:
    account = make_account(schedule={"timeZone": zone, "dailyRestarts": list(times)})
    return make_case(account=account, **changes)


def always(day: date) -> bool:
    del day
    return True


def due_of(case: PodCase, request: Request = NOTHING, wall: datetime = WALL) -> RestartReason | None:
    return find_due(case, request, always, now=NOW, wall=wall).reason


# --- asked for


@pytest.mark.parametrize(
    ("value", "answered", "request_"),
    [
        pytest.param(
            "2027-01-05T00:35:00Z", None, Request("2027-01-05T00:35:00Z", is_new=True), id="has-come"
        ),
        pytest.param(
            "2027-01-05T00:35:01Z",
            None,
            Request(None, remark=f"{ANNOTATION} is '2027-01-05T00:35:01Z': the restart waits until then"),
            id="comes-in-a-second",
        ),
        pytest.param(
            "2027-01-05T08:35:00+08:00", None, Request("2027-01-05T08:35:00+08:00", is_new=True), id="offset"
        ),
        pytest.param(
            "2020-01-01T00:00:00Z", None, Request("2020-01-01T00:00:00Z", is_new=True), id="long-ago"
        ),
        pytest.param(
            "2027-01-05T00:35:00Z", "2027-01-05T00:35:00Z", Request("2027-01-05T00:35:00Z"), id="answered"
        ),
        pytest.param(
            "2027-01-06T00:00:00Z",
            "2027-01-04T00:00:00Z",
            Request(
                "2027-01-04T00:00:00Z",
                remark=f"{ANNOTATION} is '2027-01-06T00:00:00Z': the restart waits until then",
            ),
            id="the-answered-one-counts-until-the-next",
        ),
    ],
)
def test_a_request_is_due_when_its_time_has_come(value: str, answered: str | None, request_: Request) -> None:
    assert read_request(asking(value), Restarts(answered=answered), wall=WALL) == request_


@pytest.mark.parametrize(
    "value", ["now", "", "1", "2027-01-05", "2027-01-05T08:35:00", "2027-01-05T00:35Z" + " " * 40]
)
def test_what_is_no_time_asks_for_nothing_and_is_named(value: str) -> None:
    request = read_request(asking(value), Restarts(answered="before"), wall=WALL)

    assert (request.value, request.is_new) == ("before", False)
    assert request.remark is not None
    assert request.remark.startswith(f"annotation mds.dev/restartedAt is {value[:40]!r}"[:-1])
    assert request.remark.endswith("which is no time: write it as 2027-01-04T08:40:00Z")


def test_an_annotation_taken_away_asks_for_nothing() -> None:
    assert read_request(make_account(), Restarts(answered="before"), wall=WALL) == Request("before")


# --- which of them, and when none


@pytest.mark.parametrize(
    ("case", "request_", "reason"),
    [
        pytest.param(make_case(), NOTHING, None, id="nothing"),
        pytest.param(make_case(), ASKED, RestartReason.REQUESTED, id="asked-for"),
        pytest.param(make_case(pods=(CHANGED,)), ASKED, RestartReason.REQUESTED, id="asked-for-and-changed"),
        pytest.param(make_case(pods=(CHANGED,)), NOTHING, RestartReason.SPEC_CHANGED, id="changed"),
        pytest.param(
            scheduled("08:30", pods=(CHANGED,)),
            NOTHING,
            RestartReason.SPEC_CHANGED,
            id="changed-and-scheduled",
        ),
        pytest.param(scheduled("08:30"), NOTHING, RestartReason.SCHEDULED, id="scheduled"),
        pytest.param(make_case(pods=()), ASKED, None, id="without-a-pod-the-next-one-answers"),
        pytest.param(make_case(pods=(make_pod(is_leaving=True),)), ASKED, None, id="leaves-already"),
        pytest.param(make_case(account=make_account(paused=True)), ASKED, None, id="paused"),
        pytest.param(make_case(account=make_account(enabled=False)), ASKED, None, id="disabled"),
        pytest.param(
            make_case(account=make_account(enabled=False), held=("futures",)),
            ASKED,
            None,
            id="disabled-and-held",
        ),
        pytest.param(make_case(wanted=False), ASKED, None, id="asleep"),
        pytest.param(make_case(restart=UNHEALTHY), ASKED, None, id="is-replaced-anyway"),
        pytest.param(make_case(restart=UNKNOWN), ASKED, RestartReason.REQUESTED, id="a-person-may-be-surer"),
        pytest.param(make_case(restart=UNKNOWN, pods=(CHANGED,)), NOTHING, None, id="not-on-a-guess"),
        pytest.param(make_case(block=Block(75, HASH.login)), ASKED, None, id="blocked"),
        pytest.param(
            make_case(block=Block(75, "0" * 12)), ASKED, RestartReason.REQUESTED, id="unblocked-by-it"
        ),
        pytest.param(
            make_case(made_now=Problem(AccountReason.CREDENTIALS_INVALID, "")), ASKED, None, id="no-successor"
        ),
        pytest.param(
            make_case(rejection=Rejection(pod_hash=HASH, message="", at=NOW)),
            ASKED,
            None,
            id="rejected-lately",
        ),
    ],
)
def test_one_planned_restart_is_due_or_none(
    case: PodCase, request_: Request, reason: RestartReason | None
) -> None:
    assert due_of(case, request_) is reason


# --- by the clock


@pytest.mark.parametrize(
    ("wall", "is_due"),
    [
        pytest.param(AT_0830 - timedelta(seconds=1), False, id="a-second-before"),
        pytest.param(AT_0830, True, id="on-time"),
        pytest.param(AT_0830 + timedelta(minutes=10), True, id="after-ten-minutes-of-absence"),
        pytest.param(AT_0830 + timedelta(minutes=20, seconds=-1), True, id="the-last-one-in-turn"),
        pytest.param(AT_0830 + timedelta(minutes=20), False, id="too-late-for-the-open-session"),
    ],
)
def test_a_scheduled_time_is_due_for_twenty_minutes(wall: datetime, *, is_due: bool) -> None:
    assert (due_of(scheduled("08:30"), wall=wall) is RestartReason.SCHEDULED) is is_due


@pytest.mark.parametrize(
    ("created", "is_due"),
    [
        pytest.param("2027-01-05T00:28:59Z", True, id="a-minute-and-more-before"),
        pytest.param("2027-01-05T00:29:00Z", False, id="a-minute-before"),
        pytest.param("2027-01-05T00:31:00Z", False, id="since"),
        pytest.param("", False, id="nobody-knows-when"),
    ],
)
def test_no_pod_is_restarted_twice_for_one_time(created: str, *, is_due: bool) -> None:
    case = scheduled("08:30", pods=(make_pod(created=created),))

    assert (due_of(case) is RestartReason.SCHEDULED) is is_due


def test_each_of_several_times_counts() -> None:
    made_at_0830 = (make_pod(created="2027-01-05T00:30:10Z"),)

    assert due_of(scheduled("20:30", "08:30"), wall=AT_0830) is RestartReason.SCHEDULED
    assert due_of(scheduled("08:30", "08:34", pods=made_at_0830)) is RestartReason.SCHEDULED


@pytest.mark.parametrize(
    ("zone", "text", "wall"),
    [
        pytest.param("Asia/Shanghai", "23:55", datetime(2027, 1, 5, 16, 5, tzinfo=UTC), id="past-midnight"),
        pytest.param("UTC", "00:30", AT_0830, id="utc"),
        pytest.param("America/New_York", "19:30", AT_0830, id="yesterday-there"),
        pytest.param(
            "Europe/Berlin", "02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC), id="in-the-missing-hour"
        ),
        pytest.param(
            "Europe/Berlin", "02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), id="in-the-double-hour"
        ),
    ],
)
def test_times_of_day_are_the_zones(zone: str, text: str, wall: datetime) -> None:
    case = scheduled(text, zone=zone)

    assert due_of(case, wall=wall) is RestartReason.SCHEDULED
    assert due_of(case, wall=wall - timedelta(minutes=11)) is None


def test_a_day_without_trading_has_no_schedule_and_the_day_is_chinas() -> None:
    asked: list[date] = []

    def is_trading_day(day: date) -> bool:
        asked.append(day)
        return False

    due = find_due(
        scheduled("19:30", zone="America/New_York"), NOTHING, is_trading_day, now=NOW, wall=AT_0830
    )

    assert due.reason is None
    assert asked == [date(2027, 1, 4), date(2027, 1, 5)]


def test_a_schedule_goes_by_the_clock_of_the_fronts_and_a_pod_is_fresh_by_its_own() -> None:
    """`AT_0830` is then a moment of another day, at which the fronts say half past eight in September."""
    asked: list[date] = []

    def is_trading_day(day: date) -> bool:
        asked.append(day)
        return True

    ahead = datetime(2026, 9, 15, 0, 30, tzinfo=UTC) - AT_0830
    made = (AT_0830 + timedelta(seconds=1)).isoformat()

    def look(case: PodCase) -> RestartReason | None:
        return find_due(case, NOTHING, is_trading_day, now=NOW, wall=AT_0830, ahead=ahead).reason

    assert look(scheduled("08:30")) is RestartReason.SCHEDULED
    assert date(2026, 9, 15) in asked
    assert look(scheduled("08:31")) is None
    assert look(scheduled("08:30", pods=(make_pod(created=made),))) is None


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "Asia", "Mars"])
def test_an_unknown_time_zone_schedules_nothing_and_is_named(zone: str) -> None:
    due = find_due(scheduled("08:30", zone=zone), ASKED, always, now=NOW, wall=WALL)

    assert due.reason is RestartReason.REQUESTED
    assert due.remark == f"schedule.timeZone is '{zone}', which is no IANA time zone: nothing is scheduled"


PAUSED = make_account(paused=True)


@pytest.mark.parametrize(
    ("case", "request_", "held"),
    [
        pytest.param(
            make_case(account=PAUSED), ASKED, (RestartReason.REQUESTED, RestartReason.PAUSED), id="asked"
        ),
        pytest.param(
            make_case(account=PAUSED, pods=(CHANGED,)),
            NOTHING,
            (RestartReason.SPEC_CHANGED, RestartReason.PAUSED),
            id="edited",
        ),
        pytest.param(make_case(account=PAUSED), NOTHING, None, id="paused and nothing asked"),
        pytest.param(
            make_case(account=make_account(paused=True, enabled=False)), ASKED, None, id="it goes anyway"
        ),
        pytest.param(
            make_case(restart=UNKNOWN, pods=(CHANGED,)),
            NOTHING,
            (RestartReason.SPEC_CHANGED, RestartReason.UNKNOWN),
            id="its health is not known",
        ),
        pytest.param(make_case(restart=UNKNOWN), NOTHING, None, id="not known, and nothing asked"),
    ],
)
def test_what_a_person_asked_for_and_nobody_may_do_now_is_held(
    case: PodCase, request_: Request, held: tuple[RestartReason, RestartReason] | None
) -> None:
    due = find_due(case, request_, always, now=NOW, wall=WALL)

    assert due.reason is None
    assert (due.held and (due.held.cause, due.held.reason)) == held
