"""Election: which cold accounts are woken, take over, and sleep again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.observed import Standby
from mds_protocol.resources.reasons import FailoverReason
from tests.unit.failover.builders import (
    LONG_AGO,
    NOW,
    UNKNOWN,
    decide,
    make_candidate,
    make_health,
    make_route,
    make_subscription,
    unhealthy,
)
from tests.unit.failover.candidates import ASLEEP, BAD_A, NIGHT, SLEEPING, A, B, moved

if TYPE_CHECKING:
    from mds_protocol.failover.standing import Candidate


def cold(name: str, **changes: Any) -> Candidate:
    return make_candidate(name, changes.pop("health", ASLEEP), **(SLEEPING | changes))


def awake(name: str, health: Any = None, **changes: Any) -> Candidate:
    return make_candidate(name, health, standby=Standby.COLD, **changes)


@pytest.mark.parametrize(
    ("candidates", "wake"),
    [
        pytest.param([A, cold("c")], "", id="not-while-a-hot-one-is-healthy"),
        pytest.param([BAD_A, cold("c"), cold("d")], "c", id="the-next-one-when-no-hot-one-is"),
        pytest.param([BAD_A, cold("c", paused=True), cold("d")], "d", id="not-a-paused-one"),
        pytest.param([BAD_A, cold("c", priority=0)], "", id="not-one-of-priority-0"),
        pytest.param(
            [BAD_A, awake("c", unhealthy(since=NOW - 59.0)), cold("d")],
            "c",
            id="a-starting-one-is-waited-for",
        ),
        pytest.param(
            [BAD_A, awake("c", unhealthy(since=NOW - 60.0)), cold("d")],
            "cd",
            id="a-failed-one-is-not-waited-for",
        ),
        pytest.param(
            [make_candidate("a", make_health(since=NOW - 299.0)), awake("c")],
            "c",
            id="awake-until-failback-after",
        ),
        pytest.param(
            [make_candidate("a", make_health(since=NOW - 300.0)), awake("c")], "", id="then-it-sleeps-again"
        ),
        pytest.param([make_candidate("a", UNKNOWN), cold("c")], "", id="nobody-is-woken-on-a-guess"),
        pytest.param(
            [make_candidate("a", unhealthy(), paused=True), cold("c")], "", id="nor-for-a-held-route"
        ),
    ],
)
def test_a_decision_says_which_cold_accounts_to_wake(candidates: list[Candidate], wake: str) -> None:
    assert "".join(decide(*candidates).wake) == wake


def test_nobody_is_woken_at_night_when_all_fronts_are_down() -> None:
    assert decide(BAD_A, cold("c"), subscription=make_subscription(market=NIGHT)).wake == ()


def test_a_pinned_cold_account_is_woken_and_then_takes_over() -> None:
    pinned = make_subscription(pinned="c")

    assert decide(A, cold("c"), subscription=pinned).wake == ("c",)
    assert moved(A, awake("c"), subscription=pinned) == ("c", FailoverReason.PINNED)


def test_a_cold_account_that_is_active_stays_awake_and_gives_back_later() -> None:
    active = awake("c", active=True)
    back = make_candidate("a", make_health(since=NOW - 10.0), active=False)
    route = make_route("c", "ac")

    decision = decide(back, active, route=route)

    assert (decision.reason, decision.wake) == (FailoverReason.FAILBACK_WAITING, ("c",))
    later = replace(back, health=make_health(since=LONG_AGO))
    assert moved(later, active, route=route) == ("a", FailoverReason.FAILBACK)


@pytest.mark.parametrize("named", [{"priority": 0}, {"enabled": False}], ids=["priority-0", "disabled"])
def test_a_cold_account_that_may_not_publish_any_more_is_awake_until_the_feed_has_moved(
    named: dict[str, Any],
) -> None:
    active = make_candidate("c", standby=Standby.COLD, active=True, **named)
    held = make_subscription(paused=True)

    assert decide(A, active, route=make_route("c", "ac"), subscription=held).wake == ("c",)


def test_a_cold_account_whose_pod_is_gone_is_replaced() -> None:
    gone = make_candidate("c", ASLEEP, standby=Standby.COLD, pod=None, active=True)

    assert moved(B, gone, route=make_route("c", "bc")) == ("b", FailoverReason.COLD)
