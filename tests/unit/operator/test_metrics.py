"""What /metrics says, by parsing it as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mds_operator.adapters.metrics.accounts import AccountFigures, Accounts
from mds_operator.adapters.metrics.families import PREFIX
from mds_operator.adapters.metrics.groups import FAMILIES, GROUPS, OperatorMetrics
from mds_operator.adapters.metrics.moves import Moves
from mds_operator.adapters.metrics.subscriptions import SubscriptionFigures, Subscriptions
from mds_operator.adapters.metrics.work import Work
from mds_operator.domain.durations import WORK_BOUNDS_S, Durations
from mds_operator.domain.seen import Key
from mds_operator.looking.looks import LOOKS
from tests.unit.operator.page import check_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

type Sample = tuple[str, dict[str, str], float]

FULL = (
    Accounts(known={Key("desk", "ctp-a"): AccountFigures(health="Healthy", role="Active")}),
    Subscriptions(known={Key("desk", "all"): SubscriptionFigures(epoch=3, active="ctp-a")}),
    Moves(failovers={"FrontLost": 2}, restarts={"Unhealthy": 1}),
    Work(
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
    ),
)


def scrape(*parts: object) -> list[Sample]:
    return list(_parse(parts))


def _parse(parts: Iterable[object]) -> Iterator[Sample]:
    registry = CollectorRegistry()
    registry.register(OperatorMetrics(lambda: parts))
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
    assert (PREFIX + name, labels, value) in scrape(*FULL)


def test_every_family_is_among_them() -> None:
    told = {family.full_name for family in FAMILIES if family.kind != "histogram"}

    assert told == {PREFIX + name for name, _, _ in SERIES}


def test_every_group_is_looked_at() -> None:
    filled = {look.__annotations__["return"] for look in LOOKS}

    assert filled == {group.part.__name__ for group in GROUPS}


def test_what_vanished_has_no_series() -> None:
    assert not [sample for sample in scrape() if "namespace" in sample[1]]


def test_a_subscription_without_a_publisher_has_an_epoch_alone() -> None:
    seen = Subscriptions(known={Key("desk", "all"): SubscriptionFigures(epoch=4, active=None)})

    named = {name for name, labels, _ in scrape(seen) if labels.get("subscription") == "all"}
    assert named == {f"{PREFIX}subscription_epoch"}


BUCKETS = [
    pytest.param(WORK_BOUNDS_S[0], "0.001", 1.0, id="on a bound"),
    pytest.param(WORK_BOUNDS_S[0] * 1.01, "0.001", 0.0, id="just above it"),
    pytest.param(WORK_BOUNDS_S[-1] + 1, "10.0", 0.0, id="beyond the last"),
    pytest.param(WORK_BOUNDS_S[-1] + 1, "+Inf", 1.0, id="beyond the last, in all"),
]


@pytest.mark.parametrize(("took_s", "bound", "count"), BUCKETS)
def test_a_duration_is_counted_up_to_its_bound(took_s: float, bound: str, count: float) -> None:
    durations = Durations(WORK_BOUNDS_S)
    durations.add(took_s)

    samples = scrape(Work(reconcile_seconds=durations))

    assert (f"{PREFIX}reconcile_seconds_bucket", {"le": bound}, count) in samples
    assert (f"{PREFIX}reconcile_seconds_sum", {}, took_s) in samples


def test_registering_does_not_look() -> None:
    def fail() -> Iterable[object]:
        raise AssertionError("nothing is there yet")

    CollectorRegistry().register(OperatorMetrics(fail))


def test_the_page_lists_the_metrics() -> None:
    rows = ["| metric | kind | labels | what it is |", "|---|---|---|---|"]
    for family in FAMILIES:
        labels = ", ".join(f"`{label}`" for label in family.labels)
        rows.append(f"| `{family.full_name}` | {family.kind} | {labels} | {family.text} |")

    check_block("metrics", "\n".join(rows))
