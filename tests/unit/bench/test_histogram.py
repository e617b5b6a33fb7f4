"""Latencies in buckets: what is asked of them is right to one per cent, and none is dropped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.histogram import Histogram, find_bucket, find_upper_edge, show_percentiles


def make(*samples: int) -> Histogram:
    made = Histogram()
    for sample in samples:
        made.add(sample)
    return made


@pytest.mark.parametrize(
    ("us", "bucket"), [(0, 0), (127, 127), (128, 128), (129, 128), (1000, 1000), (1007, 1000)]
)
def test_small_latencies_are_kept_exactly_and_large_ones_nearly(us: int, bucket: int) -> None:
    assert find_bucket(us) == bucket


@given(us=st.integers(0, 10**12))
def test_a_latency_lies_within_its_bucket_of_less_than_two_per_cent(us: int) -> None:
    lower = find_bucket(us)
    upper = find_upper_edge(lower)

    assert lower <= us <= upper
    assert upper - lower <= us / 64


def test_a_clock_that_went_back_is_seen_and_not_hidden() -> None:
    assert make(-3, 5).counts == {-3: 1, 5: 1}


@pytest.mark.parametrize(
    ("percent", "found"),
    [(50.0, 50), (99.0, 99), (99.9, 100), (100.0, 100), (0.0, 1)],
)
def test_a_percentile_is_the_smallest_sample_that_so_many_do_not_pass(percent: float, found: int) -> None:
    assert make(*range(100, 0, -1)).find_percentile(percent) == found


def test_no_percentile_is_beyond_the_largest_sample() -> None:
    assert make(1001).find_percentile(99.9) == 1001


def test_nothing_has_no_percentile() -> None:
    assert Histogram().find_percentile(50.0) is None
    assert show_percentiles(Histogram()) == ["–"] * 4


@given(parts=st.lists(st.lists(st.integers(0, 10**7), max_size=20), max_size=4))
def test_parts_merge_to_the_whole_and_survive_json(parts: list[list[int]]) -> None:
    whole = make(*(sample for part in parts for sample in part))
    raw = [json.loads(json.dumps(make(*part).describe())) for part in parts]

    assert Histogram.merge(map(Histogram.read, raw)) == whole


def test_cells_are_milliseconds() -> None:
    assert show_percentiles(make(1260, 2000)) == ["1.26", "2.00", "2.00", "2.0"]
