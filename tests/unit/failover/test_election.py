"""Election: who is next, and who follows an account that is not well."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.failover.election import Action
from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.failover.order import candidates_of
from mds_protocol.failover.standing import Candidate, is_better, stand
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from tests.unit.failover.builders import (
    NOW,
    UNKNOWN,
    decide,
    make_account,
    make_candidate,
    make_health,
    make_route,
    make_subscription,
    stale,
    unhealthy,
)
from tests.unit.failover.candidates import BAD_A, BAD_B, NIGHT, SILENT_PROBE, A, B, C, moved

# --- order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subscription", "accounts", "expected"),
    [
        pytest.param({}, [{"name": "b"}, {"name": "a"}], "ab", id="name-decides-last"),
        pytest.param({}, [{"name": "a"}, {"name": "b", "priority": 101}], "ba", id="priority-before-name"),
        pytest.param(
            {"order": ("c",)},
            [{"name": "b", "priority": 900}, {"name": "c"}],
            "cb",
            id="order-before-priority",
        ),
        pytest.param(
            {"order": ("c",), "pinned": "b"}, [{"name": "c"}, {"name": "b"}], "bc", id="pinned-before-order"
        ),
        pytest.param(
            {"order": ("c",)},
            [{"name": "c", "standby": Standby.COLD}, {"name": "b", "priority": 1}],
            "bc",
            id="hot-before-cold",
        ),
        pytest.param(
            {}, [{"name": "a", "priority": 0}, {"name": "b", "priority": 1}], "b", id="priority-0-never"
        ),
        pytest.param({}, [{"name": "a", "enabled": False}, {"name": "b"}], "b", id="disabled-never"),
        pytest.param({}, [{"name": "z"}, {"name": "b"}], "b", id="only-selected"),
        pytest.param(
            {}, [{"name": "a", "paused": True}, {"name": "b"}], "ab", id="a-paused-one-keeps-its-place"
        ),
    ],
)
def test_the_order_is(subscription: dict[str, Any], accounts: list[dict[str, Any]], expected: str) -> None:
    ordered = candidates_of(make_subscription(**subscription), [make_account(**each) for each in accounts])

    assert "".join(account.name for account in ordered) == expected


# --- the first election ------------------------------------------------------------------------------------


def test_the_first_healthy_account_in_order_is_named_first() -> None:
    assert moved(BAD_A, B, C, no_route=True) == ("b", FailoverReason.FIRST_ELECTION)


def test_the_first_election_waits_for_no_probe() -> None:
    assert moved(make_candidate("a", SILENT_PROBE), no_route=True) == ("a", FailoverReason.FIRST_ELECTION)


@pytest.mark.parametrize(
    ("better", "healthy_for", "to", "reason"),
    [
        pytest.param(AccountReason.STARTING, 4.9, None, FailoverReason.BETTER_AWAITED, id="almost-ready"),
        pytest.param(AccountReason.STARTING, 5.0, "b", FailoverReason.FIRST_ELECTION, id="waited-for"),
        pytest.param(AccountReason.FRONT_LOST, 0.0, "b", FailoverReason.FIRST_ELECTION, id="broken"),
    ],
)
def test_the_first_election_waits_a_moment_for_who_comes_first(
    better: AccountReason, healthy_for: float, to: str | None, reason: FailoverReason
) -> None:
    first_up = make_candidate("b", make_health(since=NOW - healthy_for))

    assert moved(make_candidate("a", unhealthy(better)), first_up, no_route=True) == (to, reason)


def test_the_first_election_does_not_wait_for_who_comes_later() -> None:
    just_up = make_candidate("a", make_health(since=NOW))
    starting = make_candidate("b", unhealthy(AccountReason.STARTING))

    assert moved(just_up, starting, no_route=True) == ("a", FailoverReason.FIRST_ELECTION)


def test_without_a_healthy_account_nobody_is_named() -> None:
    decision = decide(BAD_A, no_route=True)

    assert (decision.action, decision.account) == (Action.STAY, None)
    assert decision.reason is FailoverReason.NOBODY_AVAILABLE


@pytest.mark.parametrize(
    "before", [{"closed": True, "named": None}, {"uid": "uid-0"}], ids=["closed", "namesake"]
)
def test_a_subscription_made_anew_is_elected_anew(before: dict[str, Any]) -> None:
    assert moved(A, B, route=make_route(**before)) == ("a", FailoverReason.REOPENED)


# --- unplanned ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason",
    [
        AccountReason.STARTING,
        AccountReason.FRONT_LOST,
        AccountReason.LOGIN_REFUSED,
        AccountReason.BLOCKED,
        AccountReason.PUBLISH_STALLED,
        AccountReason.SILENT,
        AccountReason.CONTAINER_DIED,
        AccountReason.NODE_LOST,
        AccountReason.STALE,
        AccountReason.DRAINING,
    ],
)
def test_an_unhealthy_account_is_replaced_with_its_own_reason(reason: AccountReason) -> None:
    failed = make_candidate("a", unhealthy(reason, stale=frozenset({"SHFE"})))

    assert moved(failed, B) == ("b", FailoverReason(reason.value))


@pytest.mark.parametrize(
    ("others", "to", "reason"),
    [
        pytest.param([B, C], "b", FailoverReason.FRONT_LOST, id="the-next-in-order"),
        pytest.param([BAD_B, C], "c", FailoverReason.FRONT_LOST, id="the-next-that-is-healthy"),
        pytest.param(
            [make_candidate("b", UNKNOWN), C], "c", FailoverReason.FRONT_LOST, id="not-an-unknown-one"
        ),
        pytest.param(
            [make_candidate("b", SILENT_PROBE), C], "c", FailoverReason.FRONT_LOST, id="only-a-probing-one"
        ),
        pytest.param(
            [make_candidate("b", SILENT_PROBE)], None, FailoverReason.NOBODY_PROBING, id="none-probes"
        ),
        pytest.param([make_candidate("b", paused=True)], None, FailoverReason.NOBODY_AVAILABLE, id="paused"),
        pytest.param(
            [make_candidate("b", enabled=False)], None, FailoverReason.NOBODY_AVAILABLE, id="disabled"
        ),
        pytest.param(
            [make_candidate("b", priority=0)], None, FailoverReason.NOBODY_AVAILABLE, id="priority-0"
        ),
        pytest.param(
            [make_candidate("b", leaving=FailoverReason.DRILL)],
            None,
            FailoverReason.NOBODY_AVAILABLE,
            id="leaving",
        ),
        pytest.param([BAD_B], None, FailoverReason.NOBODY_AVAILABLE, id="unhealthy"),
    ],
)
def test_when_the_front_is_lost_the_feed_goes_to(
    others: list[Candidate], to: str | None, reason: FailoverReason
) -> None:
    assert moved(BAD_A, *others) == (to, reason)


@pytest.mark.parametrize(
    ("market", "to"),
    [
        pytest.param(MarketSeen(open=True), "b", id="open"),
        pytest.param(MarketSeen(open=False, opens_in_s=900.0), "b", id="opens-in-15-minutes"),
        pytest.param(NIGHT, None, id="opens-later"),
        pytest.param(MarketSeen(open=False), None, id="closed"),
    ],
)
def test_a_closed_market_never_fails_over(market: MarketSeen, to: str | None) -> None:
    reason = FailoverReason.FRONT_LOST if to else FailoverReason.MARKET_CLOSED

    assert moved(BAD_A, B, subscription=make_subscription(market=market)) == (to, reason)


def test_unknown_never_elects_away_not_even_for_an_edit() -> None:
    unsure = make_candidate("a", UNKNOWN)

    assert moved(unsure, make_candidate("b", priority=900)) == (None, FailoverReason.HOLD_UNKNOWN)


# --- staleness ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "other", "to", "reason"),
    [
        pytest.param(["SHFE"], [], "b", FailoverReason.STALE, id="better-on-one"),
        pytest.param(
            ["SHFE", "DCE"], ["DCE"], "b", FailoverReason.STALE, id="better-on-one-equal-on-the-other"
        ),
        pytest.param(["SHFE"], ["SHFE"], None, FailoverReason.NOBODY_BETTER, id="equally-stale"),
        pytest.param(["SHFE"], ["DCE"], None, FailoverReason.NOBODY_BETTER, id="worse-on-another"),
        pytest.param(["SHFE"], ["SHFE", "DCE"], None, FailoverReason.NOBODY_BETTER, id="worse"),
    ],
)
def test_staleness_moves_only_to_an_account_better_on_one_and_worse_on_none(
    named: list[str], other: list[str], to: str | None, reason: FailoverReason
) -> None:
    candidate = make_candidate("b", stale(*other) if other else None)

    assert moved(make_candidate("a", stale(*named)), candidate) == (to, reason)


def test_staleness_where_the_subscription_does_not_trade_is_no_fault_to_it() -> None:
    subscription = make_subscription(exchanges=frozenset({"CFFEX"}))

    assert moved(make_candidate("a", stale("SHFE")), B, subscription=subscription) == (
        None,
        FailoverReason.IN_ORDER,
    )


def test_a_dead_account_gives_way_to_a_partly_stale_one_if_no_other_is_healthy() -> None:
    partly = make_candidate("b", stale("GFEX"))

    assert moved(BAD_A, partly, C) == ("c", FailoverReason.FRONT_LOST)
    assert moved(BAD_A, partly) == ("b", FailoverReason.FRONT_LOST)


def test_a_dead_account_is_not_better_than_a_stale_one() -> None:
    subscription = make_subscription()
    dead, partly, well = (
        stand(each, subscription) for each in (BAD_A, make_candidate("b", stale("GFEX")), C)
    )

    assert not is_better(dead, partly)
    assert not is_better(partly, well)
    assert is_better(well, partly)
