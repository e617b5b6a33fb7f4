"""Each expression reads what is exported, by labels that it has, and each exported metric has its use."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import promql_parser as promql
import pytest
import yaml

from mds_operator.domain.tallies import GAP_BOUNDS_S
from mds_protocol.resources.conditions import ConditionType
from mds_protocol.resources.reasons import ENUMS, FailoverReason
from monitoring import rendering
from monitoring.sources import read_alerts, read_parts, read_recordings
from tests.kit.exported import TARGET, Exported, family_of, list_exported
from tests.unit.monitoring.syntax import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[3]
EVERY: Final[Mapping[str, Mapping[str, Any]]] = {
    f"{group}, {number}": rule
    for group in rendering.list_groups()
    for number, rule in enumerate(rendering.fill_group(group)["rules"])
}
RULES: Final = [pytest.param(rule, id=name) for name, rule in EVERY.items()]
TOLD: Final = [pytest.param(rule, id=name) for name, rule in EVERY.items() if "alert" in rule]


@cache
def list_known() -> Mapping[str, Exported]:
    """What is exported and what is recorded; a recorded sum of counters is one itself."""
    known = {"up": Exported("gauge", TARGET | {"account"}), **list_exported()}
    for group in read_recordings():
        for rule in rendering.fill_group(group.name)["rules"]:
            parsed = promql.parse(rule["expr"])
            labels = Reading(known).follow(parsed) or frozenset()
            known[rule["record"]] = Exported("counter" if is_sum(parsed, known) else "gauge", labels)
    return known


def is_sum(node: promql.Expr, known: Mapping[str, Exported]) -> bool:
    """Of counters, or of the highest that each showed of late."""
    if not isinstance(node, promql.AggregateExpr):
        return False
    summed: promql.Expr = node.expr
    if isinstance(summed, promql.Call) and summed.func.name == "max_over_time":
        (matrix,) = summed.args
        summed = matrix.vector_selector if isinstance(matrix, promql.MatrixSelector) else matrix
    return isinstance(summed, promql.VectorSelector) and known[summed.name or ""].grows


def read(expr: str) -> tuple[Reading, frozenset[str]]:
    reading = Reading(list_known())
    return reading, reading.follow(promql.parse(expr)) or frozenset()


# --- what each expression reads


@pytest.mark.parametrize("rule", RULES)
def test_what_it_reads_is_exported_with_these_labels(rule: Mapping[str, Any]) -> None:
    assert read(rule["expr"])[0].problems == []


@pytest.mark.parametrize("rule", TOLD)
def test_what_it_tells_of_is_a_label_that_it_keeps(rule: Mapping[str, Any]) -> None:
    told = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))

    assert told - read(rule["expr"])[1] == set()


def list_asked(label: str) -> set[str]:
    asked = (read(rule["expr"])[0].values for rule in EVERY.values())
    return {value for values in asked for name, value in values if name == label}


def test_what_they_give_way_to_is_an_alert() -> None:
    assert list_asked("alertname") - {alert.name for alert in read_alerts()} == set()


def test_reasons_and_conditions_are_those_of_the_status() -> None:
    reasons = {str(reason) for enum in ENUMS for reason in enum}

    assert list_asked("reason") - reasons == set()
    assert list_asked("condition") - set(ConditionType) == set()


def test_a_move_is_by_a_fault_or_not() -> None:
    """A new reason must be put on one of the two sides."""
    no_fault = {
        *("FirstElection", "Reopened", "Pinned", "PriorityEdited", "AccountDisabled", "AccountDeleted"),
        *("PriorityZero", "PlannedRestart", "Drill", "Draining", "Closed", "RouteLost", "FencedAnew"),
        *("Cold", "Failback", "InOrder", "RouteAmended", "Paused", "AccountPaused", "Manual", "HoldUnknown"),
        *("MarketClosed", "NobodyAvailable", "NobodyProbing", "NobodyBetter", "FailbackWaiting"),
        *("FailbackOff", "BetterAwaited", "FenceAwaited"),
    }
    faults = set(read_parts()["faultReasons"].split("|"))

    assert faults & no_fault == set()
    assert faults | no_fault == set(FailoverReason)


def test_a_slow_move_is_compared_with_bounds_of_the_histogram() -> None:
    (alert,) = (alert for alert in read_alerts() if alert.name == "MdsFailoverSlow")
    (bound,) = (threshold for threshold in alert.thresholds if threshold.name == "seconds")

    assert set(bound.choices) <= set(map(str, GAP_BOUNDS_S))


# --- what each metric is for


def list_used() -> set[str]:
    dashboards = (ROOT / "helm/mds/files/dashboards").glob("*.json")
    texts = [rule["expr"] for rule in EVERY.values()] + [path.read_text() for path in dashboards]
    return {family_of(name) for name in re.findall(r"\bmds_(?:operator|gateway)_\w+", "\n".join(texts))}


def read_diagnosis() -> dict[str, str]:
    """What is there to be looked at by hand, each with what for."""
    found: dict[str, str] = yaml.safe_load((ROOT / "monitoring/diagnosis.yaml").read_text())
    return found


def test_each_metric_is_read_by_something_or_is_for_diagnosis() -> None:
    exported = set(map(family_of, list_exported()))

    assert exported - list_used() - set(read_diagnosis()) == set()
    assert set(read_diagnosis()) - exported == set()
    assert set(read_diagnosis()) & list_used() == set()


# --- that something is found at all


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("mds_gateway_ticks_eaten_total", "nobody exports mds_gateway_ticks_eaten_total"),
        ("rate(mds_gateway_log_bytes[5m])", "rate of mds_gateway_log_bytes, a gauge"),
        (
            "deriv(mds_gateway_ticks_received_total[5m])",
            "deriv of mds_gateway_ticks_received_total, a counter",
        ),
        (
            "rate(mds:subscription_lost:ratio_rate5m[5m])",
            "rate of mds:subscription_lost:ratio_rate5m, a gauge",
        ),
        ('mds_operator_leader{account="a"}', "mds_operator_leader with account, which is not there"),
        ("absent(mds_operator_leader)", "absent without labels does not say of what"),
        ("absent(mds_operator_leader == 1)", "absent without labels does not say of what"),
        ("sum by (subscription) (up)", "aggregation by subscription, which is not there"),
        ("up and on (stream) mds_operator_subscription_info", "and on stream, which is not there"),
        ("up == mds_operator_leader", "== of sides that differ by account, which is not there"),
        ("histogram_quantile(0.9, up)", "histogram_quantile le, which is not there"),
    ],
)
def test_a_mistake_is_found(expr: str, problem: str) -> None:
    assert problem in read(expr)[0].problems


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("sum by (account) (up)", {"account"}),
        ("sum without (account) (up)", TARGET),
        ("sum(up)", set()),
        ("up / on (account) up", {"account"}),
        ('label_replace(sum(up), "stream", "x", "", "")', {"stream"}),
        ('absent(up{job="a"})', {"job"}),
        ("sum by (account) (up) or sum by (account, pod) (up)", {"account"}),
        ("time() - sum by (pod) (up)", {"pod"}),
    ],
)
def test_what_an_expression_keeps(expr: str, labels: set[str]) -> None:
    assert read(expr)[1] == labels


def list_commands(page: str) -> Iterator[str]:
    yield from re.findall(r"(?m)^\$ (.*)$", page)


# --- runbooks


def test_each_alert_has_a_page_and_nothing_else_has() -> None:
    pages = {path.stem for path in (ROOT / "docs/runbooks").iterdir()}

    assert pages == {alert.name for alert in read_alerts()}


@pytest.mark.parametrize("name", [alert.name for alert in read_alerts()])
def test_a_page_says_what_it_is_what_it_does_how_to_see_and_end_it(name: str) -> None:
    page = (ROOT / f"docs/runbooks/{name}.md").read_text()
    parts = re.split(r"(?m)^#+ (.*)\n", page)

    assert parts[1::2] == [name, "Meaning", "Impact", "Diagnosis", "Mitigation"]
    assert all(len(text.split()) > 3 for text in parts[4::2])
    assert list(list_commands(parts[8]))


# --- cases


def test_each_alert_has_its_cases_and_nothing_else_has() -> None:
    cases = {path.stem for path in (ROOT / "monitoring/rules/tests").iterdir()} - {"world", "scenarios"}

    assert cases == {alert.name for alert in read_alerts()}
