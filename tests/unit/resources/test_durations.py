from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_protocol.resources.durations import MAX_LENGTH, Duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("1s", 1),
        ("90s", 90),
        ("1m30s", 90),
        ("5m", 300),
        ("1h", 3600),
        ("1h1m1s", 3661),
        ("99999s", 99999),
    ],
)
def test_hours_minutes_and_seconds_add_up(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "s",
        "-1s",
        "1.5s",
        "10 s",
        "1s1m",
        "1s1s",
        "10S",
        "1d",
        "500ms",
        "100000s",
        "1s\n",
        "\u0661s",
    ],
)
def test_anything_else_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="written as 10s, 5m or 1m30s"):
        parse_duration(text)


def test_a_refusal_repeats_only_the_beginning() -> None:
    with pytest.raises(ValueError, match=f"^'{'x' * MAX_LENGTH}' is"):
        parse_duration("x" * 1000)


@given(st.integers(0, 9999), st.integers(0, 9999), st.integers(0, 99999))
def test_every_duration_in_range_is_read_and_fits_its_limit(hours: int, minutes: int, seconds: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s"

    assert Duration(text).seconds == hours * 3600 + minutes * 60 + seconds
    assert len(text) <= MAX_LENGTH
