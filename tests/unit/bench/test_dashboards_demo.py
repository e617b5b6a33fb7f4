"""What the list of the queries over the demo holds, and when it is no good."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import dashboards_demo as bench
from tests.component.monitoring.test_dashboard_data import EMPTY_WHILE_WELL

ABSENT = sorted(bench.NOT_THERE)
GOOD: dict[str, Any] = {
    "never": ABSENT,
    "variables": {"overview: namespace": ["mds"]},
    "memory_mb": {
        "working_set": {"prometheus-k8s-0/prometheus": 90.0, "alertmanager-main-0/alertmanager": 20.0}
    },
}


def test_what_the_demo_has_not_may_be_missing() -> None:
    assert bench.find_faults(GOOD) == []


@pytest.mark.parametrize(
    ("different", "told"),
    [
        pytest.param(
            {"never": [*ABSENT, "nats: Streams, A"]},
            "nats: Streams, A was never seen with data",
            id="a query",
        ),
        pytest.param({"variables": {"nats: stream": []}}, "nats: stream offers nothing", id="a variable"),
        pytest.param(
            {"memory_mb": {"working_set": {"prometheus": 380.0, "alertmanager": 21.0}}},
            "401 MB of memory",
            id="both together take more than they may",
        ),
    ],
)
def test_what_must_not_be_is_told(different: dict[str, Any], told: str) -> None:
    assert bench.find_faults(GOOD | different) == [told]


def test_each_query_that_a_fault_must_fill_or_that_may_be_missing_is_there() -> None:
    queries = set(bench.list_queries())

    assert set(bench.NOT_THERE) - queries == set()
    assert {where for fault in bench.FAULTS for where in fault.fills} - queries == set()


def test_whatever_is_empty_while_all_is_well_has_its_fault_or_a_reason() -> None:
    filled = {where for fault in bench.FAULTS for where in fault.fills}

    assert set(EMPTY_WHILE_WELL) - filled - set(bench.NOT_THERE) == set()
