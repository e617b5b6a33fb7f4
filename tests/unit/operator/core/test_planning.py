"""Which pods are marked for replacement: young ones wait, one account at a time, the feed moves first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mds_operator.account_work import AccountWork
from mds_operator.domain.pod_hash import PodHash
from mds_operator.planning import STARTING, plan
from mds_protocol.failover.election import Action
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.failover.timings import BACK_S
from mds_protocol.resources.reasons import FailoverReason, RestartReason
from mds_protocol.wire.heartbeat import Exchange, Front, GatewayState, SessionState
from tests.unit.operator.core.builders import (
    Scene,
    account_body,
    fenced,
    known,
    make_route,
    pod_body,
    subscription_body,
)
from tests.unit.operator.core.room import DOWN, HASH, Room


def test_on_a_quiet_morning_nothing_is_planned() -> None:
    room = Room()

    assert room.plan() == {"ctp-a": None, "ctp-b": None}
    assert room.scene.asked == []


def test_nothing_is_planned_before_anything_was_judged() -> None:
    scene = Scene()
    scene.desk.take_account(account_body())
    plan(scene.desk, AccountWork(scene.desk))

    assert scene.desk.accounts["ctp-a"].decision is None


# --- one at a time


def test_a_standby_is_restarted_at_once() -> None:
    room = Room("ctp-b")

    assert room.plan()["ctp-b"] == (True, RestartReason.REQUESTED)
    assert room.scene.asked == [("FeedAccount", "ctp-b")]


def test_the_active_hands_its_feed_over_first() -> None:
    assert Room("ctp-a").plan()["ctp-a"] == (False, RestartReason.MOVE_FIRST)


def test_the_active_waits_as_long_as_the_move_takes() -> None:
    room = Room("ctp-a")
    for _ in range(3):
        assert room.plan()["ctp-a"] == (False, RestartReason.MOVE_FIRST)
        room.scene.pass_time(1)
        room.beat()
    room.desk.on_route("all", known(make_route("ctp-b", epoch=6), 4))

    assert room.plan()["ctp-a"] == (True, RestartReason.REQUESTED)


def test_who_is_about_to_go_does_not_get_its_feed_back() -> None:
    """It was well all along, so only that it goes speaks against it, until its pod is told to."""
    room = Room("ctp-a")
    room.desk.take_subscription(subscription_body(failover={"failbackAfter": "1s"}))
    for _ in range(3):
        room.plan()
        room.scene.pass_time(1)
        room.beat()
    room.desk.on_route("all", known(make_route("ctp-b", epoch=6), 4))
    room.beat(publications=(fenced(6),))

    assert room.plan()["ctp-a"] == (True, RestartReason.REQUESTED)
    decision = room.desk.judge().decisions["all"]
    assert (decision.action, decision.reason) == (Action.STAY, FailoverReason.IN_ORDER)


def test_of_two_the_standby_goes_first() -> None:
    assert Room("ctp-a", "ctp-b").plan() == {
        "ctp-a": (False, RestartReason.ONE_AT_A_TIME),
        "ctp-b": (True, RestartReason.REQUESTED),
    }


def test_the_active_waits_in_an_open_market_for_those_that_could_take_its_feed_and_names_them() -> None:
    room = Room("ctp-a")
    room.beat(state=GatewayState.CONNECTING, market_data=DOWN)

    assert room.plan()["ctp-a"] == (False, RestartReason.NOBODY_TAKES_OVER)
    step = room.desk.accounts["ctp-a"].step
    assert step is not None
    assert (step.cause, step.waits_for) == (RestartReason.REQUESTED, ("ctp-b",))


GOES_ALONE = [
    pytest.param(
        {"exchanges": {"SHFE": Exchange(session=SessionState.CLOSED)}}, {}, id="the market is closed"
    ),
    pytest.param({}, {"enabled": False}, id="the other one is disabled"),
    pytest.param({"market_data": DOWN, "state": GatewayState.CONNECTING}, {}, id="it publishes nothing"),
]


@pytest.mark.parametrize(("said", "other"), GOES_ALONE)
def test_the_active_goes_without_a_move_where_that_costs_nothing_or_nobody_could_ever_take_it(
    said: dict[str, Any], other: dict[str, Any]
) -> None:
    room = Room("ctp-a")
    room.desk.take_account(account_body("ctp-b", **other))
    room.beat(state=GatewayState.CONNECTING, market_data=DOWN)
    room.scene.beat("ctp-a", publications=(fenced(5),), **said)

    assert room.plan()["ctp-a"] == (True, RestartReason.REQUESTED)


@pytest.mark.parametrize(
    "spec", [{"failover": {"mode": "Manual"}}, {"paused": True}], ids=["manual", "paused"]
)
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_a_feed_that_only_a_person_moves_is_waited_for_while_its_market_is_open(
    spec: dict[str, Any], *, is_open: bool
) -> None:
    room = Room("ctp-a")
    room.desk.take_subscription(subscription_body(**spec))
    state = SessionState.OPEN if is_open else SessionState.CLOSED
    room.scene.beat("ctp-a", publications=(fenced(5),), exchanges={"SHFE": Exchange(session=state)})

    expected = (False, RestartReason.MOVE_HELD) if is_open else (True, RestartReason.REQUESTED)
    assert room.plan()["ctp-a"] == expected


BACK = [
    pytest.param(BACK_S, RestartReason.ONE_AT_A_TIME, id="it may still come back"),
    pytest.param(BACK_S + 0.001, RestartReason.MOVE_FIRST, id="it keeps nobody else waiting"),
]


@pytest.mark.parametrize(("after", "reason"), BACK)
def test_who_does_not_come_back_is_waited_for_only_so_long(after: float, reason: RestartReason) -> None:
    room = Room("ctp-a")
    room.plan()
    room.replace("ctp-b")
    room.scene.pass_time(after)
    room.beat()

    assert room.plan()["ctp-a"] == (False, reason)


# --- a pod that never streamed


def mistype(room: Room, **front: Any) -> None:
    """Its pod was replaced by one whose front does not answer; the old one streamed until then."""
    room.plan()
    room.replace("ctp-b")
    room.desk.drop_pod("ctp-b-11111")
    room.take_pod("ctp-b-22222", timedelta(seconds=8))
    room.scene.pass_time(8)
    told = Front(connected=False, logged_in=False, **front)
    room.beat(instance="ctp-b-22222", state=GatewayState.CONNECTING, market_data=told)


def test_a_pod_that_never_streamed_is_replaced_at_once_though_its_account_restarts() -> None:
    room = Room("ctp-b")
    mistype(room)

    assert room.plan()["ctp-b"] == (True, RestartReason.REQUESTED)


def test_nobody_waits_for_the_successor_of_one_that_never_streamed() -> None:
    room = Room("ctp-a")
    mistype(room)
    room.desk.restarting.clear()
    room.replace("ctp-b")

    assert room.desk.restarting == {}


def test_one_that_streamed_once_takes_its_turn() -> None:
    room = Room("ctp-b")
    mistype(room)
    room.beat(instance="ctp-b-22222")
    room.replace("ctp-a")

    assert room.plan()["ctp-b"] == (False, RestartReason.ONE_AT_A_TIME)


DOWN_AND_OUT: dict[str, Any] = {
    "containerStatuses": [{"ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
}


@pytest.mark.parametrize("is_heard", [True, False], ids=["the kubelet is late", "it does not run"])
def test_a_container_that_does_not_run_waits_for_nobody_unless_it_is_well(*, is_heard: bool) -> None:
    room = Room("ctp-b")
    body = pod_body("ctp-b-11111", **DOWN_AND_OUT)
    body["metadata"]["annotations"] = {"mds.dev/pod-hash": str(HASH)}
    room.desk.take_pod(body)
    room.replace("ctp-a")
    if not is_heard:
        room.scene.pass_time(1)
        room.scene.beat("ctp-a", publications=(fenced(5),))

    expected = (False, RestartReason.ONE_AT_A_TIME) if is_heard else (True, RestartReason.REQUESTED)
    assert room.plan()["ctp-b"] == expected


def test_a_broken_account_holds_up_no_other_standby() -> None:
    room = Room("ctp-a")
    mistype(room, error_code=4097)
    room.desk.on_route("all", known(make_route("ctp-b", epoch=6), 4))

    assert room.plan()["ctp-a"] == (True, RestartReason.REQUESTED)


def test_who_is_healthy_again_is_waited_for_no_longer() -> None:
    room = Room("ctp-a")
    room.plan()
    room.replace("ctp-b")
    room.scene.pass_time(1)
    room.beat(state=GatewayState.CONNECTING, market_data=DOWN)
    assert room.plan()["ctp-a"] == (False, RestartReason.ONE_AT_A_TIME)
    room.scene.pass_time(1)
    room.beat()

    assert room.plan()["ctp-a"] == (False, RestartReason.MOVE_FIRST)
    assert room.desk.restarting == {}


def test_who_has_no_probe_of_its_own_yet_is_waited_for() -> None:
    """The feed of the next one could not be handed to it."""
    room = Room("ctp-a")
    room.plan()
    room.replace("ctp-b")
    room.scene.pass_time(1)
    room.beat(state=GatewayState.CONNECTING, market_data=DOWN)
    room.plan()
    room.scene.pass_time(1)
    room.beat(probe_age_ms=None)

    assert room.plan()["ctp-a"] == (False, RestartReason.ONE_AT_A_TIME)


def test_who_was_healthy_before_it_went_is_not_back() -> None:
    room = Room("ctp-a")
    room.plan()
    room.scene.pass_time(1)
    room.replace("ctp-b")
    room.beat()

    assert room.plan()["ctp-a"] == (False, RestartReason.ONE_AT_A_TIME)


def test_who_was_deleted_keeps_nobody_waiting() -> None:
    room = Room("ctp-a")
    room.replace("ctp-b")
    room.desk.drop_account("ctp-b")

    assert room.plan()["ctp-a"] == (True, RestartReason.REQUESTED)


# --- health


YOUNG = [
    pytest.param(STARTING - timedelta(milliseconds=1), True, id="it may pull its image"),
    pytest.param(STARTING, False, id="it is no longer young: the rules decide"),
]


@pytest.mark.parametrize(("age", "young"), YOUNG)
def test_a_pod_that_was_never_heard_is_given_its_time(age: timedelta, *, young: bool) -> None:
    room = Room()
    room.desk.drop_pod("ctp-b-11111")
    room.take_pod("ctp-b-22222", age)
    room.plan()

    decision = room.desk.accounts["ctp-b"].decision
    assert (decision == RestartDecision(restart=False, reason=RestartReason.NOT_YET)) is young


def test_an_unhealthy_account_is_restarted_after_its_time() -> None:
    room = Room()
    room.plan()
    for _ in range(2):
        room.scene.pass_time(130)
        room.beat(state=GatewayState.CONNECTING, market_data=DOWN)
        room.plan()

    decision = room.desk.accounts["ctp-b"].decision
    assert decision is not None
    assert (decision.restart, decision.reason) == (True, RestartReason.UNHEALTHY)
    assert ("FeedAccount", "ctp-b") in room.scene.asked


def test_the_active_is_not_restarted_while_its_feed_can_move() -> None:
    room = Room()
    room.plan()
    for _ in range(2):
        room.scene.pass_time(40)
        room.scene.beat("ctp-a", state=GatewayState.CONNECTING, market_data=DOWN)
        room.scene.beat("ctp-b")
        room.plan()

    decision = room.desk.accounts["ctp-a"].decision
    assert decision is not None
    assert not decision.restart


def test_a_refused_login_blocks_the_account_until_what_it_logs_in_with_changes() -> None:
    room = Room()
    refused = Front(connected=True, logged_in=False, error_code=63, error_message="wrong")
    room.beat(state=GatewayState.BLOCKED, market_data=refused)
    room.plan()
    record = room.desk.accounts["ctp-b"]
    assert record.block is not None
    assert record.block.code == 63

    assert room.plan()["ctp-b"] is None
    record.making = PodHash(spec=HASH.spec, secrets="d" * 12, login="e" * 12)
    assert room.plan()["ctp-b"] == (True, RestartReason.CREDENTIALS_CHANGED)


@pytest.mark.parametrize(
    ("annotations", "remark"),
    [
        pytest.param({"mds.dev/restartedAt": "now"}, "which is no time", id="no time"),
        pytest.param(
            {"mds.dev/drillAt": "2027-01-05T01:59:00Z"}, "annotate the FeedSubscription", id="a drill"
        ),
    ],
)
def test_an_annotation_that_asks_for_nothing_is_told(annotations: dict[str, str], remark: str) -> None:
    room = Room()
    room.desk.take_account(account_body("ctp-b", metadata={"annotations": annotations}))
    room.plan()

    assert remark in (room.desk.accounts["ctp-b"].remark or "")
    assert room.desk.accounts["ctp-a"].remark is None
