"""Which state a product is in at a moment: the instrument status that the trading API pushes.

The first session of a trading day opens with an auction: 20:55 for products with a night session, five
minutes before the day's open without. In breaks most exchanges say 1, CZCE says 0.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Final

from mds_simulator.exchange.calendar import Calendar, natural_day, second_of_day
from mds_simulator.exchange.products import Exchange, Hours, Product


class Status(Enum):
    """CTP's codes."""

    BEFORE_TRADING = b"0"
    NO_TRADING = b"1"
    CONTINUOUS = b"2"
    AUCTION_ORDERS = b"3"
    AUCTION_MATCH = b"5"
    CLOSED = b"6"


class Force(StrEnum):
    """What the control port imposes on a product."""

    CALENDAR = "calendar"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Phase:
    """A state and the second of the natural day that it began in."""

    since: int
    status: Status


@dataclass(frozen=True, slots=True)
class Schedule:
    """What products with the same hours share; there are about ten."""

    hours: Hours
    night_minutes: int
    in_breaks: Status


_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_NIGHT_OPEN: Final = 21 * _HOUR
_DAY_TURNS: Final = 17 * _HOUR
_ORDERS_BEFORE: Final = 5 * _MINUTE
_MATCH_BEFORE: Final = 1 * _MINUTE

_SESSIONS: Final = {
    Hours.COMMODITY: ((540, 615), (630, 690), (810, 900)),
    Hours.INDEX: ((570, 690), (780, 900)),
    Hours.BOND: ((570, 690), (780, 915)),
}  # (begin, end) in minutes of the day


def schedule_of(product: Product) -> Schedule:
    in_breaks = Status.BEFORE_TRADING if product.exchange is Exchange.CZCE else Status.NO_TRADING
    return Schedule(product.hours, product.night, in_breaks)


def phase_at(schedule: Schedule, moment_ns: int, calendar: Calendar) -> Phase:
    phases = timeline(schedule, natural_day(moment_ns), calendar)
    second = second_of_day(moment_ns)
    return phases[bisect_right(phases, second, key=lambda phase: phase.since) - 1]


@lru_cache(maxsize=256)
def timeline(schedule: Schedule, day: date, calendar: Calendar) -> tuple[Phase, ...]:
    """The phases of one natural day, the first at second 0."""
    trades_at_night = schedule.night_minutes > 0
    had_night = trades_at_night and calendar.has_night(_evening_before(calendar, day))
    rest = schedule.in_breaks if had_night else Status.BEFORE_TRADING
    phases = _small_hours(schedule, rest, running=trades_at_night and calendar.has_night(day - timedelta(1)))
    if calendar.is_trading_day(day):
        phases += _daytime(schedule, auction=not had_night)
        phases.append(Phase(_DAY_TURNS, Status.BEFORE_TRADING))
    if trades_at_night and calendar.has_night(day):
        phases += _evening(schedule)
    return tuple(phases)


def _evening_before(calendar: Calendar, day: date) -> date:
    """The evening whose night session, if there was one, belongs to the trading day of `day`."""
    evening = day - timedelta(days=1)
    while not calendar.is_trading_day(evening):
        evening -= timedelta(days=1)
    return evening


def _small_hours(schedule: Schedule, rest: Status, *, running: bool) -> list[Phase]:
    end = _NIGHT_OPEN + schedule.night_minutes * _MINUTE - _DAY
    if running and end > 0:
        return [Phase(0, Status.CONTINUOUS), Phase(end, schedule.in_breaks)]
    return [Phase(0, rest)]


def _daytime(schedule: Schedule, *, auction: bool) -> list[Phase]:
    sessions = [(begin * _MINUTE, end * _MINUTE) for begin, end in _SESSIONS[schedule.hours]]
    phases = _auction(sessions[0][0]) if auction else []
    for begin, end in sessions:
        phases += [Phase(begin, Status.CONTINUOUS), Phase(end, schedule.in_breaks)]
    return [*phases[:-1], Phase(sessions[-1][1], Status.CLOSED)]


def _evening(schedule: Schedule) -> list[Phase]:
    phases = [*_auction(_NIGHT_OPEN), Phase(_NIGHT_OPEN, Status.CONTINUOUS)]
    end = _NIGHT_OPEN + schedule.night_minutes * _MINUTE
    return [*phases, Phase(end, schedule.in_breaks)] if end < _DAY else phases


def _auction(opening: int) -> list[Phase]:
    return [
        Phase(opening - _ORDERS_BEFORE, Status.AUCTION_ORDERS),
        Phase(opening - _MATCH_BEFORE, Status.AUCTION_MATCH),
    ]
