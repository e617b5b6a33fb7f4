"""The page of figures, byte by byte as the client library writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from mds_runtime.http.exposition import write_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric


class Given(Collector):
    def __init__(self, *metrics: Metric) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def make_gauge(*values: float) -> Metric:
    metric = GaugeMetricFamily("g", "Some.", labels=["at"])
    for at, value in enumerate(values):
        metric.add_metric([str(at)], value)
    return metric


def make_named(value: str) -> Metric:
    metric = CounterMetricFamily("c", "Some \\ with\na break.", labels=["b", "a"])
    metric.add_metric([value, "x"], 1)
    return metric


def make_histogram() -> Metric:
    metric = HistogramMetricFamily("h", "Some.", labels=["hop"])
    metric.add_metric(["ack"], [("0.1", 3), ("+Inf", 5)], 4.5)
    return metric


METRICS = [
    pytest.param(GaugeMetricFamily("g", "Some.", value=1), id="no label"),
    pytest.param(GaugeMetricFamily("g", "Some.", labels=["a"]), id="no sample"),
    pytest.param(make_gauge(0, 1, -1, 0.1, 1e6, 1.5e7, 1.8e9, 1e300, 1e-9), id="numbers"),
    pytest.param(make_gauge(float("inf"), float("-inf"), float("nan")), id="no numbers"),
    pytest.param(make_named("plain"), id="a counter with two labels"),
    pytest.param(make_named('a "b" \\ c\nd'), id="what must be escaped"),
    pytest.param(make_named("行情"), id="letters of another script"),
    pytest.param(make_histogram(), id="a histogram"),
    pytest.param(InfoMetricFamily("i", "Some.", value={"account": "ctp-a"}), id="an info"),
]


@pytest.mark.parametrize("metric", METRICS)
def test_the_page_is_that_of_the_client_library(metric: Metric) -> None:
    registry = CollectorRegistry()
    registry.register(Given(metric))

    assert write_page(registry).decode() == generate_latest(registry).decode()
