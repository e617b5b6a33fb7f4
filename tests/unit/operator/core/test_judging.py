"""From facts to the judgement over one namespace: what is put together here, not the rules themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.drills import Drill
from mds_operator.domain.judging import recall_health
from mds_operator.domain.observe import PodLife, note_death
from mds_operator.domain.seen import read_pod
from mds_protocol.failover.election import Action
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import RouteSeen
from mds_protocol.resources.feedaccount import FeedAccountStatus
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Publication
from tests.unit.operator.core.builders import (
    NOW,
    WALL,
    fenced,
    make_account,
    make_route,
    make_subscription,
    pod_body,
)
from tests.unit.operator.core.facts import LONG_AGO, NAMES, conclude, heard, make_facts, move

if TYPE_CHECKING:
    from mds_operator.domain.seen import PodView


def test_on_a_quiet_morning_the_feed_stays() -> None:
    judgement = conclude()

    assert judgement.decisions["all"].action is Action.STAY
    assert judgement.decisions["all"].next_account == "ctp-b"
    assert {entry.state for entry in judgement.health.values()} == {HealthState.HEALTHY}
    assert judgement.accounts["ctp-a"].named_in == {"all": 5}
    assert judgement.awake == frozenset()


def test_a_subscription_that_is_not_accepted_is_not_elected_for() -> None:
    judgement = conclude(subscriptions={}, exchanges={})

    assert judgement.decisions == {}
    assert judgement.accounts["ctp-a"].named_in == {"all": 5}


def test_an_account_whose_pod_is_told_to_go_hands_over() -> None:
    pods = {name: read_pod(pod_body(f"{name}-11111")) for name in NAMES}
    body = pod_body()
    body["metadata"]["deletionTimestamp"] = "2027-01-05T02:00:00Z"

    assert move(conclude(pods=pods | {"ctp-a": read_pod(body)})) == (
        Action.MOVE,
        "ctp-b",
        FailoverReason.DRAINING,
    )


def test_an_account_that_waits_for_its_restart_hands_over() -> None:
    leaving = {"ctp-a": FailoverReason.PLANNED_RESTART}

    assert move(conclude(leaving=leaving)) == (Action.MOVE, "ctp-b", FailoverReason.PLANNED_RESTART)


def test_a_pod_that_goes_says_more_than_a_plan() -> None:
    body = pod_body()
    body["metadata"]["deletionTimestamp"] = "2027-01-05T02:00:00Z"
    pods = {"ctp-a": read_pod(body), "ctp-b": read_pod(pod_body("ctp-b-11111"))}

    judgement = conclude(pods=pods, leaving={"ctp-a": FailoverReason.PLANNED_RESTART})

    assert judgement.accounts["ctp-a"].leaving is FailoverReason.DRAINING


def test_a_container_that_died_moves_the_feed() -> None:
    lives = {"ctp-a": PodLife(uid="uid-ctp-a-11111", last_end=None, died_at=NOW)}

    action, account, reason = move(conclude(lives=lives, heard={"ctp-b": heard("ctp-b")}))

    assert (action, account) == (Action.MOVE, "ctp-b")
    assert reason is FailoverReason.CONTAINER_DIED


# --- a pod that is only young

HEARS_NOTHING = heard(
    "ctp-b",
    peer_age_ms={"ctp-a": 60_000},
    publications=(Publication(subscription="all", epoch=5, witness_asked_ms=100),),
)
NEXT_POD = read_pod(pod_body("ctp-a-22222") | {"status": {"phase": "Pending"}})


def live(*pods: PodView | None, since: float) -> PodLife:
    """The pods of ctp-a as the operator sees them, the first long ago, the last from `since` on."""
    life = None
    for pod in pods[:-1]:
        life = note_death(life, pod, now=LONG_AGO)
    life = note_death(life, pods[-1], now=since)
    assert life is not None
    return life


BEGINNINGS = [
    pytest.param((read_pod(pod_body("ctp-a-11111")), None, NEXT_POD), id="in place of another"),
    pytest.param((NEXT_POD,), id="the first that this operator sees"),
]


@pytest.mark.parametrize("pods", BEGINNINGS)
def test_a_new_pod_is_starting_and_the_feed_moves_at_once(pods: tuple[PodView | None, ...]) -> None:
    """The last heartbeat of ctp-a is that of the pod before, and no peer hears ctp-a."""
    judgement = conclude(
        pods={**make_facts().pods, "ctp-a": NEXT_POD},
        lives={"ctp-a": live(*pods, since=NOW)},
        heard={"ctp-a": heard("ctp-a", ago=60.0), "ctp-b": HEARS_NOTHING},
    )

    assert judgement.health["ctp-a"].reason is AccountReason.STARTING
    assert move(judgement) == (Action.MOVE, "ctp-b", FailoverReason.STARTING)


@pytest.mark.parametrize(
    ("age_s", "reason"), [(119.9, AccountReason.STARTING), (120.0, AccountReason.SILENT)]
)
@pytest.mark.parametrize("routes", [{}, None], ids=["standby", "named"])
def test_a_new_pod_that_never_speaks_is_silent_in_the_end(
    routes: dict[str, RouteSeen] | None, age_s: float, reason: AccountReason
) -> None:
    judgement = conclude(
        pods={**make_facts().pods, "ctp-a": NEXT_POD},
        lives={"ctp-a": live(NEXT_POD, since=NOW - age_s)},
        heard={"ctp-b": heard("ctp-b")},
        **({} if routes is None else {"routes": routes}),
    )

    assert judgement.health["ctp-a"].reason is reason
    assert judgement.health["ctp-a"].state is HealthState.UNHEALTHY


# --- drills


def test_a_drill_moves_the_feed_off_its_account() -> None:
    drills = {"all": Drill("ctp-a", NOW)}

    assert move(conclude(drills=drills)) == (Action.MOVE, "ctp-b", FailoverReason.DRILL)


def test_a_drill_is_of_one_subscription() -> None:
    subscriptions = {name: make_subscription(name) for name in ("all", "night")}
    routes = {
        name: RouteSeen(route=make_route(uid=f"uid-{name}"), since=LONG_AGO) for name in ("all", "night")
    }
    publications = (fenced(5), fenced(5, "night"))
    judgement = conclude(
        subscriptions=subscriptions,
        routes=routes,
        exchanges=dict.fromkeys(routes, frozenset({"SHFE"})),
        heard={"ctp-a": heard("ctp-a", publications=publications), "ctp-b": heard("ctp-b")},
        drills={"all": Drill("ctp-a", NOW)},
    )

    assert judgement.decisions["all"].action is Action.MOVE
    assert judgement.decisions["night"].action is Action.STAY


FAILBACK = [
    pytest.param(299.0, Action.STAY, id="before failbackAfter has passed since the drill"),
    pytest.param(300.0, Action.MOVE, id="after it"),
]


@pytest.mark.parametrize(("ago", "action"), FAILBACK)
def test_after_a_drill_the_feed_comes_back_as_after_a_failure(ago: float, action: Action) -> None:
    moved = {"all": RouteSeen(route=make_route("ctp-b", epoch=6), since=NOW - ago)}
    there = {"ctp-b": heard("ctp-b", publications=(fenced(6),)), "ctp-a": heard("ctp-a", publications=())}
    accounts = {"ctp-a": make_account("ctp-a", priority=100), "ctp-b": make_account("ctp-b", priority=90)}
    drills = {"all": Drill("ctp-a", NOW - ago, is_over=True)}

    judgement = conclude(accounts=accounts, routes=moved, heard=there, drills=drills)

    assert judgement.decisions["all"].action is action


def test_the_health_that_status_shows_is_not_the_drills() -> None:
    judgement = conclude(drills={"all": Drill("ctp-a", NOW)})

    assert judgement.health["ctp-a"].since == LONG_AGO


def test_a_drill_of_an_account_that_is_gone_changes_nothing() -> None:
    assert conclude(drills={"all": Drill("ctp-z", NOW)}).decisions["all"].action is Action.STAY


# --- what the status remembers


def test_health_is_recalled_with_its_age() -> None:
    status = FeedAccountStatus.model_validate(
        {"health": "Healthy", "reason": "Streaming", "healthSince": WALL - timedelta(seconds=90)}
    )
    recalled = recall_health(status, now=NOW, wall=WALL)

    assert recalled is not None
    assert (recalled.state, recalled.since) == (HealthState.HEALTHY, NOW - 90)


def test_a_time_ahead_of_this_clock_counts_as_now() -> None:
    status = FeedAccountStatus.model_validate(
        {"health": "Unhealthy", "reason": "FrontLost", "healthSince": WALL + timedelta(seconds=90)}
    )
    recalled = recall_health(status, now=NOW, wall=WALL)

    assert recalled is not None
    assert (recalled.state, recalled.since) == (HealthState.UNHEALTHY, NOW)
    assert recalled.reason is AccountReason.STARTING


NOTHING = [
    pytest.param(None, id="no status"),
    pytest.param({"reason": "Starting"}, id="no health"),
    pytest.param({"health": "Healthy", "reason": "Streaming"}, id="no time"),
]


@pytest.mark.parametrize("status", NOTHING)
def test_nothing_is_recalled_of_nothing(status: Any) -> None:
    found = FeedAccountStatus.model_validate(status) if status else None

    assert recall_health(found, now=NOW, wall=WALL) is None
