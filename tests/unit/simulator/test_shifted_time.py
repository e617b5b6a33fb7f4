"""What a clock that is off makes of a snapshot's times."""

from __future__ import annotations

import pytest

from mds_simulator import wire
from mds_simulator.front.tick_fields import overwrite, shift_time

PLAIN = bytes(wire.TICK_BYTES)

SHIFTS = [
    pytest.param(3 * 3600, b"12:30:01", b"20261123", id="ahead"),
    pytest.param(-3 * 3600, b"06:30:01", b"20261123", id="behind"),
    pytest.param(-9 * 3600 - 1802, b"23:59:59", b"20261122", id="to the day before"),
    pytest.param(14 * 3600 + 1799, b"00:00:00", b"20261124", id="to the day after"),
]


def stamped(update_time: bytes, action_day: bytes) -> bytes:
    day = action_day.ljust(8, b"\0")
    return overwrite(overwrite(PLAIN, "update_time", update_time), "action_day", day)


@pytest.mark.parametrize(("seconds", "update_time", "action_day"), SHIFTS)
def test_the_time_of_day_moves_and_the_day_past_midnight(
    seconds: int, update_time: bytes, action_day: bytes
) -> None:
    assert shift_time(stamped(b"09:30:01", b"20261123"), seconds) == stamped(update_time, action_day)


def test_an_empty_day_stays_empty() -> None:
    assert shift_time(stamped(b"23:30:00", b""), 3600) == stamped(b"00:30:00", b"")
