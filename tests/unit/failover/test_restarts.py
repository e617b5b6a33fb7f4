"""Restarts: the last remedy, rarely, and never where it does harm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.observed import MarketSeen, Standby, SubscriptionSeen
from mds_protocol.failover.restarts import (
    PlannedRestart,
    Recovery,
    RestartSeen,
    cooldown_until,
    decide_restart,
    find_relievers,
    is_on_its_way,
    plan_restarts,
)
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front
from tests.unit.failover.builders import NOW, UNKNOWN, make_account, make_health, unhealthy

if TYPE_CHECKING:
    from mds_protocol.failover.health import Health


def refused(code: int) -> dict[str, Any]:
    front = Front(connected=True, logged_in=False, error_code=code)
    return {
        "account": make_account(beat={"market_data": front}),
        "health": unhealthy(AccountReason.LOGIN_REFUSED),
    }


def make_case(**changes: Any) -> RestartSeen:
    """A lost its front long ago, in an open market; nobody could take the feed."""
    fields: dict[str, Any] = {"account": make_account(), "health": unhealthy(), "recovery": Recovery()}
    return RestartSeen(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, RestartReason.UNHEALTHY, id="unhealthy-long-enough"),
        pytest.param(
            {"health": unhealthy(since=NOW - 29.9)}, RestartReason.NOT_YET, id="just-before-restart-after"
        ),
        pytest.param(
            {"health": unhealthy(since=NOW - 30.0)}, RestartReason.UNHEALTHY, id="just-after-restart-after"
        ),
        pytest.param(
            {"health": unhealthy(AccountReason.STARTING, since=NOW - 119.9)},
            RestartReason.NOT_YET,
            id="still-starting",
        ),
        pytest.param(
            {"health": unhealthy(AccountReason.STARTING, since=NOW - 120.0)},
            RestartReason.UNHEALTHY,
            id="never-starts",
        ),
        pytest.param({"health": make_health()}, RestartReason.HEALTHY, id="healthy"),
        pytest.param({"health": UNKNOWN}, RestartReason.UNKNOWN, id="unknown"),
        pytest.param({"account": make_account(paused=True)}, RestartReason.PAUSED, id="paused"),
        pytest.param({"account": make_account(enabled=False)}, RestartReason.NO_POD, id="disabled"),
        pytest.param(
            {"account": make_account(standby=Standby.COLD, pod=None)},
            RestartReason.NO_POD,
            id="cold-and-asleep",
        ),
        pytest.param(
            {"market": MarketSeen(open=False, opens_in_s=900.0)},
            RestartReason.UNHEALTHY,
            id="opens-in-15-minutes",
        ),
        pytest.param(
            {"market": MarketSeen(open=False, opens_in_s=901.0)},
            RestartReason.MARKET_CLOSED,
            id="opens-later",
        ),
        pytest.param({"can_be_relieved": True}, RestartReason.MOVE_FIRST, id="the-feed-moves-first"),
        pytest.param({"health": unhealthy(AccountReason.BLOCKED)}, RestartReason.BLOCKED, id="blocked"),
        pytest.param(refused(7), RestartReason.RETRIES_ITSELF, id="code-7"),
        pytest.param(refused(8), RestartReason.RETRIES_ITSELF, id="code-8"),
        pytest.param(refused(90), RestartReason.RETRIES_ITSELF, id="code-90"),
        pytest.param(refused(60), RestartReason.RETRIES_ITSELF, id="code-60"),
        pytest.param(refused(3), RestartReason.RETRIES_ITSELF, id="code-3"),
    ],
)
def test_an_unhealthy_account_is_restarted_only_if_it_helps(
    changes: dict[str, Any], reason: RestartReason
) -> None:
    decision = decide_restart(make_case(**changes), now=NOW)

    assert decision.reason is reason
    assert decision.restart is (reason is RestartReason.UNHEALTHY)


@pytest.mark.parametrize(
    ("ago", "reason"),
    [
        pytest.param([59.9], RestartReason.COOLING_DOWN, id="just-before-the-cool-down-ends"),
        pytest.param([60.0], RestartReason.UNHEALTHY, id="just-after"),
        pytest.param([500.0, 119.9], RestartReason.COOLING_DOWN, id="the-second-one-waits-twice-as-long"),
        pytest.param([500.0, 120.0], RestartReason.UNHEALTHY, id="and-no-longer"),
        pytest.param([3600.0, 60.0], RestartReason.UNHEALTHY, id="what-is-an-hour-old-is-forgotten"),
        pytest.param([3599.0] + [3000.0] * 5, RestartReason.BUDGET_SPENT, id="six-in-an-hour"),
        pytest.param([3600.0] + [3000.0] * 5, RestartReason.UNHEALTHY, id="the-sixth-is-an-hour-old"),
    ],
)
def test_restarts_cool_down_and_have_a_budget(ago: list[float], reason: RestartReason) -> None:
    recovery = Recovery(recent=tuple(NOW - each for each in ago))

    assert decide_restart(make_case(recovery=recovery), now=NOW).reason is reason


def test_a_decision_to_wait_says_until_when() -> None:
    recovery = Recovery(recent=(NOW - 10.0,))

    assert decide_restart(make_case(health=unhealthy(since=NOW)), now=NOW).not_before == NOW + 30.0
    assert decide_restart(make_case(recovery=recovery), now=NOW).not_before == NOW + 50.0
    spent = Recovery(recent=(NOW - 10.0,), max_per_hour=1)
    assert decide_restart(make_case(recovery=spent), now=NOW).not_before == NOW + 3590.0


def test_a_budget_of_zero_forbids_restarts() -> None:
    decision = decide_restart(make_case(recovery=Recovery(max_per_hour=0)), now=NOW)

    assert (decision.restart, decision.reason, decision.not_before) == (
        False,
        RestartReason.BUDGET_SPENT,
        None,
    )


def test_the_cool_down_stops_growing() -> None:
    recovery = Recovery(max_per_hour=100, recent=tuple(NOW - 1.0 - n for n in range(50, -1, -1)))

    assert cooldown_until(recovery, NOW) == NOW - 1.0 + 960.0


def planned(account: str, active: str = "", standby: str = "", **changes: Any) -> PlannedRestart:
    return PlannedRestart(
        account=account,
        reason=RestartReason.SCHEDULED,
        active_for=frozenset(active),
        standby_for=frozenset(standby),
        **changes,
    )


@pytest.mark.parametrize(
    ("due", "on_their_way", "steps"),
    [
        pytest.param(
            [planned("a", active="x"), planned("b", standby="x")],
            {},
            {"b": RestartReason.SCHEDULED, "a": (RestartReason.ONE_AT_A_TIME, "b")},
            id="standbys-first",
        ),
        pytest.param(
            [planned("b", standby="x"), planned("c", standby="x")],
            {},
            {"b": RestartReason.SCHEDULED, "c": (RestartReason.ONE_AT_A_TIME, "b")},
            id="one-at-a-time",
        ),
        pytest.param(
            [planned("b", standby="x"), planned("c", standby="y")],
            {},
            {"b": RestartReason.SCHEDULED, "c": RestartReason.SCHEDULED},
            id="of-different-subscriptions-together",
        ),
        pytest.param(
            [planned("b", standby="x")],
            {"d": "x", "e": "xy", "f": "y"},
            {"b": (RestartReason.ONE_AT_A_TIME, "de")},
            id="not-while-others-restart",
        ),
        pytest.param(
            [planned("b", standby="x")], {"b": "x"}, {"b": RestartReason.SCHEDULED}, id="not-for-itself"
        ),
        pytest.param(
            [planned("b", standby="x", serves=False), planned("c", standby="x")],
            {"b": "x", "d": "x"},
            {"b": RestartReason.SCHEDULED, "c": (RestartReason.ONE_AT_A_TIME, "bd")},
            id="one-that-never-streamed-at-once",
        ),
        pytest.param(
            [planned("b", standby="x", serves=False), planned("c", standby="x")],
            {},
            {"b": RestartReason.SCHEDULED, "c": RestartReason.SCHEDULED},
            id="and-it-takes-nobodys-turn",
        ),
        pytest.param(
            [planned("a", active="xy", can_be_relieved=True)],
            {},
            {"a": (RestartReason.MOVE_FIRST, "xy")},
            id="the-active-moves",
        ),
        pytest.param(
            [planned("a", active="x")], {}, {"a": RestartReason.SCHEDULED}, id="or-restarts-if-nobody-can"
        ),
        pytest.param(
            [planned("a", active="x", missed=frozenset("bc"))],
            {},
            {"a": (RestartReason.NOBODY_TAKES_OVER, "bc")},
            id="but-in-an-open-market-those-that-would-are-waited-for",
        ),
        pytest.param(
            [planned("a", active="xy", held=frozenset("y"), can_be_relieved=True)],
            {},
            {"a": (RestartReason.MOVE_HELD, "y")},
            id="a-person-must-move-it",
        ),
        pytest.param(
            [planned("a", active="x", missed=frozenset("b"), serves=False)],
            {},
            {"a": RestartReason.SCHEDULED},
            id="named-and-never-streamed-it-serves-nobody",
        ),
        pytest.param(
            [planned("a", active="x", missed=frozenset("c")), planned("b", standby="y", active="")],
            {},
            {"b": RestartReason.SCHEDULED, "a": (RestartReason.NOBODY_TAKES_OVER, "c")},
            id="who-waits-holds-up-nobody",
        ),
        pytest.param([planned("a")], {}, {"a": RestartReason.SCHEDULED}, id="an-unused-one-at-once"),
    ],
)
def test_planned_restarts_go_or_say_what_they_wait_for(
    due: list[PlannedRestart],
    on_their_way: dict[str, str],
    steps: dict[str, RestartReason | tuple[RestartReason, str]],
) -> None:
    answers = plan_restarts(due, {name: frozenset(served) for name, served in on_their_way.items()})

    told = {
        step.account: step.reason if step.restart else (step.reason, "".join(step.waits_for))
        for step in answers
    }
    assert told == steps
    assert all(step.restart or step.cause is RestartReason.SCHEDULED for step in answers)


HEALTHY = make_health(since=NOW - 5.0)


@pytest.mark.parametrize(
    ("health", "replaced_ago", "is_awaited"),
    [
        pytest.param(unhealthy(AccountReason.STARTING), 60.0, True, id="starts"),
        pytest.param(unhealthy(AccountReason.STARTING), 60.1, False, id="starts-for-too-long"),
        pytest.param(unhealthy(AccountReason.DRAINING), 1.0, True, id="its-old-pod-drains"),
        pytest.param(unhealthy(AccountReason.SILENT), 1.0, True, id="its-old-pod-is-gone"),
        pytest.param(UNKNOWN, 1.0, True, id="nobody-knows"),
        pytest.param(unhealthy(AccountReason.FRONT_LOST), 1.0, False, id="broken-by-what-it-says"),
        pytest.param(unhealthy(AccountReason.CONTAINER_DIED), 1.0, False, id="broken-its-container-ends"),
        pytest.param(HEALTHY, 5.1, False, id="back"),
        pytest.param(HEALTHY, 5.0, True, id="healthy-since-before-it-went"),
        pytest.param(replace(HEALTHY, is_probing=False), 5.1, True, id="back-without-a-probe"),
    ],
)
def test_a_replaced_account_is_expected_back_until_it_is_or_shows_that_it_is_broken(
    health: Health, replaced_ago: float, *, is_awaited: bool
) -> None:
    assert is_on_its_way(health, replaced_at=NOW - replaced_ago, now=NOW) is is_awaited


def test_those_that_could_take_a_feed_are_enabled_selected_unpaused_and_awake() -> None:
    accounts = [
        make_account("a"),
        make_account("b"),
        make_account("off", enabled=False),
        make_account("zero", priority=0),
        make_account("paused", paused=True),
        make_account("asleep", standby=Standby.COLD, pod=None),
        make_account("woken", standby=Standby.COLD),
        make_account("elsewhere"),
    ]
    names = frozenset(account.name for account in accounts) - {"elsewhere"}
    subscription = SubscriptionSeen(name="x", uid="u", accounts=names)

    assert find_relievers("a", subscription, accounts) == {"b", "woken"}
