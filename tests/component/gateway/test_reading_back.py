"""What the proofs measure with measures what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit import reading_back as reading
from tests.kit.reading_back import StoredFence, StoredTick

MS = 1_000_000


def tick(sequence: int, epoch: int, at_ms: int) -> StoredTick:
    return StoredTick(
        sequence, at_ms * MS, epoch, f"ctp-{epoch}", "rb2701", sequence, str(sequence), (at_ms, 0)
    )


TICKS = [tick(2, 1, 100), tick(3, 1, 110), tick(5, 2, 170), tick(6, 2, 180)]
FENCES = [StoredFence(1, 90 * MS, 1, "ctp-1"), StoredFence(4, 150 * MS, 2, "ctp-2")]


def test_the_gap_goes_from_the_last_tick_of_the_old_epoch_to_the_first_of_the_new() -> None:
    assert reading.gap_ns(TICKS, 2) == 60 * MS


def test_the_gap_ends_with_the_new_epoch_whatever_comes_late() -> None:
    assert reading.gap_ns([*TICKS, tick(7, 1, 400)], 2) == 60 * MS


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "longest_ms"),
    [
        pytest.param(100, 180, 60, id="between two ticks"),
        pytest.param(0, 110, 100, id="before the first"),
        pytest.param(100, 500, 320, id="after the last"),
        pytest.param(111, 169, 58, id="without any"),
    ],
)
def test_the_longest_silence_of_a_window(from_ms: int, to_ms: int, longest_ms: int) -> None:
    assert reading.longest_silence_ns(TICKS, from_ms * MS, to_ms * MS) == longest_ms * MS


def test_a_tick_of_an_older_epoch_behind_a_fence_is_late() -> None:
    late = replace(tick(7, 1, 200), contract="SR701")

    assert reading.find_late([*TICKS, late], FENCES) == [late]
    assert reading.find_late(TICKS, FENCES) == []


def test_an_epoch_that_was_fenced_again_began_with_its_first_fence() -> None:
    again = StoredFence(9, 300 * MS, 2, "ctp-2")

    assert [(epoch.number, epoch.active_ns) for epoch in reading.build_epochs([*FENCES, again])] == [
        (1, 90 * MS),
        (2, 150 * MS),
    ]


def test_the_fences_of_eight_lanes_are_one_epoch() -> None:
    lanes = [StoredFence(9 + lane, 300 * MS + lane, 2, "ctp-2") for lane in range(8)]
    among = [tick(sequence, 2, 400) for sequence in range(10, 18)]

    assert reading.build_epochs([*FENCES, *lanes]) == reading.build_epochs(FENCES)
    assert reading.find_late([*TICKS, *among], [*FENCES, *lanes]) == []


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        pytest.param("1970-01-01T00:00:01Z", 1_000_000_000, id="no fraction"),
        pytest.param("1970-01-01T00:00:01.5Z", 1_500_000_000, id="trailing zeros left out"),
        pytest.param("2026-11-21T12:18:53.687400001Z", 1_795_263_533_687_400_001, id="nanoseconds"),
    ],
)
def test_a_stream_time_is_read_to_the_nanosecond(text: str, ns: int) -> None:
    assert reading.parse_ns(text) == ns
