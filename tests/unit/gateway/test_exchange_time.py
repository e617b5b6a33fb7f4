"""Which moment a tick is given: each exchange's habits, midnight, weekends, snapshots sent again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.exchange_time import (
    Dated,
    Dating,
    Days,
    FrontTime,
    add_milliseconds,
    date_tick,
    moment_of_login,
)

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

BEIJING = timezone(timedelta(hours=8))


def at(text: str) -> int:
    """`2026-11-23 09:30:00` in Beijing, in ns. 2026-11-20 is a Friday."""
    return int(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp()) * 1_000_000_000


def said(dated: Dated) -> str:
    moment = datetime.fromtimestamp(dated.time_ns / 1e9, BEIJING)
    return f"{dated.outcome} {moment:%Y-%m-%d %H:%M:%S}" if dated.is_time else str(dated.outcome)


# exchange and update time | ActionDay, TradingDay, the login's | clock | natural day | what it shows
LIVE = """
SHFE  09:30:00 | 1123 1123 1123 | 1123 09:30:01 | 1123 | by day
SHFE  21:30:00 | 1120 1123 1123 | 1120 21:30:01 | 1120 | Friday night
SHFE  01:30:00 | 1121 1123 1123 | 1121 01:30:01 | 1121 | Saturday, Friday's session
DCE   21:30:00 | 1123 1123 1123 | 1120 21:30:01 | 1120 | DCE writes Monday on Friday night
DCE   21:30:00 | -    1123 1123 | 1120 21:30:01 | 1120 | DCE leaves it empty
CZCE  21:30:00 | 1120 1120 1123 | 1120 21:30:01 | 1120 | CZCE writes the natural day twice
GFEX  09:30:00 | 1123 1123 1123 | 1123 09:30:01 | 1123 | GFEX
CFFEX 14:59:59 | 1123 1123 1123 | 1123 15:00:01 | 1123 | CFFEX
INE   23:59:59 | 1124 1124 1124 | 1124 00:00:01 | 1123 | a late tick after midnight
INE   00:00:01 | 1123 1124 1124 | 1123 23:59:58 | 1124 | a clock that is behind before midnight
INE   00:00:00 | 1123 1124 1124 | 1124 00:00:00 | 1124 | ActionDay turns late
SHFE  09:30:00 | 1124 1124 1123 | 1123 09:30:01 | 1123 | a front with wrong days
SHFE  09:39:59 | 1123 1123 1123 | 1123 09:30:00 | 1123 | just not too far ahead
SHFE  09:00:00 | 1123 1123 1123 | 1123 09:30:00 | 1123 | just not too late to be live
"""
PAST = """
SHFE  15:00:00 | 1120 1120 1123 | 1123 08:50:00 | 1120 | Friday's close on Monday morning
SHFE  02:30:00 | 1121 1123 1123 | 1123 08:50:00 | 1121 | Friday's night on Monday morning
DCE   23:00:00 | 1123 1123 1123 | 1123 08:50:00 | 1120 | DCE, Friday's night on Monday morning
DCE   00:30:00 | 1123 1123 1123 | 1123 08:50:00 | 1121 | DCE, small hours of Saturday
DCE   23:00:00 | 1124 1124 1124 | 1124 15:30:00 | 1123 | DCE, last night in the afternoon
DCE   23:00:00 | -    -    1123 | 1123 08:50:00 | 1120 | no days at all: back over the weekend
INE   02:00:00 | -    -    1123 | 1123 08:50:00 | 1121 | no days, small hours: back to Saturday
DCE   15:00:00 | 1124 1124 1124 | 1123 20:50:00 | 1123 | re-sent under the next trading day
CZCE  22:59:59 | 1123 1123 1124 | 1124 08:50:00 | 1123 | CZCE, last night
SHFE  20:59:00 | 1123 1124 1125 | 1124 20:59:10 | 1123 | yesterday's, at the same time of day
CZCE  20:59:00 | 1123 1123 1125 | 1124 20:59:10 | 1123 | CZCE, the same
SHFE  08:59:59 | 1123 1123 1123 | 1123 09:30:00 | 1123 | just too late to be live
SHFE  09:00:01 | 1106 1106 1123 | 1121 09:00:00 | 1106 | just not too old
"""


@dataclass(frozen=True, slots=True)
class Case:
    exchange: str
    time: str
    days: Days
    clock_ns: int
    day: str


def day_of(text: str) -> str:
    return "" if text == "-" else f"2026{text}"


def read_cases(table: str) -> list[ParameterSet]:
    cases = []
    for row in table.strip().splitlines():
        stamp, days, clock, day, shows = (column.strip() for column in row.split("|"))
        exchange, time = stamp.split()
        clock_day, clock_time = clock.split()
        case = Case(
            exchange,
            time,
            Days(*map(day_of, days.split())),
            at(f"2026-{clock_day[:2]}-{clock_day[2:]} {clock_time}"),
            f"2026-{day[:2]}-{day[2:]}",
        )
        cases.append(pytest.param(case, id=shows))
    return cases


@pytest.mark.parametrize("case", read_cases(LIVE))
def test_near_the_clock_the_clock_gives_the_day(case: Case) -> None:
    dated = date_tick(case.exchange, case.time, case.days, case.clock_ns)

    assert said(dated) == f"Live {case.day} {case.time}"


@pytest.mark.parametrize("case", read_cases(PAST))
def test_far_from_the_clock_the_tick_gives_the_day(case: Case) -> None:
    dated = date_tick(case.exchange, case.time, case.days, case.clock_ns)

    assert said(dated) == f"Past {case.day} {case.time}"


@pytest.mark.parametrize(
    ("time", "day", "clock", "outcome"),
    [
        pytest.param("", "20261123", "2026-11-23 09:30:00", Dating.UNPARSABLE, id="empty"),
        pytest.param("9:30:00", "20261123", "2026-11-23 09:30:00", Dating.UNPARSABLE, id="short"),
        pytest.param("24:00:00", "20261123", "2026-11-23 09:30:00", Dating.UNPARSABLE, id="no hour"),
        pytest.param("09:60:00", "20261123", "2026-11-23 09:30:00", Dating.UNPARSABLE, id="no minute"),
        pytest.param("09:30:00\n", "20261123", "2026-11-23 09:30:00", Dating.UNPARSABLE, id="more text"),
        pytest.param(
            "\u0660\u0669:30:00", "20261123", "2026-11-23 09:30:00", Dating.UNPARSABLE, id="other digits"
        ),
        pytest.param("09:40:01", "20261123", "2026-11-23 09:30:00", Dating.AHEAD, id="just too far ahead"),
        pytest.param("11:30:00", "20261123", "2026-11-23 09:30:00", Dating.AHEAD, id="a clock 2 h behind"),
        pytest.param("08:59:59", "20261106", "2026-11-21 09:00:00", Dating.OLD, id="just too old"),
        pytest.param("21:00:00", "20200101", "2026-11-23 09:00:00", Dating.OLD, id="years old"),
    ],
)
def test_what_cannot_be_dated_says_why(time: str, day: str, clock: str, outcome: Dating) -> None:
    assert date_tick("SHFE", time, Days(day, day, "20261123"), at(clock)).outcome is outcome


def test_a_tick_ahead_of_a_wrong_clock_still_says_by_how_much() -> None:
    dated = date_tick("SHFE", "09:40:01", Days("20261123", "20261123", "20261123"), at("2026-11-23 09:30:00"))

    assert (dated.is_time, dated.time_ns) == (False, at("2026-11-23 09:40:01"))


def test_a_day_that_is_none_counts_as_empty() -> None:
    dated = date_tick("SHFE", "15:00:00", Days("20261131", "20261120", "20261123"), at("2026-11-23 08:50:00"))

    assert said(dated) == "Past 2026-11-20 15:00:00"


@pytest.mark.parametrize(
    ("millisecond", "added"),
    [
        (0, 0),
        (5, 5_000_000),
        (38, 38_000_000),
        (500, 500_000_000),
        (999, 999_000_000),
        (1000, None),
        (-1, None),
    ],
)
def test_milliseconds_are_integers_not_the_digits_of_a_fraction(millisecond: int, added: int | None) -> None:
    assert add_milliseconds(0, millisecond) == added


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        pytest.param(FrontTime("20261123", "09:30:00"), "2026-11-23 09:30:00", id="by day"),
        pytest.param(FrontTime("20261123", "21:30:00"), "2026-11-20 21:30:00", id="Friday night"),
        pytest.param(FrontTime("20261123", "00:30:00"), "2026-11-21 00:30:00", id="its small hours"),
        pytest.param(FrontTime("20261124", "21:30:00"), "2026-11-23 21:30:00", id="Monday night"),
        pytest.param(
            FrontTime("20261123", "09:30:00", "TradingHosting"), "2026-11-23 09:30:00", id="a broker's"
        ),
        pytest.param(
            FrontTime("20261123", "09:30:00", "mds-simulator 20261121"),
            "2026-11-21 09:30:00",
            id="a Saturday",
        ),
        pytest.param(
            FrontTime("20261123", "09:30:00", "mds-simulator 20261399"), "2026-11-23 09:30:00", id="no day"
        ),
    ],
)
def test_the_clock_of_a_front_follows_from_its_login(told: FrontTime, moment: str) -> None:
    assert moment_of_login(told) == at(moment)


@pytest.mark.parametrize(("day", "time"), [("", "09:30:00"), ("20261123", "")])
def test_a_login_without_day_or_time_gives_no_clock(day: str, time: str) -> None:
    assert moment_of_login(FrontTime(day, time)) is None
