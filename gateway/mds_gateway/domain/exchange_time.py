"""When a tick happened, in UTC nanoseconds. CTP says the time of day; the day must be found.

What the fields of a tick are worth, by exchange:

    exchange       TradingDay    ActionDay at night          so the natural day is
    SHFE INE       trading day   the natural day             ActionDay
    CFFEX          trading day   no night                    ActionDay
    CZCE           natural day   the natural day             ActionDay
    DCE GFEX       trading day   the trading day, or empty   TradingDay, at night the evening before it

The days of a tick date a snapshot that is sent again at a login, be it from Friday night. They do not date
a live tick: fronts were seen to write both days wrongly, while a live tick is never far from the clock. So
near the clock the clock decides, elsewhere the tick; and what neither can place is an outcome with a name,
never a guess.

`now_ns` is the market's time. It is the wall clock, but for a front that lives at another moment (a
simulator).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, StrEnum
from typing import NamedTuple

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
DAY_NS = 86_400 * SECOND_NS
BEIJING_NS = 8 * 3600 * SECOND_NS  # no summer time since 1991

AHEAD_NS = 600 * SECOND_NS  # a tick may be that far ahead of a machine's clock before the clock is blamed
LIVE_NS = 1_800 * SECOND_NS  # older is no live tick; a front that lags was seen to be 4 minutes behind
# Further ahead than this is no clock that is behind, but a snapshot re-sent under the trading day that comes.
CLOCK_FAULT_NS = 7_200 * SECOND_NS
OLD_NS = 15 * DAY_NS  # no holiday is that long, so no snapshot is that old

_EVENING_HOUR = 17  # from here on a session belongs to the next trading day
_MORNING_HOUR = 6  # before it, to the evening's
_SATURDAY = 5
_SUNDAY = 6
_MILLISECONDS = 1000
_EPOCH = date(1970, 1, 1)
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", re.ASCII)
_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_SIMULATED_DAY = re.compile(r"mds-simulator ([0-9]{8})", re.ASCII)


class Dating(StrEnum):
    """What became of a tick's time. The first two are times, the others are reasons to have none."""

    LIVE = "Live"
    PAST = "Past"
    UNPARSABLE = "UnparsableTime"
    AHEAD = "AheadOfClock"
    OLD = "TooOld"


class Habit(Enum):
    """Which of its days an exchange writes as they are."""

    ACTION_DAY_IS_NATURAL = "action day"
    ACTION_DAY_IS_TRADING_DAY = "trading day"
    BOTH_DAYS_ARE_NATURAL = "both"


HABITS = {
    "SHFE": Habit.ACTION_DAY_IS_NATURAL,
    "INE": Habit.ACTION_DAY_IS_NATURAL,
    "CFFEX": Habit.ACTION_DAY_IS_NATURAL,
    "DCE": Habit.ACTION_DAY_IS_TRADING_DAY,
    "GFEX": Habit.ACTION_DAY_IS_TRADING_DAY,
    "CZCE": Habit.BOTH_DAYS_ARE_NATURAL,
}


@dataclass(frozen=True, slots=True)
class Days:
    """The days as the tick writes them, and the trading day of the login; each YYYYMMDD or empty."""

    action: str
    trading: str
    login: str


class FrontTime(NamedTuple):
    """What a login says of the front's clock."""

    trading_day: str
    time: str
    system: str = ""
    """The front's name. A simulator's ends with its natural day: Saturday's trading day is Monday's, too."""


@dataclass(frozen=True, slots=True)
class Dated:
    """`time_ns` is the second; the milliseconds are added by `add_milliseconds`. 0 where there is none.

    `AHEAD` has one, though no time for a tick: it says by how much this machine's clock is wrong.
    """

    outcome: Dating
    time_ns: int = 0

    @property
    def is_time(self) -> bool:
        return self.outcome in (Dating.LIVE, Dating.PAST)


def date_tick(exchange: str, update_time: str, days: Days, now_ns: int) -> Dated:
    """The second in which a tick happened."""
    of_day_ns = _parse_time_of_day(update_time)
    if of_day_ns is None:
        return Dated(Dating.UNPARSABLE)
    habit = HABITS.get(exchange, Habit.ACTION_DAY_IS_NATURAL)
    said_ns = _by_its_days(habit, of_day_ns, days)
    near_ns = _latest_before(of_day_ns, now_ns + AHEAD_NS)
    if near_ns >= now_ns - LIVE_NS and not _is_of_an_earlier_day(habit, days, said_ns, near_ns):
        return Dated(Dating.LIVE, near_ns)
    return _date_far_from_clock(of_day_ns, said_ns, near_ns, now_ns)


