"""Which reading of a KV entry is newer, also after the bucket was made anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mds_runtime.nats.revision import Revision

WRITTEN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def write(number: int, later_ms: float = 0.0) -> Revision:
    return Revision(number, WRITTEN + timedelta(milliseconds=later_ms))


@pytest.mark.parametrize(
    ("number", "later_ms", "is_after"),
    [
        pytest.param(8, 5.0, True, id="the-next"),
        pytest.param(8, -5.0, True, id="the-next-of-a-server-whose-clock-was-set-back"),
        pytest.param(7, 0.0, False, id="the-same"),
        pytest.param(7, 1.0, False, id="the-same-rounded-otherwise"),
        pytest.param(6, -900.0, False, id="a-late-answer"),
        pytest.param(7, 900.0, True, id="the-same-number-in-a-bucket-made-anew"),
        pytest.param(1, 900.0, True, id="the-first-of-a-bucket-made-anew"),
    ],
)
def test_a_reading_is_newer(number: int, later_ms: float, *, is_after: bool) -> None:
    assert write(number, later_ms).is_after(write(7)) is is_after


def test_the_first_reading_is_newer_than_none() -> None:
    assert write(1).is_after(None)
