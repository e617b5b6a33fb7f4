"""Families of figures for `/metrics`: name, help, and how each is read from what one scrape sees.

The work keeps plain counters and no metric objects. A table of families is also the table in the docs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

type Values = Mapping[Any, float]
"""By the value of the label, or a tuple of several; a family without labels has the one key ()."""


@dataclass(frozen=True, slots=True)
class Family[S]:
    """`S` is what one scrape sees. A process derives from it with its own prefix."""

    prefix: ClassVar[str]
    name: str
    text: str
    read: Callable[[S], Values]
    labels: tuple[str, ...] = ()
    kind: str = "gauge"

    @property
    def full_name(self) -> str:
        return self.prefix + self.name + ("_total" if self.kind == "counter" else "")

    def collect(self, seen: S) -> Metric:
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        metric = make(self.prefix + self.name, self.text, labels=self.labels)
        for key, figure in self.read(seen).items():
            metric.add_metric(as_labels(key), float(figure))
        return metric


def one(figure: float | None) -> Values:
    """Without labels; None: there is no such figure now."""
    return {} if figure is None else {(): float(figure)}


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram that was kept by plain numbers."""

    bounds_s: Iterable[float]
    counts: Iterable[int]
    """Not cumulated; the last one counts what is beyond all bounds."""
    sum_s: float


@dataclass(frozen=True, slots=True)
class Histogram[S]:
    """A family whose series are histograms; as `Family` otherwise."""

    prefix: ClassVar[str]
    kind: ClassVar[str] = "histogram"
    name: str
    text: str
    read: Callable[[S], Mapping[Any, Buckets]]
    labels: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return self.prefix + self.name

    def collect(self, seen: S) -> Metric:
        return collect_histogram(self.full_name, self.text, self.labels, self.read(seen))


def collect_histogram(
    name: str, text: str, labels: tuple[str, ...], buckets: Mapping[Any, Buckets]
) -> Metric:
    """`buckets` by the value of the label, or a tuple of several; () without labels."""
    metric = HistogramMetricFamily(name, text, labels=labels)
    for key, kept in buckets.items():
        bounds = [*map(str, kept.bounds_s), "+Inf"]
        cumulated = list(zip(bounds, accumulate(kept.counts), strict=True))
        metric.add_metric(as_labels(key), cumulated, kept.sum_s)
    return metric


def as_labels(key: str | tuple[str, ...]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key
