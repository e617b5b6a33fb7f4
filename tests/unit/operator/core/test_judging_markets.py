"""Which markets are open, for whom, and what a front says against the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mds_operator.domain.judging import Judgement, judge
from mds_operator.domain.seen import read_pod
from mds_protocol.failover.election import Action
from mds_protocol.failover.observed import Heard, Listening
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Exchange, Front, SessionState
from tests.unit.operator.core.builders import (
    NOW,
    account_body,
    make_account,
    make_beat,
    make_subscription,
    pod_body,
)
from tests.unit.operator.core.facts import CLOSED, LONG_AGO, NAMES, OPEN, conclude, heard, make_facts


def test_an_account_is_asked_for_by_the_markets_of_what_it_serves() -> None:
    there = {name: heard(name, exchanges=CLOSED, trade=make_beat().market_data) for name in NAMES}

    judgement = conclude(heard=there)

    assert not judgement.markets["ctp-a"].open
    assert not judgement.subscriptions["all"].market.open


def test_of_what_is_served_somewhere_unknown_any_market_may_be_open() -> None:
    assert conclude(exchanges={}).markets["ctp-a"].open


def test_one_market_is_not_told_by_an_account_of_another() -> None:
    body = account_body("ctp-p")
    body["spec"]["ctp"]["environment"] = "Production"
    accounts = {"ctp-a": make_account("ctp-a"), "ctp-p": type(make_account()).read(body)}
    pods = {name: read_pod(pod_body(f"{name}-11111")) for name in accounts}
    trade = make_beat().market_data
    there = {
        "ctp-a": heard("ctp-a", exchanges=CLOSED, trade=trade),
        "ctp-p": heard("ctp-p", exchanges=OPEN, trade=trade),
    }
    subscription = make_subscription(accounts={"selector": {}, "order": ["ctp-a"]})

    judgement = conclude(accounts=accounts, pods=pods, heard=there, subscriptions={"all": subscription})

    assert not judgement.markets["ctp-a"].open
    assert judgement.markets["ctp-p"].open


# --- a front that contradicts the calendar

SATURDAY = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
LOST = Front(connected=False, logged_in=False, error_code=4097)


def judge_saturday(
    at_s: float, before: Judgement | None = None, *beats: Any, echo_at: float | None = None
) -> Judgement:
    """So many seconds into it; `beats` are what changes of the heartbeats, of ctp-a and ctp-b."""
    now = NOW + at_s
    heard_now = {
        name: Heard(heartbeat=heard(name, **changes).heartbeat, at=now)
        for name, changes in zip(NAMES, beats, strict=False)
    }
    facts = make_facts(
        heard={name: Heard(heartbeat=heard(name).heartbeat, at=NOW) for name in NAMES} | heard_now,
        listening=Listening(since=LONG_AGO, echo_at=now if echo_at is None else echo_at),
        before=before.health if before else make_facts().before,
        open_words=before.open_words if before else {},
        follow_front_clock=False,
    )
    return judge(facts, now=now, wall=SATURDAY + timedelta(seconds=at_s))


FRONTS_LOST = (
    {"market_data": LOST, "exchanges": {"SHFE": Exchange(session=SessionState.UNKNOWN, contracts=10)}},
) * 2


@pytest.mark.parametrize(
    ("at_s", "seen", "reason"),
    [
        pytest.param(899.0, (True, None), FailoverReason.NOBODY_AVAILABLE, id="within 15 minutes"),
        pytest.param(900.0, (False, SATURDAY), FailoverReason.MARKET_CLOSED, id="after them"),
    ],
)
def test_the_calendar_does_not_close_at_once_what_a_front_called_open(
    at_s: float, seen: tuple[bool, datetime | None], reason: FailoverReason
) -> None:
    lost = judge_saturday(at_s, judge_saturday(0.0), *FRONTS_LOST)

    for market in (lost.subscriptions["all"].market, *lost.markets.values()):
        assert (market.matters, market.called_open_at) == seen
    assert lost.health["ctp-a"].reason is AccountReason.FRONT_LOST
    assert (lost.decisions["all"].action, lost.decisions["all"].reason) == (Action.STAY, reason)


def test_a_front_that_never_contradicted_the_calendar_leaves_it_as_it_was() -> None:
    closed = judge_saturday(1.0, judge_saturday(0.0, None, *FRONTS_LOST), *FRONTS_LOST)

    assert closed.subscriptions["all"].market.open is False
    assert closed.subscriptions["all"].market.called_open_at is None
    assert closed.open_words == {"CTP.Test": {}}


def test_a_front_of_another_market_contradicts_nothing() -> None:
    body = account_body("ctp-b")
    body["spec"]["ctp"]["environment"] = "Production"
    accounts = {"ctp-a": make_account("ctp-a"), "ctp-b": type(make_account()).read(body)}
    facts = make_facts(accounts=accounts, follow_front_clock=False, heard={"ctp-a": heard("ctp-a")})
    judgement = judge(facts, now=NOW, wall=SATURDAY)

    assert {name: set(words) for name, words in judgement.open_words.items()} == {
        "CTP.Test": {"SHFE"},
        "CTP.Production": set(),
    }
    assert (judgement.markets["ctp-a"].open, judgement.markets["ctp-b"].open) == (True, False)


def test_an_operator_that_is_deaf_remembers_what_fronts_said() -> None:
    deaf = judge_saturday(60.0, judge_saturday(0.0), echo_at=NOW)

    assert deaf.subscriptions["all"].market.open
    assert deaf.health["ctp-a"].reason is AccountReason.OPERATOR_DEAF
    assert deaf.decisions["all"].reason is FailoverReason.HOLD_UNKNOWN


def test_a_market_that_is_open_by_memory_can_go_stale() -> None:
    """No trading front speaks any more; one account sees ticks, the other none."""
    silent, ticking = (
        {"exchanges": {"SHFE": Exchange(session=SessionState.UNKNOWN, tick_age_ms=age_ms, contracts=10)}}
        for age_ms in (30_000, 50)
    )
    found = judge_saturday(0.0)
    for at_s in range(1, 30):
        found = judge_saturday(float(at_s), found, silent, ticking)

    assert found.health["ctp-a"].reason is AccountReason.STALE
