"""A family of figures as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from mds_runtime.http import figures
from mds_runtime.http.figures import Buckets, Values, collect_histogram, one

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric


class Family(figures.Family[Values]):
    prefix = "mds_some_"


class Given(Collector):
    def __init__(self, *metrics: Metric) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def render(metric: Metric) -> list[str]:
    registry = CollectorRegistry()
    registry.register(Given(metric))
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


FAMILIES = [
    pytest.param((), one(2), ["mds_some_ticks_total 2.0"], id="without labels"),
    pytest.param((), one(None), [], id="not known now"),
    pytest.param(("code",), {"A": 1, "B": 0}, ['mds_some_ticks_total{code="A"} 1.0'], id="one label"),
    pytest.param(
        ("a", "b"), {("x", "y"): True}, ['mds_some_ticks_total{a="x",b="y"} 1.0'], id="several labels"
    ),
]


@pytest.mark.parametrize(("labels", "values", "first"), FAMILIES)
def test_a_family_has_a_sample_for_each_value(
    labels: tuple[str, ...], values: Values, first: list[str]
) -> None:
    family = Family("ticks", "Ticks.", lambda seen: seen, labels, "counter")

    lines = render(family.collect(values))
    assert lines[:1] == first
    assert len(lines) == len(values)


def test_a_gauge_has_no_ending() -> None:
    assert Family("ticks", "Ticks.", lambda seen: seen).full_name == "mds_some_ticks"


def test_a_histogram_is_cumulated_and_ends_with_all() -> None:
    kept = {"ack": Buckets((0.1, 1.0), (3, 0, 2), 4.5)}

    assert render(collect_histogram("t", "Times.", ("hop",), kept)) == [
        't_bucket{hop="ack",le="0.1"} 3.0',
        't_bucket{hop="ack",le="1.0"} 3.0',
        't_bucket{hop="ack",le="+Inf"} 5.0',
        't_count{hop="ack"} 5.0',
        't_sum{hop="ack"} 4.5',
    ]


def test_a_histogram_may_have_no_label() -> None:
    lines = render(collect_histogram("t", "Times.", (), {(): Buckets((0.1,), (1, 1), 2.0)}))

    assert lines[-2:] == ["t_count 2.0", "t_sum 2.0"]


class Histogram(figures.Histogram[Mapping[tuple[str, str], Buckets]]):
    prefix = "mds_some_"


def test_a_histogram_may_have_several_labels() -> None:
    family = Histogram("took_seconds", "Times.", lambda seen: seen, ("a", "b"))

    lines = render(family.collect({("x", "y"): Buckets((0.1,), (1, 1), 2.0)}))

    assert lines == [
        'mds_some_took_seconds_bucket{a="x",b="y",le="0.1"} 1.0',
        'mds_some_took_seconds_bucket{a="x",b="y",le="+Inf"} 2.0',
        'mds_some_took_seconds_count{a="x",b="y"} 2.0',
        'mds_some_took_seconds_sum{a="x",b="y"} 2.0',
    ]
