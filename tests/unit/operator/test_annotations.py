"""Times that a person writes into annotations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mds_operator.domain.annotations import TEXT_MAX, parse_time


@pytest.mark.parametrize(
    "text", ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59.999999-12:00", "2026-11-20T21:00:00.123+08:00"]
)
def test_a_time_of_these_centuries_is_read_wherever_its_writer_lives(text: str) -> None:
    assert parse_time(text) == datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0001-01-01T00:00:00+14:00", id="before year 1 in UTC"),
        pytest.param("9999-12-31T23:59:59-14:00", id="after year 9999 in UTC"),
        pytest.param("1999-12-31T23:59:59Z", id="before 2000"),
        pytest.param("2200-01-01T00:00:00Z", id="after 2199"),
        pytest.param("2026-11-20T13:00:00", id="without an offset"),
        pytest.param("2026-11-31T13:00:00Z", id="no such day"),
        pytest.param("2026-11-20T13:00:00+25:00", id="no such offset"),
        pytest.param("yesterday", id="words"),
        pytest.param("", id="nothing"),
        pytest.param("2026-11-20T13:00:00Z" + " " * TEXT_MAX, id="too long to be repeated"),
    ],
)
def test_what_is_no_such_time_is_none(text: str) -> None:
    assert parse_time(text) is None
