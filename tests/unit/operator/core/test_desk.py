"""What one namespace knows: namesakes, heartbeats of old pods, routes, and whom it asks to be worked on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mds_operator.desk import SETTLE_S
from mds_operator.domain.drills import Drill
from mds_operator.domain.seen import Key
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.wire.heartbeat import Front, GatewayState, Publication
from tests.unit.operator.core.builders import (
    NOW,
    WALL,
    Scene,
    account_body,
    fenced,
    known,
    make_route,
    pod_body,
    subscription_body,
)

ACCOUNT_WORK, SUBSCRIPTION_WORK = ("FeedAccount", "ctp-a"), ("FeedSubscription", "all")


def make_scene() -> Scene:
    """An account with its pod, a subscription; nothing asked since."""
    scene = Scene()
    scene.desk.take_account(account_body())
    scene.desk.take_pod(pod_body())
    scene.desk.take_subscription(subscription_body())
    scene.asked.clear()
    return scene


# --- objects


def test_an_edit_keeps_what_is_known() -> None:
    scene = make_scene()
    record = scene.desk.accounts["ctp-a"]
    scene.desk.take_account(account_body(priority=7))

    assert scene.desk.accounts["ctp-a"] is record
    assert record.account.spec.priority == 7
    assert scene.asked == [ACCOUNT_WORK, SUBSCRIPTION_WORK]


def test_a_namesake_made_later_is_another_account() -> None:
    scene = make_scene()
    scene.beat()
    scene.desk.take_account(account_body(uid="uid-2"))

    record = scene.desk.accounts["ctp-a"]
    assert (record.heard, record.life) == (None, None)
    assert scene.desk.pod_of("ctp-a") is None


def test_a_namesake_made_later_is_another_subscription() -> None:
    scene = make_scene()
    scene.desk.subscriptions["all"].drill = Drill("ctp-a", NOW)
    scene.desk.take_subscription(subscription_body(uid="uid-2"))

    assert scene.desk.subscriptions["all"].drill is None


def test_who_is_gone_is_asked_about_once_more() -> None:
    scene = make_scene()
    scene.desk.drop_account("ctp-a")

    assert scene.asked == [ACCOUNT_WORK, SUBSCRIPTION_WORK]
    assert scene.desk.accounts == {}


def test_what_cannot_be_read_keeps_what_was_read_before() -> None:
    scene = make_scene()
    scene.desk.take_account(account_body(priority="high"))

    assert scene.desk.accounts["ctp-a"].account.spec.priority == 100
    assert (FeedAccount, "ctp-a") in scene.desk.unreadable
    assert scene.asked == [ACCOUNT_WORK]
    assert scene.desk.is_unreadable("ctp-a")


def test_what_can_be_read_again_is_readable() -> None:
    scene = make_scene()
    scene.desk.take_account(account_body(priority="high"))
    scene.desk.take_account(account_body(priority=7))

    assert not scene.desk.is_unreadable("ctp-a")


def test_the_pod_of_a_namesake_is_not_its_pod() -> None:
    scene = make_scene()
    scene.desk.take_pod(pod_body("ctp-a-22222", owner="uid-2"))

    pod = scene.desk.pod_of("ctp-a")
    assert pod is not None
    assert pod.name == "ctp-a-11111"


def test_a_pod_that_was_told_to_go_is_leaving_before_the_watch_says_so() -> None:
    scene = make_scene()
    scene.desk.note_leaving(scene.desk.pods["ctp-a-11111"])

    assert scene.desk.pods["ctp-a-11111"].is_leaving


def test_a_status_remembers_health_and_pod_for_the_next_operator() -> None:
    scene = Scene()
    since = (WALL - timedelta(seconds=40)).isoformat()
    status = {"health": "Healthy", "reason": "Streaming", "healthSince": since, "podName": "ctp-a-11111"}
    scene.desk.take_account(account_body(status=status))

    record = scene.desk.accounts["ctp-a"]
    assert record.health is not None
    assert (record.health.since, record.last_pod) == (NOW - 40, "ctp-a-11111")


def test_a_status_remembers_for_the_next_operator_what_a_front_said_against_the_calendar() -> None:
    """WALL is a Tuesday at 10:00: at 10:20 it is the break, for the calendar."""
    scene = Scene()
    scene.office.installation = replace(scene.office.installation, follow_front_clock=False)
    scene.pass_time(20 * 60)
    last = (WALL + timedelta(minutes=19)).isoformat()
    told = [{"exchange": "SHFE", "last": last}, {"exchange": "DCE"}]
    scene.desk.take_account(account_body(status={"openAgainstCalendar": told}))
    found = scene.desk.judge()

    assert {name: word.at for name, word in found.open_words["CTP.Test"].items()} == {
        "SHFE": NOW + 19 * 60,
        "DCE": NOW + 20 * 60,
    }
    assert found.markets["ctp-a"].open


# --- heartbeats


def test_the_first_heartbeat_is_news_and_the_same_again_is_not() -> None:
    scene = make_scene()

    assert scene.beat()
    assert not scene.beat(sequence=8, probe_age_ms=900)


NEWS: list[Any] = [
    pytest.param({"state": GatewayState.CONNECTING}, id="another state"),
    pytest.param({"publications": (fenced(5),)}, id="a fence is stored"),
]


@pytest.mark.parametrize("changes", NEWS)
def test_what_moves_a_feed_or_completes_a_move_is_news(changes: dict[str, Any]) -> None:
    scene = make_scene()
    scene.beat()

    assert scene.beat(**changes)


def test_a_heartbeat_of_an_old_pod_says_nothing_about_the_present_one() -> None:
    scene = make_scene()

    assert not scene.beat(instance="ctp-a-00000")
    assert scene.desk.accounts["ctp-a"].heard is None


def test_a_heartbeat_of_nobody_is_nothing() -> None:
    assert not make_scene().beat("ctp-z")


# --- whether it has settled


def test_it_settles_when_it_hears_itself_and_has_judged_the_subscriptions() -> None:
    scene = make_scene()
    for _ in range(9):
        scene.hear_echo()
        scene.pass_time(0.1)
    scene.desk.judge()
    assert not scene.desk.is_settled

    scene.office.has_judged = True
    assert not scene.desk.is_settled  # its judgement is of before: no status may be written by it
    scene.desk.judge()
    assert scene.desk.is_settled


DEAF = [
    pytest.param(SETTLE_S - 0.001, False, id="it may still be beginning"),
    pytest.param(SETTLE_S, True, id="it must say that it is deaf"),
]


@pytest.mark.parametrize(("after", "settled"), DEAF)
def test_one_that_never_hears_itself_says_so_after_a_while(after: float, *, settled: bool) -> None:
    scene = make_scene()
    scene.pass_time(after)
    scene.desk.judge()

    assert scene.desk.is_settled is settled


def test_when_it_settles_everybody_is_asked_once() -> None:
    scene = make_scene()
    scene.desk.judge()
    scene.asked.clear()
    scene.pass_time(SETTLE_S)
    scene.desk.judge()
    scene.desk.judge()

    assert scene.asked.count(SUBSCRIPTION_WORK) == 1


# --- routes and judging


def test_an_epoch_counts_from_when_it_was_first_seen() -> None:
    scene = make_scene()
    scene.desk.on_route("all", known(make_route(epoch=5), 3))
    scene.pass_time(10)
    scene.desk.on_route("all", known(make_route(epoch=5, paused=True), 4))
    seen = scene.desk.route_seen("all")
    assert seen is not None
    assert (seen.since, seen.route.paused) == (NOW, True)

    scene.desk.on_route("all", known(make_route(epoch=6), 5))
    seen = scene.desk.route_seen("all")
    assert seen is not None
    assert seen.since == NOW + 10


@pytest.mark.parametrize(
    ("fences", "lost_at"),
    [
        pytest.param([5, 5], None, id="keeps-it"),
        pytest.param([None, None], None, id="never-had-it"),
        pytest.param([5, None, None], NOW + 1, id="lost-it-once"),
        pytest.param([5, None, 5, None], NOW + 3, id="lost-it-again"),
        pytest.param([4, None], None, id="lost-that-of-an-older-epoch"),
    ],
)
def test_the_named_account_is_seen_to_lose_its_fence(fences: list[int | None], lost_at: float | None) -> None:
    scene = make_scene()
    scene.desk.on_route("all", known(make_route("ctp-a", epoch=5)))
    for epoch in fences:
        scene.beat(publications=(Publication(subscription="all", epoch=5, fence_epoch=epoch),))
        scene.pass_time(1)

    seen = scene.desk.route_seen("all")
    assert seen is not None
    assert seen.fence_lost_at == lost_at


def test_another_account_may_lose_its_fence() -> None:
    scene = make_scene()
    scene.desk.on_route("all", known(make_route("ctp-b", epoch=5)))
    for epoch in (5, None):
        scene.beat(publications=(Publication(subscription="all", epoch=5, fence_epoch=epoch),))

    seen = scene.desk.route_seen("all")
    assert seen is not None
    assert seen.fence_lost_at is None


def test_a_route_that_is_gone_is_not_seen() -> None:
    scene = make_scene()
    scene.desk.on_route("all", known(make_route()))
    scene.desk.on_route("all", None)

    assert scene.desk.route_seen("all") is None


def test_what_a_person_would_see_is_asked_for_once() -> None:
    scene = make_scene()
    scene.beat()
    scene.desk.judge()
    scene.asked.clear()
    scene.desk.judge()
    assert scene.asked == []

    scene.beat(state=GatewayState.BLOCKED)
    scene.desk.judge()
    assert scene.asked == [ACCOUNT_WORK]


def test_only_what_is_accepted_is_elected_for() -> None:
    scene = make_scene()

    assert scene.desk.judge().decisions == {}
    assert Key("desk", "all") not in scene.office.acceptances
    seen = scene.desk.observe_unaccepted("all")
    assert seen is not None
    assert seen.accounts == {"ctp-a"}


# --- drills


def test_a_drill_is_over_when_the_feed_has_left_for_whatever_reason() -> None:
    scene = make_scene()
    scene.desk.on_route("all", known(make_route("ctp-a")))
    scene.desk.subscriptions["all"].drill = Drill("ctp-a", NOW)
    scene.desk.on_route("all", known(make_route("ctp-a", paused=True), 4))
    assert scene.desk.subscriptions["all"].drill == Drill("ctp-a", NOW)

    scene.desk.on_route("all", known(make_route("ctp-b", epoch=6, reason="Silent"), 5))

    assert scene.desk.subscriptions["all"].drill == Drill("ctp-a", NOW, is_over=True)


# --- fronts of another time


def test_the_calendar_is_asked_for_the_time_that_the_fronts_said_last() -> None:
    """It is ten on a Tuesday here; the simulator lives on the Saturday before."""
    scene = make_scene()
    scene.beat()
    scene.hear_echo()

    def is_open() -> bool:
        return scene.desk.judge().markets["ctp-a"].open

    assert is_open()  # nobody has said what the time is
    scene.beat(front_ahead_ms=-3 * 86_400_000)
    assert not is_open()
    scene.beat(market_data=Front(connected=False, logged_in=False))
    assert not is_open()
    scene.beat(front_ahead_ms=0)
    assert is_open()
