"""Accepted, Ready, Redundant and Degraded of a subscription, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.subscription_status import build_subscription_status
from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Depths
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    EPOCH,
    NOW,
    UNKNOWN,
    make_active,
    make_health,
    make_publication,
    make_route,
    make_subscription,
    stale,
    unhealthy,
)
from tests.unit.operator.subscriptions.builders import (
    WALL,
    active,
    find,
    judge_one,
    make_case,
    say,
    standby,
)

if TYPE_CHECKING:
    from mds_operator.domain.subscription_case import SubscriptionCase

BOTH = frozenset({"SHFE", "DCE"})
CLOSED = MarketSeen(open=False, opens_in_s=3600.0)
SOON = MarketSeen(open=False, opens_in_s=600.0)


def seen(**changes: Any) -> Any:
    return make_subscription(exchanges=BOTH, **changes)


def build(case: SubscriptionCase, before: Any = None) -> Any:
    return build_subscription_status(case, before, WALL)


def ready_of(case: SubscriptionCase, before: Any = None) -> tuple[str, str]:
    return say(find(build(case, before), "Ready"))


READY_BEFORE = build(make_case())
DEAD = unhealthy(AccountReason.SILENT)
MOVING_TO_B = make_route("b", epoch=EPOCH + 1)


def test_a_quiet_morning_is_good_in_all_four() -> None:
    status = build(make_case())

    assert [(entry.type, *say(entry)) for entry in status.conditions] == [
        ("Accepted", "True", "Accepted"),
        ("Ready", "True", "Active"),
        ("Redundant", "True", "Redundant"),
        ("Degraded", "False", "FullCoverage"),
    ]


def test_what_a_person_asked_for_in_vain_is_said_in_ready_and_changes_nothing_else() -> None:
    plain, remarked = build(make_case()), build(make_case(remark="the drill waits"))

    assert find(remarked, "Ready").message == f"{find(plain, 'Ready').message} Beside that: the drill waits."
    assert [say(entry) for entry in remarked.conditions] == [say(entry) for entry in plain.conditions]
    assert remarked.conditions[2:] == plain.conditions[2:]


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


# --- Redundant

FULL = Depths(log_bytes=256 << 20, log_limit_bytes=256 << 20)


def with_log(reach_ms: int, depths: Depths = FULL) -> Any:
    said = make_publication(log_reach_ms=reach_ms)
    return standby(beat={"publications": (said,), "depths": depths})


@pytest.mark.parametrize(
    ("candidates", "market", "expected"),
    [
        pytest.param((active(),), None, ("False", "NoStandby"), id="alone"),
        pytest.param(
            (active(), standby(standby=Standby.COLD)), None, ("False", "NoStandby"), id="only a cold one"
        ),
        pytest.param((active(), standby(priority=0)), None, ("False", "NoStandby"), id="priority 0"),
        pytest.param((active(),), CLOSED, ("False", "NoStandby"), id="alone, at night"),
        pytest.param((active(), standby(health=DEAD)), None, ("False", "StandbyUnhealthy"), id="dead"),
        pytest.param((active(), standby(paused=True)), None, ("False", "StandbyUnhealthy"), id="paused"),
        pytest.param(
            (active(), standby(health=make_health(is_probing=False))),
            None,
            ("False", "StandbyUnhealthy"),
            id="its probe fails",
        ),
        pytest.param((active(), standby(health=UNKNOWN)), None, ("Unknown", "HealthUnknown"), id="unknown"),
        pytest.param(
            (active(), standby(health=DEAD)), CLOSED, ("Unknown", "MarketClosed"), id="dead, at night"
        ),
        pytest.param((active(), standby()), CLOSED, ("True", "Redundant"), id="well, at night"),
        pytest.param(
            (active(), standby(health=DEAD), standby("c")), None, ("True", "Redundant"), id="one of two"
        ),
        pytest.param((active(), with_log(13_999)), None, ("False", "LogTooShort"), id="memory ends the log"),
        pytest.param((active(), with_log(14_000)), None, ("True", "Redundant"), id="memory just suffices"),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=1000, log_limit_bytes=256 << 20))),
            None,
            ("True", "Redundant"),
            id="few ticks",
        ),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=1 << 20, log_limit_bytes=1 << 20))),
            None,
            ("False", "LogTooShort"),
            id="memory ends the log, by a lower MDS_LOG_BYTES",
        ),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=256 << 20, log_limit_bytes=2 << 30))),
            None,
            ("True", "Redundant"),
            id="few ticks, by a higher MDS_LOG_BYTES",
        ),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=256 << 20))),
            None,
            ("True", "Redundant"),
            id="a gateway that does not say its bound",
        ),
        pytest.param(
            (active(), with_log(100), standby("c")),
            None,
            ("True", "Redundant"),
            id="another's log is long enough",
        ),
    ],
)
def test_redundant_says_whether_somebody_could_take_over(
    candidates: Any, market: Any, expected: tuple[str, str]
) -> None:
    subscription = seen(market=market) if market else seen()

    assert say(find(build(make_case(*candidates, subscription=subscription)), "Redundant")) == expected


# --- Degraded


@pytest.mark.parametrize(
    ("case", "expected", "says"),
    [
        pytest.param(make_case(), ("False", "FullCoverage"), "", id="all there"),
        pytest.param(
            make_case(acceptance=judge_one(instruments=["zz2705.SHFE"])),
            ("True", "ContractsUnknown"),
            "zz2705.SHFE",
            id="an instrument that does not exist",
        ),
        pytest.param(
            make_case(active(beat={"exchanges": {}})),
            ("True", "CoverageLow"),
            "a has not subscribed all",
            id="not subscribed",
        ),
        pytest.param(
            make_case(active(health=stale("SHFE")), standby(health=stale("SHFE"))),
            ("True", "CoverageLow"),
            "a does not see SHFE",
            id="stale",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=DEAD)),
            ("Unknown", "NoHealthyAccount"),
            "",
            id="nobody publishes",
        ),
        pytest.param(
            make_case(active(beat={"exchanges": {}}), subscription=seen(market=CLOSED)),
            ("Unknown", "MarketClosed"),
            "",
            id="fronts drop everything at night",
        ),
        pytest.param(
            make_case(acceptance=judge_one(tables={})), ("Unknown", "WaitingForContracts"), "", id="no table"
        ),
        pytest.param(
            make_case(active(health=UNKNOWN)), ("Unknown", "HealthUnknown"), "", id="cannot be told"
        ),
        pytest.param(
            make_case(acceptance=judge_one(accounts=[]), decision=None),
            ("Unknown", "NoAccounts"),
            "",
            id="refused",
        ),
    ],
)
def test_degraded_says_whether_contracts_are_missing(case: Any, expected: tuple[str, str], says: str) -> None:
    found = find(build(case), "Degraded")

    assert say(found) == expected
    assert says in (found.message or "")


def test_for_the_moment_of_a_move_coverage_is_what_it_was() -> None:
    status = build(make_case(active(health=DEAD), standby()), READY_BEFORE)

    assert status.active_account is None
    assert status.coverage == READY_BEFORE.coverage
    assert find(status, "Degraded") == find(READY_BEFORE, "Degraded")


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
        pytest.param("a", "a (Silent): `spec.paused` of the subscription", id="a candidate"),
        pytest.param("gone", "`spec.paused` of the subscription", id="no candidate any more"),
    ],
)
def test_held_tells_how_the_named_account_is(named: str, begins: str) -> None:
    held = seen(paused=True)
    case = make_case(active(health=DEAD), standby(), subscription=held, route=make_route(named))
    ready = find(build(case), "Ready")

    assert say(ready) == ("False", "Held")
    assert (ready.message or "").startswith(begins)
