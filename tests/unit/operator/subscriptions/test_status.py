"""What a subscription's status shows beside its conditions, and when it changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mds_operator.domain.coverage import measure_coverage, tell_nothing_ticks
from mds_operator.domain.history import History
from mds_operator.domain.subscription_status import build_subscription_status
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.resources.feedsubscription import ContractCounts, FeedSubscriptionStatus
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.selection import Selection
from tests.unit.failover.builders import (
    EPOCH,
    NOW,
    UNKNOWN,
    make_active,
    make_exchange,
    make_heartbeat,
    make_route,
    make_subscription,
    unhealthy,
)
from tests.unit.operator.subscriptions.builders import (
    CONTRACTS,
    WALL,
    active,
    find,
    judge_one,
    make_case,
    see_exchanges,
    standby,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(seconds=60)
DEAD = unhealthy(AccountReason.SILENT)
ALL = Selection(CONTRACTS, ())


def build(case: Any, before: Any = None, wall: Any = WALL) -> FeedSubscriptionStatus:
    return build_subscription_status(case, before, wall)


def test_a_quiet_morning_as_a_person_reads_it() -> None:
    status = build(make_case())

    assert status.dump() | {"conditions": None} == {
        "observedGeneration": 3,
        "activeAccount": "a",
        "nextAccount": "b",
        "epoch": EPOCH,
        "coverage": "3/3",
        "contracts": {"selected": 3, "subscribed": 3, "stale": 0},
        "failoverCount": 0,
        "conditions": None,
    }


# --- who publishes

NEW_FENCE = {"publications": (make_active(EPOCH + 1),)}


@pytest.mark.parametrize(
    ("candidates", "account"),
    [
        pytest.param((active(), standby()), "a", id="b is named, a still publishes"),
        pytest.param((active(), standby(beat=NEW_FENCE)), "b", id="b has fenced"),
        pytest.param((active(health=DEAD), standby()), None, id="a is dead, b has not fenced"),
        pytest.param((active(health=UNKNOWN), standby()), "a", id="nobody knows about a"),
        pytest.param((active(health=unhealthy()), standby()), "a", id="a lost its front and holds the fence"),
    ],
)
def test_active_is_who_stored_the_newest_fence(candidates: Any, account: str | None) -> None:
    case = make_case(*candidates, route=make_route("b", epoch=EPOCH + 1), since=NOW - 0.1)

    assert build(case).active_account == account


@pytest.mark.parametrize(
    ("health", "epoch", "account"),
    [
        pytest.param(UNKNOWN, EPOCH, "a", id="an operator that began just now hears nobody yet"),
        pytest.param(DEAD, EPOCH, None, id="known dead"),
        pytest.param(UNKNOWN, EPOCH - 1, None, id="the status is of an older epoch"),
    ],
)
def test_who_is_not_heard_yet_stays_active(health: Any, epoch: int, account: str | None) -> None:
    silent = active(health=health, heard_ago=None)
    before = build(make_case()).model_copy(update={"epoch": epoch})

    assert build(make_case(silent), before).active_account == account


def test_without_a_route_nothing_is_claimed() -> None:
    status = build(make_case(standby("a", DEAD), route=None))

    assert (status.active_account, status.epoch, status.next_account) == (None, None, None)


# --- counts


@pytest.mark.parametrize(
    ("shfe", "dce", "asked", "stale", "text", "unseen"),
    [
        pytest.param(2, 1, {}, (), "3/3", 0, id="all"),
        pytest.param(1, 1, {}, (), "2/3", 0, id="one missing"),
        pytest.param(0, 0, {}, (), "0/3", 0, id="none"),
        pytest.param(5, 1, {"SHFE": 5}, (), "3/3", 0, id="serves others, nothing missing"),
        pytest.param(4, 1, {"SHFE": 5}, (), "2/3", 0, id="one of five is missing: perhaps ours"),
        pytest.param(1, 1, {"SHFE": 5}, (), "1/3", 0, id="more missing than are ours"),
        pytest.param(2, 1, {}, ("SHFE",), "3/3", 2, id="an exchange is stale"),
        pytest.param(2, 1, {}, ("CFFEX",), "3/3", 0, id="one that it does not use is"),
    ],
)
def test_coverage_is_a_lower_bound_by_exchange(
    shfe: int, dce: int, asked: Any, stale: Any, text: str, unseen: int
) -> None:
    beat = make_heartbeat(exchanges=see_exchanges(shfe, dce))
    found = measure_coverage(ALL, beat, asked, frozenset(stale), stale_after_s=10.0)

    assert (found.text, found.stale) == (text, unseen)


@pytest.mark.parametrize(
    ("age_ms", "ticking"),
    [
        pytest.param(9_999, 2, id="lately"),
        pytest.param(10_000, 0, id="not within staleAfter"),
        pytest.param(None, 0, id="never"),
    ],
)
def test_contracts_tick_where_a_tick_of_their_exchange_came_lately(age_ms: int | None, ticking: int) -> None:
    exchanges = {"SHFE": make_exchange(age_ms, contracts=2), "DCE": make_exchange(None, contracts=1)}
    found = measure_coverage(ALL, make_heartbeat(exchanges=exchanges), {}, frozenset(), stale_after_s=10.0)

    assert found.ticking == ticking
    later = tell_nothing_ticks(found)
    assert later is not None
    assert (later.subscribed, later.ticking) == (3, 0)


def test_without_a_publisher_nothing_is_covered() -> None:
    assert build(make_case(active(health=DEAD), standby(health=DEAD))).coverage == "0/3"


def test_at_night_the_last_figures_stand() -> None:
    closed = make_subscription(exchanges=frozenset({"SHFE", "DCE"}), market=MarketSeen(open=False))
    night = make_case(active(beat={"exchanges": {}}), standby(), subscription=closed)

    assert build(night, build(make_case())).coverage == "3/3"


def test_at_night_full_coverage_is_told() -> None:
    """As after an expiry or a listing: contracts change in the evening, when nothing trades."""
    closed = make_subscription(exchanges=frozenset({"SHFE", "DCE"}), market=MarketSeen(open=False))
    night = make_case(active(), standby(), subscription=closed)

    assert build(night, BEFORE).coverage == "3/3"


# --- when it is written


def less_covered(**changes: Any) -> Any:
    """One contract fewer than before; Degraded before and after."""
    return make_case(active(beat={"exchanges": see_exchanges(0, 1)}), standby(), **changes)


BEFORE = build(make_case(active(beat={"exchanges": see_exchanges(1, 1)}), standby()))


@pytest.mark.parametrize(
    ("age", "coverage"),
    [
        pytest.param(MINUTE - SECOND, "2/3", id="written within the minute"),
        pytest.param(MINUTE, "1/3", id="a minute ago"),
        pytest.param(None, "1/3", id="by an operator before this one"),
    ],
)
def test_counts_alone_are_written_once_a_minute(age: timedelta | None, coverage: str) -> None:
    written_at = None if age is None else WALL - age

    assert build(less_covered(written_at=written_at), BEFORE).coverage == coverage


def test_another_selection_is_told_at_once() -> None:
    """One contract more is selected than in the status before, as after a listing."""
    full = build(make_case())
    fewer = ContractCounts(selected=2, subscribed=2, stale=0)
    before = full.model_copy(update={"coverage": "2/2", "contracts": fewer})

    assert build(make_case(written_at=WALL), before).coverage == "3/3"


def test_counts_go_along_when_a_condition_flips() -> None:
    before = build(make_case())

    assert build(less_covered(written_at=WALL), before).coverage == "1/3"


def test_a_condition_keeps_its_time_until_its_status_changes() -> None:
    later = WALL + MINUTE
    ill = build(make_case(active(health=DEAD), standby(health=DEAD)), build(make_case()), later)

    assert find(ill, "Ready").last_transition_time == later
    assert find(ill, "Accepted").last_transition_time == WALL
    still_ill = build(make_case(active(health=DEAD), standby(health=unhealthy())), ill, later + MINUTE)
    assert find(still_ill, "Ready").last_transition_time == later


FIXED = [
    pytest.param(make_case(), id="quiet"),
    pytest.param(make_case(active(health=DEAD), standby()), id="a move is decided"),
    pytest.param(make_case(active(health=DEAD), standby(health=DEAD)), id="all dead"),
    pytest.param(make_case(route=make_route("b", epoch=EPOCH + 1), since=NOW - 0.1), id="moving"),
    pytest.param(make_case(active(health=UNKNOWN), standby()), id="unknown"),
    pytest.param(make_case(active(health=UNKNOWN, heard_ago=None), standby()), id="not heard yet"),
    pytest.param(make_case(acceptance=judge_one(accounts=[]), decision=None), id="not accepted"),
    pytest.param(make_case(route=None), id="no route yet"),
    pytest.param(less_covered(), id="degraded"),
    pytest.param(make_case(remark="the drill waits"), id="a drill waits"),
]


@pytest.mark.parametrize("case", FIXED)
@pytest.mark.parametrize("before", [None, build(make_case()), BEFORE], ids=["new", "ready", "degraded"])
def test_the_same_facts_later_give_the_same_status(case: Any, before: Any) -> None:
    first = build(case, before)
    stored = FeedSubscriptionStatus.model_validate_json(first.model_dump_json())

    assert build(case, stored, WALL + 10 * MINUTE) == first


def test_moves_and_an_answered_drill_are_shown() -> None:
    drilled = build(make_case(history=History(failovers=4), drill_answered="2026-11-23T02:00:00Z"))

    assert drilled.failover_count == 4
    assert build(make_case(), drilled).drill_answered == "2026-11-23T02:00:00Z"
