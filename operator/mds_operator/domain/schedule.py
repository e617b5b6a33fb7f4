"""When `schedule.dailyRestarts` asks for a restart: its times, in its zone, on days of trading in China."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from mds_protocol.resources.feedaccount import FeedAccount, Restarts, Schedule

    type IsTradingDay = Callable[[date], bool]

TRADING_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""What a trading day is, whatever the schedule's own time zone."""

_SEARCHED_DAYS: Final = 17
"""Longer than any holiday with its weekends, and a day at each end for the zones."""


def find_zone(schedule: Schedule) -> ZoneInfo | None:
    try:
        return ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError):  # not known; not a name; the name of a folder
        return None


def tell_no_zone(schedule: Schedule) -> str:
    return f"schedule.timeZone is {schedule.time_zone!r}, which is no IANA time zone: nothing is scheduled"


def list_times(
    schedule: Schedule, is_trading_day: IsTradingDay, *, first: timedelta, last: timedelta, wall: datetime
) -> Iterator[datetime]:
    """Its times from the day of `wall + first` to that of `wall + last`, in order; none without a zone."""
    zone = find_zone(schedule)
    if zone is None:
        return
    day, end = (wall + first).astimezone(zone).date(), (wall + last).astimezone(zone).date()
    while day <= end:
        for text in sorted(schedule.daily_restarts):
            at = datetime.combine(day, time.fromisoformat(text), zone)
            if is_trading_day(at.astimezone(TRADING_ZONE).date()):
                yield at
        day += timedelta(days=1)


def note_next(
    restarts: Restarts, account: FeedAccount, is_trading_day: IsTradingDay, *, is_asleep: bool, wall: datetime
) -> Restarts:
    """With the next restart by the clock, or why there is none."""
    spec, found, why = account.spec, None, _find_hindrance(account, is_asleep=is_asleep)
    if why is None:
        ahead = timedelta(days=_SEARCHED_DAYS)
        times = list_times(spec.schedule, is_trading_day, first=timedelta(), last=ahead, wall=wall)
        found = next((at.astimezone(UTC) for at in times if at > wall), None)
        why = None if found else f"the next {_SEARCHED_DAYS} days have no day of trading"
    return restarts.model_copy(update={"next": found, "unscheduled": why})


def _find_hindrance(account: FeedAccount, *, is_asleep: bool) -> str | None:
    schedule = account.spec.schedule
    if not schedule.daily_restarts:
        return "schedule.dailyRestarts is empty"
    if find_zone(schedule) is None:
        return tell_no_zone(schedule)
    if not account.spec.enabled:
        return "enabled is false"
    if account.spec.paused:
        return "paused is true"
    return "the account is cold and asleep" if is_asleep else None
