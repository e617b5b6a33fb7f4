"""Ready of a subscription: whether all that is asked for is done, and if not, what a person can do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mds_operator.domain.subscription_status import build_subscription_status
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import EPOCH, NOW, UNKNOWN, make_active, make_health, make_route, stale
from tests.unit.operator.subscriptions.builders import WALL, active, find, judge_one, make_case, say, standby
from tests.unit.operator.subscriptions.conditions import (
    CLOSED,
    DEAD,
    DOUBTED,
    READY_BEFORE,
    build,
    ready_of,
    seen,
)

SOON = MarketSeen(open=False, opens_in_s=600.0)
DEAF = make_health(HealthState.UNKNOWN, AccountReason.OPERATOR_DEAF)
MOVING_TO_B = make_route("b", epoch=EPOCH + 1)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(make_case(), ("True", "Active"), id="active and healthy"),
        pytest.param(
            make_case(subscription=seen(market=SOON)), ("True", "MarketClosed"), id="opens soon, healthy"
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=DEAD), subscription=seen(market=CLOSED)),
            ("True", "MarketClosed"),
            id="closed, whatever the accounts do",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=DEAD), subscription=seen(market=SOON)),
            ("False", "NoHealthyAccount"),
            id="opens within 15 minutes, nobody healthy",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=DEAD), subscription=seen(market=DOUBTED)),
            ("Unknown", "MarketUnknown"),
            id="closed by the calendar against the word of a front",
        ),
        pytest.param(
            make_case(subscription=seen(market=DOUBTED)), ("True", "Active"), id="the same, it streams"
        ),
        pytest.param(
            make_case(
                active(health=DEAD),
                standby(health=DEAD),
                subscription=seen(market=replace(DOUBTED, opens_in_s=600.0)),
            ),
            ("False", "NoHealthyAccount"),
            id="the same, opens soon by the calendar",
        ),
        pytest.param(
            make_case(active(health=DEAF), standby(health=DEAF), subscription=seen(market=CLOSED)),
            ("Unknown", "HealthUnknown"),
            id="the operator hears nobody, at night",
        ),
        pytest.param(
            make_case(active(health=UNKNOWN), standby(), subscription=seen(market=CLOSED)),
            ("True", "MarketClosed"),
            id="one account cannot be told, at night",
        ),
        pytest.param(
            make_case(acceptance=judge_one(tables={}), subscription=seen(market=CLOSED)),
            ("True", "MarketClosed"),
            id="contracts unknown at night",
        ),
        pytest.param(
            make_case(acceptance=judge_one(tables={})),
            ("False", "WaitingForContracts"),
            id="contracts unknown",
        ),
        pytest.param(
            make_case(acceptance=judge_one(accounts=[]), decision=None),
            ("False", "NoAccounts"),
            id="not accepted",
        ),
        pytest.param(
            make_case(acceptance=judge_one(accounts=[]), decision=None, subscription=seen(market=CLOSED)),
            ("False", "NoAccounts"),
            id="not accepted, at night",
        ),
        pytest.param(make_case(active(health=UNKNOWN)), ("Unknown", "HealthUnknown"), id="cannot be told"),
        pytest.param(
            make_case(active(health=UNKNOWN), standby(), subscription=seen(paused=True)),
            ("Unknown", "HealthUnknown"),
            id="cannot be told, paused",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=DEAD)),
            ("False", "NoHealthyAccount"),
            id="both dead",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=make_health(is_probing=False))),
            ("False", "NoHealthyAccount"),
            id="the standby cannot publish",
        ),
        pytest.param(
            make_case(active(health=stale("SHFE")), standby(health=stale("SHFE"))),
            ("False", "NoHealthyAccount"),
            id="both stale",
        ),
        pytest.param(
            make_case(active(health=stale("CFFEX"))), ("True", "Active"), id="stale where it does not trade"
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(), subscription=seen(paused=True)),
            ("False", "Held"),
            id="dead and paused",
        ),
        pytest.param(make_case(subscription=seen(paused=True)), ("True", "Active"), id="healthy and paused"),
        pytest.param(
            make_case(active(priority=0), standby(), subscription=seen(paused=True)),
            ("True", "Held"),
            id="priority 0 and paused, ticks flow",
        ),
        pytest.param(
            make_case(active(), standby(), subscription=seen(mode=Mode.MANUAL, accounts=frozenset("b"))),
            ("True", "Held"),
            id="not selected any more and Manual, ticks flow",
        ),
        pytest.param(
            make_case(active(priority=0), standby(health=DEAD)),
            ("True", "Active"),
            id="priority 0, and nobody else: ticks flow",
        ),
        pytest.param(
            make_case(standby("a"), route=None, subscription=seen(paused=True)),
            ("False", "Held"),
            id="made while paused: nobody is named",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(), subscription=seen(mode=Mode.MANUAL)),
            ("False", "Held"),
            id="dead and Manual",
        ),
        pytest.param(
            make_case(active(health=DEAD, paused=True), standby()),
            ("False", "Held"),
            id="dead, account paused",
        ),
        pytest.param(
            make_case(standby("a"), standby(), route=make_route("a"), since=NOW - 3.0),
            ("True", "Moving"),
            id="fence overdue: moved on",
        ),
        pytest.param(
            make_case(standby("a"), route=make_route("a"), since=NOW - 3.0),
            ("False", "NoHealthyAccount"),
            id="fence overdue and nobody else",
        ),
    ],
)
def test_ready_says_whether_all_that_is_asked_is_done(case: Any, expected: tuple[str, str]) -> None:
    assert ready_of(case, READY_BEFORE) == expected


@pytest.mark.parametrize(
    ("candidates", "before", "expected"),
    [
        pytest.param(
            (active(), standby()), READY_BEFORE, ("True", "Moving"), id="the old one still publishes"
        ),
        pytest.param((active(), standby()), None, ("True", "Moving"), id="the same, seen for the first time"),
        pytest.param(
            (active(health=DEAD), standby()), READY_BEFORE, ("True", "Moving"), id="the old one is dead"
        ),
        pytest.param(
            (active(health=DEAD), standby()), None, ("False", "Moving"), id="nobody was ready before"
        ),
        pytest.param(
            (active(health=DEAD), standby(beat={"publications": (make_active(EPOCH + 1),)})),
            None,
            ("True", "Active"),
            id="the fence is stored",
        ),
    ],
)
def test_a_move_does_not_make_a_ready_feed_unready(
    candidates: Any, before: Any, expected: tuple[str, str]
) -> None:
    case = make_case(*candidates, route=MOVING_TO_B, since=NOW - 0.1)

    assert ready_of(case, before) == expected


def test_a_move_that_is_decided_and_not_written_yet_is_a_move() -> None:
    case = make_case(active(health=DEAD), standby())

    assert case.decision is not None
    assert case.decision.reason is FailoverReason.SILENT
    assert ready_of(case, READY_BEFORE) == ("True", "Moving")


def test_a_held_route_without_a_fence_is_not_ready() -> None:
    case = make_case(standby("a"), route=make_route("a"), subscription=seen(paused=True))

    assert ready_of(case, READY_BEFORE) == ("False", "Moving")


def test_nobody_healthy_is_told_with_the_state_of_each() -> None:
    status = build(make_case(active(health=stale("SHFE", "DCE")), standby(health=DEAD)))
    message = find(status, "Ready").message

    assert message is not None
    assert "a: Stale (DCE, SHFE), b: Silent" in message


def test_a_doubted_market_says_when_a_front_called_it_open() -> None:
    case = make_case(active(health=DEAD), standby(health=DEAD), subscription=seen(market=DOUBTED))
    message = find(build(case), "Ready").message or ""

    assert message.startswith("Closed by the calendar; no front is heard.")
    assert message.endswith("A front called it open last at 2026-11-23 01:40:00 UTC.")


def test_what_cannot_be_told_says_since_when_and_does_not_change_by_itself() -> None:
    case = make_case(active(health=DEAF), standby(health=DEAF))
    first = build(case, READY_BEFORE)
    later = build_subscription_status(case, first, WALL + timedelta(minutes=10))

    assert (find(first, "Ready").message or "").endswith("Since 2026-11-23 02:00:00 UTC.")
    assert later == first


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(None, id="no route yet"),
        pytest.param(make_route("gone"), id="it names an account that was deleted"),
    ],
)
def test_nobody_to_name_is_nobody_healthy(route: Any) -> None:
    case = make_case(standby("a", DEAD), standby("b", DEAD), route=route)

    assert ready_of(case) == ("False", "NoHealthyAccount")


@pytest.mark.parametrize(
    ("named", "begins"),
    [
        pytest.param("a", "a does not publish (Silent). Nothing moves the feed:", id="a candidate"),
        pytest.param("gone", "gone is deleted. Nothing moves the feed:", id="no candidate any more"),
    ],
)
def test_held_tells_how_the_named_account_is(named: str, begins: str) -> None:
    held = seen(paused=True)
    case = make_case(active(health=DEAD), standby(), subscription=held, route=make_route(named))
    ready = find(build(case), "Ready")

    assert say(ready) == ("False", "Held")
    assert (ready.message or "").startswith(begins)


@pytest.mark.parametrize(
    ("subscription", "message"),
    [
        pytest.param(
            {"mode": Mode.MANUAL, "pinned": "b"},
            "a does not publish (Silent). Only a pin moves the feed: the mode is Manual. The pin of b waits"
            " until that account is able. To move it, repair b, which is pinned, or pin another account.",
            id="pinned to one that is not well",
        ),
        pytest.param(
            {"mode": Mode.MANUAL},
            "a does not publish (Silent). Only a pin moves the feed: the mode is Manual. To move it, set"
            " failover.pinnedAccount to a healthy account.",
            id="nobody could",
        ),
    ],
)
def test_a_held_feed_that_nobody_could_take_says_what_is_missing(subscription: Any, message: str) -> None:
    case = make_case(active(health=DEAD), standby(health=DEAD), subscription=seen(**subscription))

    assert find(build(case), "Ready").message == message
