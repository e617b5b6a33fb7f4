"""Trading days and sessions, in pairs around each boundary. Monday is 2026-11-23."""

from __future__ import annotations

from datetime import date

import pytest

from mds_simulator.exchange.calendar import Calendar, from_beijing
from mds_simulator.exchange.products import PRODUCTS
from mds_simulator.exchange.sessions import Status, phase_at, schedule_of

PLAIN = Calendar()
WITH_HOLIDAY = Calendar(frozenset({date(2026, 11, 25)}))  # a Wednesday


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-11-20T16:59:59", date(2026, 11, 20), id="Friday, before the turn"),
        pytest.param("2026-11-20T17:00:00", date(2026, 11, 23), id="Friday, after the turn: Monday"),
        pytest.param("2026-11-21T02:29:59", date(2026, 11, 23), id="the night of Friday, on Saturday"),
        pytest.param("2026-11-23T00:00:00", date(2026, 11, 23), id="Monday"),
        pytest.param("2026-11-23T21:00:00", date(2026, 11, 24), id="Monday night: Tuesday"),
    ],
)
def test_trading_day(moment: str, expected: date) -> None:
    assert PLAIN.trading_day(from_beijing(moment)) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-11-23T14:59:59", "2026-11-20T15:00:00", id="Monday before the close: Friday's"),
        pytest.param("2026-11-23T15:00:00", "2026-11-23T15:00:00", id="at the close"),
        pytest.param("2026-11-22T12:00:00", "2026-11-20T15:00:00", id="Sunday"),
    ],
)
def test_last_close(moment: str, expected: str) -> None:
    assert PLAIN.last_close(from_beijing(moment)) == from_beijing(expected)


def test_holidays_are_skipped_and_have_no_night_before_them() -> None:
    assert WITH_HOLIDAY.trading_day(from_beijing("2026-11-24T21:00:00")) == date(2026, 11, 26)
    assert not WITH_HOLIDAY.has_night(date(2026, 11, 24))
    assert not WITH_HOLIDAY.has_night(date(2026, 11, 25))
    assert WITH_HOLIDAY.has_night(date(2026, 11, 26))


@pytest.mark.parametrize(
    ("product", "moment", "expected"),
    [
        pytest.param("rb", "2026-11-23T08:59:59", Status.NO_TRADING, id="rb had its auction at night"),
        pytest.param("rb", "2026-11-23T09:00:00", Status.CONTINUOUS, id="rb opens"),
        pytest.param("rb", "2026-11-23T10:14:59", Status.CONTINUOUS, id="rb before the break"),
        pytest.param("rb", "2026-11-23T10:15:00", Status.NO_TRADING, id="rb in the break"),
        pytest.param("SR", "2026-11-23T10:15:00", Status.BEFORE_TRADING, id="CZCE says 0 in breaks"),
        pytest.param("rb", "2026-11-23T10:30:00", Status.CONTINUOUS, id="rb after the break"),
        pytest.param("rb", "2026-11-23T11:30:00", Status.NO_TRADING, id="rb at noon"),
        pytest.param("rb", "2026-11-23T13:29:59", Status.NO_TRADING, id="rb just before the afternoon"),
        pytest.param("rb", "2026-11-23T13:30:00", Status.CONTINUOUS, id="rb in the afternoon"),
        pytest.param("rb", "2026-11-23T15:00:00", Status.CLOSED, id="rb closes"),
        pytest.param("rb", "2026-11-23T17:00:00", Status.BEFORE_TRADING, id="the next trading day"),
        pytest.param("rb", "2026-11-23T20:55:00", Status.AUCTION_ORDERS, id="rb auction at night"),
        pytest.param("rb", "2026-11-23T20:59:00", Status.AUCTION_MATCH, id="rb match at night"),
        pytest.param("rb", "2026-11-23T22:59:59", Status.CONTINUOUS, id="rb before 23:00"),
        pytest.param("rb", "2026-11-23T23:00:00", Status.NO_TRADING, id="rb after 23:00"),
        pytest.param("cu", "2026-11-24T00:59:59", Status.CONTINUOUS, id="cu before 01:00"),
        pytest.param("cu", "2026-11-24T01:00:00", Status.NO_TRADING, id="cu after 01:00"),
        pytest.param("au", "2026-11-21T02:29:59", Status.CONTINUOUS, id="au on Saturday, before 02:30"),
        pytest.param("au", "2026-11-21T02:30:00", Status.NO_TRADING, id="au on Saturday, after 02:30"),
        pytest.param("au", "2026-11-22T01:00:00", Status.NO_TRADING, id="au on Sunday"),
        pytest.param(
            "wr", "2026-11-23T08:55:00", Status.AUCTION_ORDERS, id="wr has no night: auction by day"
        ),
        pytest.param("wr", "2026-11-23T21:30:00", Status.BEFORE_TRADING, id="wr at night"),
        pytest.param("IF", "2026-11-23T09:29:59", Status.AUCTION_MATCH, id="IF before the open"),
        pytest.param("IF", "2026-11-23T09:30:00", Status.CONTINUOUS, id="IF opens"),
        pytest.param("IF", "2026-11-23T10:20:00", Status.CONTINUOUS, id="IF has no break at ten"),
        pytest.param("IF", "2026-11-23T15:00:00", Status.CLOSED, id="IF closes"),
        pytest.param("T", "2026-11-23T15:14:59", Status.CONTINUOUS, id="bonds go on"),
        pytest.param("T", "2026-11-23T15:15:00", Status.CLOSED, id="bonds close"),
    ],
)
def test_phase(product: str, moment: str, expected: Status) -> None:
    assert phase_at(schedule_of(PRODUCTS[product]), from_beijing(moment), PLAIN).status is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-11-24T21:30:00", Status.BEFORE_TRADING, id="no night before the holiday"),
        pytest.param("2026-11-26T08:55:00", Status.AUCTION_ORDERS, id="so the auction is by day"),
        pytest.param("2026-11-26T21:30:00", Status.CONTINUOUS, id="the night after it"),
    ],
)
def test_phase_around_a_holiday(moment: str, expected: Status) -> None:
    assert phase_at(schedule_of(PRODUCTS["rb"]), from_beijing(moment), WITH_HOLIDAY).status is expected
