"""Which trading day a moment belongs to. Beijing has no summer time, so this is plain arithmetic.

A moment is nanoseconds since 1970 in UTC. After 17:00 of a trading day the next one has begun, so the night
of Friday belongs to Monday. There is no night session before a holiday that is not just a weekend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
SECOND_NS: Final = 1_000_000_000
MILLISECOND_NS: Final = 1_000_000
_BEIJING_NS: Final = 8 * 3600 * SECOND_NS
_DAY_NS: Final = 86400 * SECOND_NS
_EPOCH: Final = date(1970, 1, 1)
_DAY_TURNS_AT_HOUR: Final = 17
_CLOSE_HOUR: Final = 15
_SATURDAY: Final = 5
_FRIDAY: Final = 4


def from_beijing(text: str) -> int:
    """`2026-11-23T09:30:00` in Beijing, as a moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=BEIJING)
    return int((moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) * SECOND_NS


def natural_day(moment_ns: int) -> date:
    return _EPOCH + timedelta(days=(moment_ns + _BEIJING_NS) // _DAY_NS)


def second_of_day(moment_ns: int) -> int:
    return (moment_ns + _BEIJING_NS) % _DAY_NS // SECOND_NS


@dataclass(frozen=True, slots=True)
class Calendar:
    holidays: frozenset[date] = frozenset()

    def is_trading_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.holidays

    def next_trading_day(self, day: date) -> date:
        following = day + timedelta(days=1)
        while not self.is_trading_day(following):
            following += timedelta(days=1)
        return following

    def trading_day(self, moment_ns: int) -> date:
        day = natural_day(moment_ns)
        over = second_of_day(moment_ns) >= _DAY_TURNS_AT_HOUR * 3600
        return self.next_trading_day(day) if over or not self.is_trading_day(day) else day

    def last_close(self, moment_ns: int) -> int:
        """15:00 of the latest trading day that was over by then."""
        day_start = moment_ns - (moment_ns + _BEIJING_NS) % _DAY_NS
        close = day_start + _CLOSE_HOUR * 3600 * SECOND_NS
        while close > moment_ns or not self.is_trading_day(natural_day(close)):
            close -= _DAY_NS
        return close

    def has_night(self, evening: date) -> bool:
        """Whether a night session begins on this evening."""
        if not self.is_trading_day(evening):
            return False
        days_off = (self.next_trading_day(evening) - evening).days - 1
        return days_off == 0 or (days_off == 2 and evening.weekday() == _FRIDAY)  # noqa: PLR2004 - a weekend
