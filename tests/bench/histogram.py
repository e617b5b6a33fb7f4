"""How often which latency occurred, in buckets of about one per cent: nothing is dropped or averaged.

A bucket's key is its lower edge in microseconds; below 128 each microsecond has its own. So a minute of
300,000 samples is a few hundred numbers of JSON, and adding one costs the measured process next to nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXACT_BITS: Final = 7  # of a value that are kept


def find_bucket(us: int) -> int:
    """Return the lower edge; a negative latency is one of two clocks, and stays as it is."""
    shift = us.bit_length() - EXACT_BITS
    return us if us < 0 or shift <= 0 else us >> shift << shift


def find_upper_edge(bucket: int) -> int:
    """Return the largest value of a bucket."""
    shift = bucket.bit_length() - EXACT_BITS
    return bucket if bucket < 0 or shift <= 0 else bucket + (1 << shift) - 1


@dataclass(slots=True)
class Histogram:
    counts: dict[int, int] = field(default_factory=dict)
    most_us: int = 0
    """The largest, exactly."""

    def add(self, us: int) -> None:
        bucket = find_bucket(us)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.most_us = max(self.most_us, us)

    @property
    def samples(self) -> int:
        return sum(self.counts.values())

    def find_percentile(self, percent: float) -> int | None:
        """Return the upper edge of the bucket that holds it, in µs; None of nothing."""
        rank = max(1, math.ceil(self.samples * percent / 100))
        passed = 0
        for bucket in sorted(self.counts):
            passed += self.counts[bucket]
            if passed >= rank:
                return min(find_upper_edge(bucket), self.most_us)
        return None

    def describe(self) -> dict[str, object]:
        """As raw JSON; the counts are one text, `<bucket>:<count>`, so that a file of them stays readable."""
        counts = " ".join(f"{bucket}:{self.counts[bucket]}" for bucket in sorted(self.counts))
        return {"most_us": self.most_us, "counts_by_us": counts}

    @classmethod
    def read(cls, raw: Mapping[str, object]) -> Self:
        counts, most_us = raw["counts_by_us"], raw["most_us"]
        if not isinstance(counts, str) or not isinstance(most_us, int):
            raise TypeError(f"no histogram: {raw!r}")
        pairs = (pair.split(":") for pair in counts.split())
        return cls({int(bucket): int(count) for bucket, count in pairs}, most_us)

    @classmethod
    def merge(cls, parts: Iterable[Self]) -> Self:
        whole = cls()
        for part in parts:
            for bucket, count in part.counts.items():
                whole.counts[bucket] = whole.counts.get(bucket, 0) + count
            whole.most_us = max(whole.most_us, part.most_us)
        return whole


PERCENTILES: Final = (50.0, 99.0, 99.9)


def show_percentiles(histogram: Histogram) -> list[str]:
    """In ms, and the largest, as cells of a table."""
    found = [histogram.find_percentile(percent) for percent in PERCENTILES]
    return [
        *("–" if one is None else f"{one / 1000:.2f}" for one in found),
        f"{histogram.most_us / 1000:.1f}" if histogram.counts else "–",
    ]
