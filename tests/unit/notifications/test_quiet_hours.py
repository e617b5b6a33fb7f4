"""The example mutes warnings while no market can be open or is about to, and nothing that is critical."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import yaml

from monitoring.sources import read_alerts

ROOT: Final = Path(__file__).parents[3]
SPEC: Final = yaml.safe_load((ROOT / "examples" / "notifications" / "quiet-hours.yaml").read_text())["spec"]
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONDAY: Final = datetime(2026, 1, 5, tzinfo=SHANGHAI)
DAY_END: Final = "24:00"


def holds(interval: dict[str, Any], now: datetime) -> bool:
    """As Alertmanager reads an interval: its end is outside of it."""
    day = now.weekday()
    in_days = any(day in read_days(each) for each in interval.get("weekdays", DAYS))
    minute = now.hour * 60 + now.minute
    times = interval.get("times", [{"startTime": "00:00", "endTime": DAY_END}])
    return in_days and any(
        read_minute(each["startTime"]) <= minute < read_minute(each["endTime"]) for each in times
    )


def read_days(text: str) -> range:
    first, _, last = text.partition(":")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def read_minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def is_muted(severity: str, shanghai: datetime) -> bool:
    now = shanghai.astimezone(UTC)
    intervals = {each["name"]: each["timeIntervals"] for each in SPEC["muteTimeIntervals"]}
    routes = [
        route
        for route in SPEC["route"]["routes"]
        if {"name": "severity", "matchType": "=", "value": severity} in route["matchers"]
    ]
    names = [name for route in routes for name in route["muteTimeIntervals"]]
    return any(holds(interval, now) for name in names for interval in intervals[name])


def at(day: int, clock: str) -> datetime:
    """Of the week of MONDAY, in Shanghai."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(clock), SHANGHAI)


@pytest.mark.parametrize("day", range(5))
@pytest.mark.parametrize("clock", ["08:30", "08:40", "10:15", "12:00", "15:14", "20:40", "21:00", "23:59"])
def test_warnings_are_told_on_a_trading_day_from_twenty_minutes_before_an_opening(
    day: int, clock: str
) -> None:
    assert not is_muted("warning", at(day, clock))


@pytest.mark.parametrize("day", range(1, 6), ids=["Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"])
def test_a_night_session_is_told_to_its_end(day: int) -> None:
    assert not is_muted("warning", at(day, "02:29"))
    assert is_muted("warning", at(day, "02:30"))


@pytest.mark.parametrize("moment", [at(1, "08:29"), at(5, "10:00"), at(6, "21:00"), at(7, "07:59")])
def test_warnings_wait_while_no_market_can_be_open(moment: datetime) -> None:
    assert is_muted("warning", moment)


@pytest.mark.parametrize("hour", range(24))
def test_what_is_critical_is_told_at_any_hour(hour: int) -> None:
    assert not any(is_muted("critical", at(day, f"{hour:02}:30")) for day in range(7))


def test_the_alert_before_an_opening_is_critical() -> None:
    (alert,) = (each for each in read_alerts() if each.name == "MdsNotReady")

    assert {rule.severity for rule in alert.rules} == {"critical"}
