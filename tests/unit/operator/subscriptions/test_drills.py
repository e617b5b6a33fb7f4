"""Drills: which annotation asks for one, and what is said where none happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.drills import Drill, find_misplaced, find_remark, find_request
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import NOW, UNKNOWN, make_subscription, unhealthy
from tests.unit.operator.subscriptions.builders import WALL, active, make_case, standby

if TYPE_CHECKING:
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.standing import Candidate

TIME = "2026-11-23T02:00:00Z"  # WALL
DRILL = Drill("a", NOW)


def asking(value: str) -> dict[str, str]:
    return {"mds.dev/drillAt": value}


def drilled(*others: Candidate, account: Any = None, **seen: Any) -> Decision:
    """What `elect` says while account a, `account` if it is unlike, shall be left."""
    leaving = active(leaving=FailoverReason.DRILL, **(account or {}))
    decision = make_case(leaving, *others, subscription=make_subscription(**seen)).decision
    assert decision is not None
    return decision


@pytest.mark.parametrize(
    ("annotations", "answered", "value"),
    [
        pytest.param({}, None, None, id="nothing asked"),
        pytest.param(asking(TIME), None, TIME, id="its time has come"),
        pytest.param(
            asking("2026-11-23T10:00:00+08:00"), TIME, "2026-11-23T10:00:00+08:00", id="written anew"
        ),
        pytest.param(asking("2026-11-23T02:00:01Z"), None, None, id="comes in a second"),
        pytest.param(asking(TIME), TIME, None, id="answered"),
    ],
)
def test_a_drill_is_asked_for_once_when_its_time_has_come(
    annotations: dict[str, str], answered: str | None, value: str | None
) -> None:
    assert find_request(annotations, answered, wall=WALL) == value
    assert find_remark(annotations, answered, None, make_case().decision) is None


@pytest.mark.parametrize("value", ["now", "", "2026-11-22", "2026-11-22T10:00:00"])
def test_what_is_no_time_asks_for_no_drill_and_is_named(value: str) -> None:
    remark = f"annotation mds.dev/drillAt is {value!r}, which is no time: write it as 2027-01-04T08:40:00Z"

    assert find_request(asking(value), TIME, wall=WALL + timedelta(days=365)) is None
    assert find_remark(asking(value), TIME, None, make_case().decision) == remark


def test_a_time_that_is_too_long_for_status_to_repeat_is_none() -> None:
    longest = f"2026-11-22T10:00:00.{'0' * 19}Z"
    longer = f"2026-11-22T10:00:00.{'0' * 20}Z"

    assert find_request(asking(longest), None, wall=WALL) == longest
    assert find_request(asking(longer), None, wall=WALL) is None
    assert f"{longer[:40]}…', which is no time" in (find_remark(asking(longer), None, None, None) or "")


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        pytest.param(drilled(), FailoverReason.NOBODY_AVAILABLE, id="alone"),
        pytest.param(
            drilled(standby(health=unhealthy())), FailoverReason.NOBODY_AVAILABLE, id="nobody healthy"
        ),
        pytest.param(drilled(standby(), paused=True), FailoverReason.PAUSED, id="paused"),
        pytest.param(
            drilled(standby(), account={"paused": True}),
            FailoverReason.ACCOUNT_PAUSED,
            id="its account is paused",
        ),
        pytest.param(drilled(standby(), mode=Mode.MANUAL), FailoverReason.MANUAL, id="Manual"),
        pytest.param(
            drilled(standby(), account={"health": UNKNOWN}), FailoverReason.HOLD_UNKNOWN, id="nobody can tell"
        ),
    ],
)
def test_a_drill_that_nobody_can_take_says_why_it_waits(decision: Decision, reason: FailoverReason) -> None:
    remark = find_remark(asking(TIME), TIME, DRILL, decision)

    assert (decision.account, decision.reason) == ("a", reason)
    assert remark == f"the drill of {TIME} waits. {reason.sentence[:-1]}"


@pytest.mark.parametrize(
    ("drill", "decision"),
    [
        pytest.param(DRILL, drilled(standby()), id="moves now"),
        pytest.param(DRILL, make_case().decision, id="noted just now: elect was not asked yet"),
        pytest.param(Drill("a", NOW, is_over=True), drilled(), id="over"),
        pytest.param(None, drilled(), id="none"),
        pytest.param(DRILL, None, id="nobody is elected for it"),
    ],
)
def test_a_drill_that_does_not_wait_says_nothing(drill: Drill | None, decision: Decision | None) -> None:
    assert find_remark(asking(TIME), TIME, drill, decision) is None


def test_a_newer_word_that_cannot_be_read_is_said_before_the_drill_that_waits() -> None:
    assert "'soon', which is no time" in (find_remark(asking("soon"), TIME, DRILL, drilled()) or "")


def test_a_drill_asked_of_an_account_is_told_where_to_ask() -> None:
    remark = "annotation mds.dev/drillAt asks nothing of an account: annotate the FeedSubscription instead"

    assert find_misplaced(asking(TIME)) == remark
    assert find_misplaced({"mds.dev/restartedAt": TIME}) is None
