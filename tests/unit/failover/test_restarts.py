"""Restarts: the last remedy, rarely, and never where it does harm."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.failover.restarts import (
    PlannedRestart,
    Recovery,
    RestartSeen,
    cooldown_until,
    decide_restart,
    plan_restarts,
)
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front
from tests.unit.failover.builders import NOW, UNKNOWN, make_account, make_health, unhealthy


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
    ("due", "busy", "steps"),
    [
        pytest.param(
            [planned("a", active="x"), planned("b", standby="x")],
            "",
            {"b": RestartReason.SCHEDULED, "a": RestartReason.ONE_AT_A_TIME},
            id="standbys-first",
        ),
        pytest.param(
            [planned("b", standby="x"), planned("c", standby="x")],
            "",
            {"b": RestartReason.SCHEDULED, "c": RestartReason.ONE_AT_A_TIME},
            id="one-at-a-time",
        ),
        pytest.param(
            [planned("b", standby="x"), planned("c", standby="y")],
            "",
            {"b": RestartReason.SCHEDULED, "c": RestartReason.SCHEDULED},
            id="of-different-subscriptions-together",
        ),
        pytest.param(
            [planned("b", standby="x")], "x", {"b": RestartReason.ONE_AT_A_TIME}, id="not-while-one-restarts"
        ),
        pytest.param(
            [planned("a", active="x", can_be_relieved=True)],
            "",
            {"a": RestartReason.MOVE_FIRST},
            id="the-active-moves",
        ),
        pytest.param(
            [planned("a", active="x")], "", {"a": RestartReason.SCHEDULED}, id="or-restarts-if-nobody-can"
        ),
        pytest.param([planned("a")], "", {"a": RestartReason.SCHEDULED}, id="an-unused-one-at-once"),
    ],
)
def test_planned_restarts_go(due: list[PlannedRestart], busy: str, steps: dict[str, RestartReason]) -> None:
    answers = plan_restarts(due, frozenset(busy))

    assert {step.account: step.reason for step in answers} == steps
    assert all(step.restart is (step.reason is RestartReason.SCHEDULED) for step in answers)
