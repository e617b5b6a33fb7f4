"""The next restart by the clock, or why there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from mds_operator.domain.schedule import note_next
from mds_operator.domain.sessions import is_trading_day
from mds_protocol.resources.feedaccount import Restarts
from tests.unit.operator.pods.builders import make_account

if TYPE_CHECKING:
    from datetime import date

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, time: str) -> datetime:
    """2026-11-<day>; the 27th is a Friday."""
    return datetime.fromisoformat(f"2026-11-{day}T{time}").replace(tzinfo=SHANGHAI)


def note(
    wall: datetime, *times: str, zone: str = "Asia/Shanghai", asleep: bool = False, **spec: Any
) -> Restarts:
    account = make_account(schedule={"timeZone": zone, "dailyRestarts": list(times)}, **spec)
    before = Restarts(count=3, next=at("01", "08:30"), unscheduled="paused is true")
    return note_next(before, account, is_trading_day, is_asleep=asleep, wall=wall)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        pytest.param(at("27", "08:29:59"), at("27", "08:30"), id="in a second"),
        pytest.param(at("27", "08:30:00"), at("27", "20:30"), id="that one has come"),
        pytest.param(at("27", "20:30:00"), at("30", "08:30"), id="Friday night: on Monday"),
        pytest.param(at("28", "08:30:00"), at("30", "08:30"), id="Saturday"),
        pytest.param(at("29", "23:59:59"), at("30", "08:30"), id="Sunday"),
    ],
)
def test_the_next_restart_is_on_a_day_of_trading(wall: datetime, expected: datetime) -> None:
    noted = note(wall, "20:30", "08:30")

    assert (noted.next, noted.unscheduled, noted.count) == (expected, None, 3)
    assert noted.next is not None
    assert noted.next.tzinfo is UTC


def test_a_holiday_is_passed_over() -> None:
    before = datetime(2026, 9, 30, 21, 0, tzinfo=SHANGHAI)

    assert note(before, "08:30").next == datetime(2026, 10, 8, 8, 30, tzinfo=SHANGHAI)


def test_the_day_of_trading_is_chinas_and_the_time_the_zones() -> None:
    assert note(at("28", "12:00"), "19:30", zone="America/New_York").next == at("30", "08:30")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param({"times": ()}, "schedule.dailyRestarts is empty", id="no times"),
        pytest.param(
            {"zone": "Mars/Olympus"},
            "schedule.timeZone is 'Mars/Olympus', which is no IANA time zone: nothing is scheduled",
            id="no zone",
        ),
        pytest.param({"enabled": False}, "enabled is false", id="disabled"),
        pytest.param({"paused": True}, "paused is true", id="paused"),
        pytest.param({"asleep": True, "standby": "Cold"}, "the account is cold and asleep", id="asleep"),
    ],
)
def test_none_is_told_with_its_cause(told: dict[str, Any], why: str) -> None:
    noted = note(at("27", "12:00"), *told.pop("times", ("08:30",)), **told)

    assert (noted.next, noted.unscheduled) == (None, why)


def test_a_calendar_without_days_of_trading_schedules_nothing() -> None:
    def never(day: date) -> bool:
        del day
        return False

    account = make_account(schedule={"dailyRestarts": ["08:30"]})
    noted = note_next(Restarts(), account, never, is_asleep=False, wall=at("27", "12:00"))

    assert (noted.next, noted.unscheduled) == (None, "the next 17 days have no day of trading")
