"""The table of boundaries beside the hours that simulator and calendar know: nothing of it is made up."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from mds_operator.domain import sessions
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.wire.heartbeat import SessionState
from mds_simulator.exchange.calendar import Calendar, from_beijing
from mds_simulator.exchange.contracts import parse_contract
from mds_simulator.exchange.sessions import Status, phase_at, schedule_of
from tests.week.boundaries import BOUNDARIES, HOLIDAY, TUESDAY, Act, Boundary, Must, list_contracts
from tests.week.ground import EARLIER, LEAD, parse_moment

CALENDAR = Calendar(frozenset({HOLIDAY}))
EACH = [pytest.param(one, id=one.name) for one in BOUNDARIES]
SIDES = [
    pytest.param(one, side, id=f"{one.name}: {side}") for one in BOUNDARIES for side in ("before", "after")
]


def look_at(boundary: Boundary, side: str) -> tuple[Must, timedelta]:
    """What must be, and when that is from the boundary on."""
    return {
        "before": (boundary.before, timedelta(seconds=-4)),
        "after": (boundary.after, timedelta(seconds=boundary.stays_s)),
    }[side]


@pytest.mark.parametrize(("boundary", "side"), SIDES)
def test_the_simulator_trades_what_must_be_open(boundary: Boundary, side: str) -> None:
    must, offset = look_at(boundary, side)
    moment_ns = from_beijing((parse_moment(boundary.at) + offset).isoformat())
    products = [parse_contract(name, HOLIDAY).product for name in list_contracts(boundary)]
    is_open = {
        product.exchange.value
        for product in products
        if phase_at(schedule_of(product), moment_ns, CALENDAR).status is Status.CONTINUOUS
    }

    assert is_open == must.open


@pytest.mark.parametrize(("boundary", "side"), SIDES)
def test_the_calendar_says_the_same(boundary: Boundary, side: str) -> None:
    must, offset = look_at(boundary, side)
    moment = parse_moment(boundary.at) + offset
    by_calendar = sessions.calendar(sessions.EXCHANGES, moment)
    market = sessions.market(sessions.EXCHANGES, {}, by_calendar, moment, doubts={})

    assert {name for name, state in by_calendar.items() if state is SessionState.OPEN} == must.open
    assert market.matters is must.matters
    assert market == MarketSeen(open=bool(must.open), opens_in_s=market.opens_in_s)


@pytest.mark.parametrize("boundary", EACH)
def test_a_login_between_the_arrival_and_the_boundary_names_the_day_of_the_row(boundary: Boundary) -> None:
    login_ns = from_beijing((parse_moment(boundary.at) - LEAD).isoformat())

    assert f"{CALENDAR.trading_day(login_ns):%Y%m%d}" == boundary.before.day


def test_the_week_goes_forward_and_no_stay_reaches_into_the_next() -> None:
    for one, other in pairwise(BOUNDARIES):
        ends = parse_moment(one.at) + timedelta(seconds=one.stays_s)
        assert ends < parse_moment(other.at) - LEAD, other.name


@pytest.mark.parametrize("boundary", EACH)
def test_a_walk_that_begins_at_any_boundary_begins_on_its_trading_day(boundary: Boundary) -> None:
    begins_ns = from_beijing((parse_moment(boundary.at) - EARLIER).isoformat())

    assert f"{CALENDAR.trading_day(begins_ns):%Y%m%d}" == boundary.before.day


def test_the_contracts_are_those_that_the_rows_count() -> None:
    for boundary in BOUNDARIES:
        assert len(list_contracts(boundary)) == boundary.before.contracts, boundary.name


def test_all_that_the_issue_names_is_walked() -> None:
    told = " ".join(one.name for one in BOUNDARIES)
    named = "auction break lunch close night Friday weekend holiday session TradingDay expiry listing restart"

    assert [word for word in named.split() if word not in told] == []
    assert {one.act for one in BOUNDARIES} == set(Act)
    assert BOUNDARIES[0].before.day == TUESDAY
