"""What a span of the stream holds, on ticks made by hand."""

from __future__ import annotations

from tests.first_day.stream import Held, split
from tests.kit.reading_back import StoredTick

MS = 1_000_000


def store(at_ms: int, serial: int, account: str = "ctp-a") -> StoredTick:
    return StoredTick(at_ms, at_ms * MS, 1, account, "rb2701", serial, str(serial), (serial, 0))


def test_a_hole_and_a_silence_stand_where_they_are_seen() -> None:
    ticks = [store(100, 1), store(200, 2), store(2_600, 7, "ctp-b")]

    held = split(ticks, 0, [1_000 * MS, 2_000 * MS, 3_000 * MS])

    assert held == [
        Held({"ctp-a": 2}, silence_ms=800.0),
        Held({}, silence_ms=1_800.0),
        Held({"ctp-b": 1}, lost=4, silence_ms=2_400.0),
    ]


def test_a_stream_that_takes_nothing_is_silent_from_the_beginning() -> None:
    assert split([], 0, [500 * MS, 900 * MS]) == [Held(silence_ms=500.0), Held(silence_ms=900.0)]


def test_what_is_stored_twice_is_told() -> None:
    assert split([store(1, 5), store(2, 5)], 0, [10 * MS])[0].repeated == 1