def add_milliseconds(second_ns: int, millisecond: int) -> int | None:
    """None: no millisecond, so the time cannot be read."""
    return second_ns + millisecond * MILLISECOND_NS if 0 <= millisecond < _MILLISECONDS else None


def moment_of_login(told: FrontTime) -> int | None:
    """The front's own clock at a login, to follow one that lives at another moment than this machine."""
    of_day_ns, day = _parse_time_of_day(told.time), _parse_day(told.trading_day)
    if of_day_ns is None or day is None:
        return None
    natural = _SIMULATED_DAY.fullmatch(told.system)
    return _moment((natural and _parse_day(natural[1])) or _natural_day(day, of_day_ns), of_day_ns)


def _date_far_from_clock(of_day_ns: int, said_ns: int | None, near_ns: int, now_ns: int) -> Dated:
    if said_ns is None or said_ns > now_ns + CLOCK_FAULT_NS:
        return Dated(Dating.PAST, _step_to_a_session(near_ns, of_day_ns))
    if said_ns > now_ns + AHEAD_NS:
        return Dated(Dating.AHEAD, said_ns)
    return Dated(Dating.OLD) if said_ns < now_ns - OLD_NS else Dated(Dating.PAST, said_ns)


def _is_of_an_earlier_day(habit: Habit, days: Days, said_ns: int | None, near_ns: int) -> bool:
    """A snapshot sent again, whose time of day happens to be that of the clock."""
    if said_ns is None or said_ns >= near_ns:
        return False
    if habit is Habit.BOTH_DAYS_ARE_NATURAL:
        return days.action == days.trading
    return "" < days.trading < days.login


def _by_its_days(habit: Habit, of_day_ns: int, days: Days) -> int | None:
    if habit is not Habit.ACTION_DAY_IS_TRADING_DAY and (natural := _parse_day(days.action)):
        return _moment(natural, of_day_ns)
    day = _parse_day(days.trading) or _parse_day(days.action)
    if day is None:
        return None
    is_natural = habit is Habit.BOTH_DAYS_ARE_NATURAL
    return _moment(day if is_natural else _natural_day(day, of_day_ns), of_day_ns)


def _natural_day(trading_day: date, of_day_ns: int) -> date:
    """No session on the night before a holiday: a trading day begins on the weekday before it."""
    hour = of_day_ns // SECOND_NS // 3600
    if _MORNING_HOUR <= hour < _EVENING_HOUR:
        return trading_day
    evening = trading_day - timedelta(days=1)
    while evening.weekday() >= _SATURDAY:
        evening -= timedelta(days=1)
    return evening if hour >= _EVENING_HOUR else evening + timedelta(days=1)


def _latest_before(of_day_ns: int, limit_ns: int) -> int:
    midnight_ns = (limit_ns + BEIJING_NS) // DAY_NS * DAY_NS - BEIJING_NS
    moment_ns = midnight_ns + of_day_ns
    return moment_ns if moment_ns <= limit_ns else moment_ns - DAY_NS


def _step_to_a_session(moment_ns: int, of_day_ns: int) -> int:
    """Back over the weekend, where nothing trades but Friday's night after midnight."""
    days_off = {_SUNDAY, 0} if of_day_ns < _MORNING_HOUR * 3600 * SECOND_NS else {_SATURDAY, _SUNDAY}
    while _weekday(moment_ns) in days_off:
        moment_ns -= DAY_NS
    return moment_ns


def _weekday(moment_ns: int) -> int:
    return (_EPOCH + timedelta(days=(moment_ns + BEIJING_NS) // DAY_NS)).weekday()


def _moment(natural_day: date, of_day_ns: int) -> int:
    return (natural_day - _EPOCH).days * DAY_NS - BEIJING_NS + of_day_ns


def _parse_time_of_day(text: str) -> int | None:
    if not _TIME.fullmatch(text):
        return None
    return (int(text[:2]) * 3600 + int(text[3:5]) * 60 + int(text[6:])) * SECOND_NS


def _parse_day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:  # 20260231: digits, but no day
        return None
