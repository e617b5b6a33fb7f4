from __future__ import annotations

import pytest

from mds_gateway.domain.latency import BOUNDS_S, SLICE_S, SLICES, Hop, Hops

MS = 1_000_000


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        pytest.param(BOUNDS_S[3], 3, id="a bound belongs to its bucket"),
        pytest.param(BOUNDS_S[3] * 1.01, 4, id="just above goes to the next"),
        pytest.param(99.0, len(BOUNDS_S), id="what exceeds all bounds has a bucket, too"),
        pytest.param(-1.0, 0, id="a clock that was set back counts as no time"),
    ],
)
def test_a_time_falls_into_the_bucket_of_the_next_bound(seconds: float, bucket: int) -> None:
    hop = Hop()
    hop.note(seconds, now=0.0)

    assert [number for number, count in enumerate(hop.counts) if count] == [bucket]


def test_quantiles_are_upper_bounds_and_never_above_the_longest() -> None:
    hop = Hop()
    for _ in range(98):
        hop.note(0.0004, now=1.0)
    for _ in range(2):
        hop.note(0.03, now=1.0)

    assert hop.quantiles_us(1.0) == {"p50": 500, "p90": 500, "p99": 30_000, "max": 30_000}


def test_quantiles_forget_after_a_minute_and_buckets_do_not() -> None:
    hop = Hop()
    hop.note(1.0, now=0.0)

    assert hop.quantiles_us(SLICE_S * SLICES - 0.1)["max"] == 1_000_000
    assert hop.quantiles_us(SLICE_S * SLICES) == {}
    assert sum(hop.counts) == 1


def test_a_batch_is_acknowledged_with_its_last_tick() -> None:
    hops = Hops()
    hops.on_sent(1, 3, 0, now_ns=2 * MS, now=10.0)
    hops.on_stored(1, 2, now=10.5)
    assert sum(hops.ack.counts) == 0

    hops.on_stored(1, 1, now=11.0)

    assert (hops.ack.sum_s, hops.publish.sum_s) == (1.0, 0.002)


@pytest.mark.parametrize("end", ["refused", "connection lost", "unknown"])
def test_a_batch_without_a_whole_answer_says_nothing_about_speed(end: str) -> None:
    hops = Hops()
    hops.on_sent(1, 1, 0, now_ns=0, now=10.0)
    if end == "refused":
        hops.on_refused(1)
    elif end == "connection lost":
        hops.on_connection_lost()
    hops.on_stored(2 if end == "unknown" else 1, 1, now=11.0)

    assert sum(hops.ack.counts) == 0
