"""What /metrics says, by parsing it as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mds_operator.adapters.metrics import (
    BOUNDS_S,
    FAMILIES,
    PREFIX,
    RECONCILE_SECONDS,
    RECONCILE_SECONDS_TEXT,
    AccountFigures,
    Durations,
    OperatorMetrics,
    Snapshot,
    SubscriptionFigures,
)
from mds_operator.domain.seen import Key
from tests.unit.operator.page import check_block

if TYPE_CHECKING:
    from collections.abc import Iterator

type Sample = tuple[str, dict[str, str], float]

FULL = Snapshot(
    accounts={Key("desk", "ctp-a"): AccountFigures("Healthy", "Active")},
    subscriptions={Key("desk", "all"): SubscriptionFigures(3, "ctp-a")},
    failovers={"FrontLost": 2},
    restarts={"Unhealthy": 1},
    reconciles=10,
    reconcile_errors=1,
    queue_depth=4,
    watch_age_s={"Pod": 1.5},
    echo_age_s={"desk": 0.1},
    heartbeats=500,
    heartbeats_invalid=1,
    route_writes={"Written": 3},
    kube_requests={("patch", "ok"): 7},
    is_leader=True,
    loop_late_s=0.002,
)


def scrape(seen: Snapshot) -> list[Sample]:
    return list(_parse(seen))


def _parse(seen: Snapshot) -> Iterator[Sample]:
    registry = CollectorRegistry()
    registry.register(OperatorMetrics(lambda: seen))
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            yield sample.name, dict(sample.labels), sample.value


SERIES = [
    ("account_health", {"namespace": "desk", "account": "ctp-a", "health": "Healthy"}, 1),
    ("account_health", {"namespace": "desk", "account": "ctp-a", "health": "Unknown"}, 0),
    ("account_role", {"namespace": "desk", "account": "ctp-a", "role": "Active"}, 1),
    ("account_role", {"namespace": "desk", "account": "ctp-a", "role": "Standby"}, 0),
    ("subscription_active", {"namespace": "desk", "subscription": "all", "account": "ctp-a"}, 1),
    ("subscription_epoch", {"namespace": "desk", "subscription": "all"}, 3),
    ("failovers_total", {"reason": "FrontLost"}, 2),
    ("restarts_total", {"reason": "Unhealthy"}, 1),
    ("reconcile_total", {}, 10),
    ("reconcile_errors_total", {}, 1),
    ("queue_depth", {}, 4),
    ("watch_last_event_age_seconds", {"kind": "Pod"}, 1.5),
    ("echo_age_seconds", {"namespace": "desk"}, 0.1),
    ("heartbeats_total", {}, 500),
    ("heartbeats_invalid_total", {}, 1),
    ("route_writes_total", {"result": "Written"}, 3),
    ("kube_requests_total", {"verb": "patch", "result": "ok"}, 7),
    ("leader", {}, 1),
    ("loop_late_seconds", {}, 0.002),
]


@pytest.mark.parametrize(("name", "labels", "value"), SERIES)
def test_a_figure_is_a_series(name: str, labels: dict[str, str], value: float) -> None:
    assert (PREFIX + name, labels, value) in scrape(FULL)


def test_every_family_is_among_them() -> None:
    assert {family.full_name for family in FAMILIES} == {PREFIX + name for name, _, _ in SERIES}


def test_what_vanished_has_no_series() -> None:
    assert not [sample for sample in scrape(Snapshot()) if "namespace" in sample[1]]


def test_a_subscription_without_a_publisher_has_an_epoch_alone() -> None:
    seen = Snapshot(subscriptions={Key("desk", "all"): SubscriptionFigures(4, None)})

    named = {name for name, labels, _ in scrape(seen) if labels.get("subscription") == "all"}
    assert named == {f"{PREFIX}subscription_epoch"}


BUCKETS = [
    pytest.param(BOUNDS_S[0], "0.001", 1.0, id="on a bound"),
    pytest.param(BOUNDS_S[0] * 1.01, "0.001", 0.0, id="just above it"),
    pytest.param(BOUNDS_S[-1] + 1, "10.0", 0.0, id="beyond the last"),
    pytest.param(BOUNDS_S[-1] + 1, "+Inf", 1.0, id="beyond the last, in all"),
]


@pytest.mark.parametrize(("took_s", "bound", "count"), BUCKETS)
def test_a_duration_is_counted_up_to_its_bound(took_s: float, bound: str, count: float) -> None:
    durations = Durations()
    durations.add(took_s)

    samples = scrape(Snapshot(reconcile_seconds=durations))

    assert (f"{PREFIX}{RECONCILE_SECONDS}_bucket", {"le": bound}, count) in samples
    assert (f"{PREFIX}{RECONCILE_SECONDS}_sum", {}, took_s) in samples


def test_registering_does_not_look() -> None:
    def fail() -> Snapshot:
        raise AssertionError("nothing is there yet")

    CollectorRegistry().register(OperatorMetrics(fail))


def test_the_page_lists_the_metrics() -> None:
    rows = ["| metric | kind | labels | what it is |", "|---|---|---|---|"]
    for family in FAMILIES:
        labels = ", ".join(f"`{label}`" for label in family.labels)
        rows.append(f"| `{family.full_name}` | {family.kind} | {labels} | {family.text} |")
    rows.append(f"| `{PREFIX}{RECONCILE_SECONDS}` | histogram |  | {RECONCILE_SECONDS_TEXT} |")

    check_block("metrics", "\n".join(rows))
