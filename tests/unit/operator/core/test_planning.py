"""Which pods are marked for replacement: young ones wait, one account at a time, the feed moves first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mds_operator.account_work import AccountWork
from mds_operator.domain.acceptance import Acceptance
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.seen import Key
from mds_operator.planning import BACK_WITHIN_S, STARTING, plan
from mds_protocol.failover.observed import Listening
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.reasons import RestartReason, SubscriptionReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.core.builders import (
    Scene,
    account_body,
    fenced,
    known,
    make_route,
    pod_body,
    subscription_body,
)

NAMES = ("ctp-a", "ctp-b")
HASH = PodHash(spec="a" * 12, secrets="b" * 12, login="c" * 12)
ASKED = {"annotations": {"mds.dev/restartedAt": "2027-01-05T01:59:00Z"}}
ACCEPTED = Acceptance(
    reason=SubscriptionReason.ACCEPTED,
    message="",
    accounts=frozenset(NAMES),
    market="CTP.Test",
    selection=None,
)
DOWN = Front(connected=False, logged_in=False)


class Room:
    """Both accounts healthy, with old pods; ctp-a is active. `asked` are to be restarted."""

    def __init__(self, *asked: str) -> None:
        self.scene = Scene()
        self.desk = self.scene.desk
        self.work = AccountWork(self.desk)
        self.scene.office.acceptances = {Key("desk", "all"): ACCEPTED}
        self.desk.take_subscription(subscription_body())
        for name in NAMES:
            self.desk.take_account(account_body(name, metadata=ASKED if name in asked else None))
            self.take_pod(f"{name}-11111")
            self.desk.accounts[name].making = HASH
        self.desk.on_route("all", known(make_route()))
        self.beat()

    def take_pod(self, name: str, age: timedelta = timedelta(hours=1)) -> None:
        body = pod_body(name)
        body["metadata"]["creationTimestamp"] = (self.scene.office.wall() - age).isoformat()
        body["metadata"]["annotations"] = {"mds.dev/pod-hash": str(HASH)}
        self.desk.take_pod(body)

    def beat(self, **changes: Any) -> None:
        """Both speak; what differs is said by ctp-b."""
        self.scene.beat("ctp-a", publications=(fenced(5),))
        self.scene.beat("ctp-b", **changes)

    def plan(self) -> dict[str, tuple[bool, RestartReason] | None]:
        now = self.scene.office.now()
        self.desk.listening = Listening(since=now - 100, echo_at=now)
        self.desk.judge()
        self.scene.asked.clear()
        plan(self.desk, self.work)
        steps = {name: record.step for name, record in self.desk.accounts.items()}
        return {name: (step.restart, step.reason) if step else None for name, step in steps.items()}


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


def test_of_two_the_standby_goes_first() -> None:
    assert Room("ctp-a", "ctp-b").plan() == {
        "ctp-a": (False, RestartReason.ONE_AT_A_TIME),
        "ctp-b": (True, RestartReason.REQUESTED),
    }


def test_the_active_goes_without_a_move_where_nobody_can_take_its_feed() -> None:
    room = Room("ctp-a")
    room.beat(state=GatewayState.CONNECTING, market_data=DOWN)

    assert room.plan()["ctp-a"] == (True, RestartReason.REQUESTED)


BACK = [
    pytest.param(BACK_WITHIN_S, False, id="it may still come back"),
    pytest.param(BACK_WITHIN_S + 0.001, True, id="it keeps nobody else waiting"),
]


@pytest.mark.parametrize(("after", "goes"), BACK)
def test_who_does_not_come_back_is_waited_for_only_so_long(after: float, *, goes: bool) -> None:
    room = Room("ctp-a")
    room.plan()
    room.desk.note_restarting("ctp-b")
    room.scene.pass_time(after)
    room.beat()

    expected = RestartReason.MOVE_FIRST if goes else RestartReason.ONE_AT_A_TIME
    assert room.plan()["ctp-a"] == (False, expected)


def test_who_is_healthy_again_is_waited_for_no_longer() -> None:
    room = Room("ctp-a")
    room.plan()
    room.desk.note_restarting("ctp-b")
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
    room.desk.note_restarting("ctp-b")
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
    room.desk.note_restarting("ctp-b")
    room.beat()

    assert room.plan()["ctp-a"] == (False, RestartReason.ONE_AT_A_TIME)


def test_who_was_deleted_keeps_nobody_waiting() -> None:
    room = Room("ctp-a")
    room.desk.note_restarting("ctp-b")
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
