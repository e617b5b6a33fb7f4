"""What /metrics says, by parsing it as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mds_operator.adapters.metrics.accounts import AccountFigures, Accounts
from mds_operator.adapters.metrics.families import PREFIX, ConditionFigures
from mds_operator.adapters.metrics.groups import FAMILIES, GROUPS, OperatorMetrics
from mds_operator.adapters.metrics.moves import LastMove, Moves
from mds_operator.adapters.metrics.nats import Nats
from mds_operator.adapters.metrics.readiness import Verdicts
from mds_operator.adapters.metrics.sessions import Sessions
from mds_operator.adapters.metrics.subscriptions import SubscriptionFigures, Subscriptions
from mds_operator.adapters.metrics.work import Work
from mds_operator.domain.durations import WORK_BOUNDS_S, Durations
from mds_operator.domain.seen import Key
from mds_operator.looking.looks import LOOKS
from mds_protocol.readiness.verdict import Finding, Readiness, conclude
from mds_protocol.resources.reasons import ReadinessProblem
from mds_runtime.http.own_figures import list_families
from tests.unit.operator.nats.series import NATS, NATS_SERIES
from tests.unit.operator.page import check_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

type Sample = tuple[str, dict[str, str], float]

DESK = {"namespace": "desk"}
ACCOUNT = DESK | {"account": "ctp-a"}
FEED = DESK | {"subscription": "all"}
KEY = Key("desk", "all")
READY = ConditionFigures("Ready", "True", "Active")
AT_RISK = conclude(
    Finding(problem, Readiness.AT_RISK, text, "kubectl get fa")
    for problem in (ReadinessProblem.NO_STANDBY, ReadinessProblem.STALE)
    for text in ("one", "other")
)

FULL = (
    Accounts(
        known={
            Key("desk", "ctp-a"): AccountFigures(
                health="Healthy",
                role="Active",
                conditions=(READY,),
                is_paused=True,
                restarts_left=4,
                restarts={"Unhealthy": 1, "Scheduled": 0},
            )
        }
    ),
    Subscriptions(
        known={
            KEY: SubscriptionFigures(
                stream="MD",
                epoch=3,
                active="ctp-a",
                candidates={"ctp-a": 110, "ctp-b": 100},
                conditions=(READY,),
                open_s=3600.0,
                served_s=3599.5,
                contracts={"Selected": 10, "Subscribed": 9},
                standbys=1,
            )
        }
    ),
    Verdicts(known={KEY: AT_RISK}),
    Sessions(
        subscriptions={KEY: True},
        exchanges={("desk", "SHFE"): False},
        openings={KEY: 1.8e9},
        calendar_ends=1.9e9,
    ),
    Moves(
        failovers={KEY: {"FrontLost": 2, "Drill": 0}},
        last={KEY: LastMove("3", "ctp-b", "ctp-a", "FrontLost")},
    ),
    NATS,
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
    ("account_health", ACCOUNT | {"health": "Healthy"}, 1),
    ("account_health", ACCOUNT | {"health": "Unknown"}, 0),
    ("account_role", ACCOUNT | {"role": "Active"}, 1),
    ("account_role", ACCOUNT | {"role": "Standby"}, 0),
    ("account_condition", ACCOUNT | {"condition": "Ready", "status": "True", "reason": "Active"}, 1),
    ("account_enabled", ACCOUNT, 1),
    ("account_paused", ACCOUNT, 1),
    ("account_blocked", ACCOUNT, 0),
    ("account_restart_budget_left", ACCOUNT, 4),
    ("restarts_total", ACCOUNT | {"reason": "Unhealthy"}, 1),
    ("restarts_total", ACCOUNT | {"reason": "Scheduled"}, 0),
    ("subscription_info", FEED | {"stream": "MD"}, 1),
    ("subscription_active", FEED | {"account": "ctp-a"}, 1),
    ("subscription_epoch", FEED, 3),
    ("account_candidate", FEED | {"account": "ctp-b"}, 100),
    ("subscription_condition", FEED | {"condition": "Ready", "status": "True", "reason": "Active"}, 1),
    ("subscription_open_seconds_total", FEED, 3600),
    ("subscription_served_seconds_total", FEED, 3599.5),
    ("subscription_contracts", FEED | {"state": "Subscribed"}, 9),
    ("subscription_standbys", FEED, 1),
    ("readiness", FEED | {"verdict": "AtRisk"}, 1),
    ("readiness", FEED | {"verdict": "NotReady"}, 0),
    ("readiness", FEED | {"verdict": "Unknown"}, 0),
    ("readiness", FEED | {"verdict": "Ready"}, 0),
    ("readiness_problem", FEED | {"problem": "NoStandby"}, 1),
    ("readiness_problem", FEED | {"problem": "Stale"}, 1),
    ("market_open", FEED, 1),
    ("exchange_open", DESK | {"exchange": "SHFE"}, 0),
    ("subscription_next_opening_timestamp_seconds", FEED, 1.8e9),
    ("calendar_last_day_timestamp_seconds", {}, 1.9e9),
    ("failovers_total", FEED | {"reason": "FrontLost"}, 2),
    ("failovers_total", FEED | {"reason": "Drill"}, 0),
    ("last_failover_info", FEED | {"epoch": "3", "from": "ctp-b", "to": "ctp-a", "reason": "FrontLost"}, 1),
    *NATS_SERIES,
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


def test_every_group_is_looked_at() -> None:
    filled = {look.__annotations__["return"] for look in LOOKS}

    assert filled == {group.part.__name__ for group in GROUPS}


def test_what_vanished_has_no_series() -> None:
    assert not [sample for sample in scrape() if "namespace" in sample[1]]


def test_a_subscription_without_a_publisher_has_no_active_account() -> None:
    seen = Subscriptions(known={KEY: SubscriptionFigures(stream="MD", epoch=4)})

    named = {name for name, labels, _ in scrape(seen) if labels.get("subscription") == "all"}
    assert f"{PREFIX}subscription_epoch" in named
    assert f"{PREFIX}subscription_active" not in named


BUCKETS = [
    pytest.param(WORK_BOUNDS_S[0], "0.001", 1.0, id="on a bound"),
    pytest.param(WORK_BOUNDS_S[0] * 1.01, "0.001", 0.0, id="just above it"),
    pytest.param(WORK_BOUNDS_S[-1] + 1, "10.0", 0.0, id="beyond the last"),
    pytest.param(WORK_BOUNDS_S[-1] + 1, "+Inf", 1.0, id="beyond the last, in all"),
]


def kept(took_s: float) -> Durations:
    durations = Durations((0.01, 0.05))
    durations.add(took_s)
    return durations


@pytest.mark.parametrize(("took_s", "bound", "count"), BUCKETS)
def test_a_duration_is_counted_up_to_its_bound(took_s: float, bound: str, count: float) -> None:
    durations = Durations(WORK_BOUNDS_S)
    durations.add(took_s)

    samples = scrape(Work(reconcile_seconds=durations))

    assert (f"{PREFIX}reconcile_seconds_bucket", {"le": bound}, count) in samples
    assert (f"{PREFIX}reconcile_seconds_sum", {}, took_s) in samples


HISTOGRAMS = [
    pytest.param(Moves(gaps={KEY: kept(0.04)}), "failover_gap_seconds", FEED, id="gap"),
    pytest.param(Moves(detection={"desk": kept(0.04)}), "failover_detection_seconds", DESK, id="detection"),
    pytest.param(Moves(decision={"desk": kept(0.04)}), "failover_decision_seconds", DESK, id="decision"),
    pytest.param(Nats(stored_to_seen={KEY: kept(0.04)}), "stored_to_seen_seconds", FEED, id="seen"),
]


@pytest.mark.parametrize(("seen", "name", "labels"), HISTOGRAMS)
def test_durations_of_an_object_have_its_labels(seen: object, name: str, labels: dict[str, str]) -> None:
    samples = scrape(seen)

    assert (f"{PREFIX}{name}_bucket", labels | {"le": "0.05"}, 1) in samples
    assert (f"{PREFIX}{name}_count", labels, 1) in samples


def test_every_family_is_among_these() -> None:
    told = {family.full_name for family in FAMILIES}
    histograms = {f"{PREFIX}{param.values[1]}" for param in HISTOGRAMS}

    assert told == {PREFIX + name for name, _, _ in SERIES} | histograms | {f"{PREFIX}reconcile_seconds"}


def test_registering_does_not_look() -> None:
    def fail() -> Iterable[object]:
        raise AssertionError("nothing is there yet")

    CollectorRegistry().register(OperatorMetrics(fail))


def test_the_page_lists_the_metrics() -> None:
    rows = ["| metric | kind | labels | what it is |", "|---|---|---|---|"]
    for family in (*FAMILIES, *list_families(PREFIX)):
        labels = ", ".join(f"`{label}`" for label in family.labels)
        rows.append(f"| `{family.full_name}` | {family.kind} | {labels} | {family.text} |")

    check_block("metrics", "\n".join(rows))
