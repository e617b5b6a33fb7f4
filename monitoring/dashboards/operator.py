"""The operator itself: who leads, how busy it is, what it hears, what it asks of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards.frame import RELEASE, RELEASES, Outline
from monitoring.dashboards.panels import (
    SOON_IS_BAD,
    ZERO_IS_BAD,
    ZERO_IS_GOOD,
    Column,
    Query,
    graph,
    number,
    rows,
    timeline,
)
from monitoring.dashboards.shared import alerts, quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.dashboards.panels import Panel


def outline() -> Outline:
    return Outline(
        name="operator",
        title="mds / operator",
        description="The operator itself: who leads, how busy it is, what it hears, what it asks for.",
        variables=(RELEASES,),
        moves="",
        rows={"Now": _now(), "Work": _work(), "What it hears": _hears(), "What it asks for": _asks()},
    )


def _now() -> Sequence[Panel]:
    return (
        number(
            "Leads",
            "Replicas that lead: one for each operator.",
            Query(f"sum(mds_operator_leader{{{RELEASE}}})", "leads"),
            unit="none",
            steps=ZERO_IS_BAD,
        ),
        number(
            "Replicas",
            "Replicas that Prometheus sees.",
            Query(f'sum(up{{job="mds-operator", {RELEASE}}})', "seen"),
            unit="none",
            steps=ZERO_IS_BAD,
        ),
        number(
            "Hears itself",
            "Since it heard its own heartbeat come back through NATS, the oldest of all namespaces.",
            Query("max(mds_operator_echo_age_seconds)", "ago"),
            unit="s",
            steps=((None, "green"), (2, "yellow"), (5, "red")),
        ),
        number(
            "Errors in an hour",
            "Reconciliations that failed and were tried again.",
            Query(f"round(sum(increase(mds_operator_reconcile_errors_total{{{RELEASE}}}[1h])))", "errors"),
            unit="short",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Loop late",
            "How late its event loop was last; beyond 0.3 s nobody's silence counts.",
            Query(f"max(mds_operator_loop_late_seconds{{{RELEASE}}})", "late"),
            unit="s",
            steps=((None, "green"), (0.1, "yellow"), (0.3, "red")),
        ),
        number(
            "Calendar ends in",
            "The end of the last day whose holidays it knows.",
            Query(f"min(mds_operator_calendar_last_day_timestamp_seconds{{{RELEASE}}}) - time()", "ends in"),
            unit="s",
            steps=SOON_IS_BAD,
        ),
        number(
            "Login to NATS expires in",
            "Its `user.creds`; nothing where it never does.",
            Query(
                f"min(mds_operator_nats_credentials_expiry_timestamp_seconds{{{RELEASE}}}) - time()",
                "expires in",
            ),
            unit="s",
            steps=SOON_IS_BAD,
            empty="never",
        ),
        number(
            "Memory",
            "Of its limit.",
            Query(
                f"max(mds_operator_memory_bytes{{{RELEASE}}}"
                f" / (mds_operator_memory_limit_bytes{{{RELEASE}}} > 0))",
                "in use",
            ),
            unit="percentunit",
            steps=((None, "green"), (0.75, "yellow"), (0.9, "red")),
            empty="no limit",
        ),
        alerts(RELEASE, of_release=True),
        rows(
            "Each replica",
            "Which version, and of which Python; the leader has 1.",
            Query(f"max by (namespace, pod, version, python) (mds_operator_build_info{{{RELEASE}}})"),
            Query(f"max by (namespace, pod) (mds_operator_leader{{{RELEASE}}})"),
            Query(f"max by (namespace, pod) (mds_operator_memory_bytes{{{RELEASE}}})"),
            columns=(
                Column("namespace", "Namespace"),
                Column("pod", "Pod"),
                Column("version", "Version"),
                Column("python", "Python"),
                Column("Value #B", "Leads", unit="none"),
                Column("Value #C", "Memory", unit="bytes"),
            ),
        ),
    )


def _work() -> Sequence[Panel]:
    return (
        timeline(
            "Who led when",
            "A bar for each replica.",
            Query(f"max by (pod) (mds_operator_leader{{{RELEASE}}})", "{{pod}}"),
            texts={"1": ("leads", "green"), "0": ("waits", "blue")},
            width=8,
        ),
        graph(
            "Reconciliations",
            "A second, and those that failed.",
            Query(f"sum(rate(mds_operator_reconcile_total{{{RELEASE}}}[$__rate_interval]))", "all"),
            Query(f"sum(rate(mds_operator_reconcile_errors_total{{{RELEASE}}}[$__rate_interval]))", "failed"),
            unit="ops",
        ),
        graph(
            "How long a reconciliation takes",
            "With all that it asks of the API server.",
            *quantiles(f"rate(mds_operator_reconcile_seconds_bucket{{{RELEASE}}}[$__rate_interval])"),
            unit="s",
        ),
        graph(
            "Queue",
            "Objects that wait to be reconciled.",
            Query(f"max by (pod) (mds_operator_queue_depth{{{RELEASE}}})", "{{pod}}"),
            unit="short",
        ),
        graph(
            "How late its loop is",
            "Beyond 0.3 s nobody's silence counts.",
            Query(f"max by (pod) (mds_operator_loop_late_seconds{{{RELEASE}}})", "{{pod}}"),
            unit="s",
        ),
        graph(
            "Memory by replica",
            "What counts against its limit.",
            Query(f"max by (pod) (mds_operator_memory_bytes{{{RELEASE}}})", "{{pod}}"),
            Query(f"max(mds_operator_memory_limit_bytes{{{RELEASE}}})", "limit"),
            unit="bytes",
        ),
    )


def _hears() -> Sequence[Panel]:
    return (
        graph(
            "Echo",
            "Since it heard its own heartbeat come back through NATS, by namespace of the feeds.",
            Query("max by (namespace) (mds_operator_echo_age_seconds)", "{{namespace}}"),
            unit="s",
        ),
        graph(
            "Heartbeats",
            "Of gateways, a second; and those that this version cannot read.",
            Query(f"sum(rate(mds_operator_heartbeats_total{{{RELEASE}}}[$__rate_interval]))", "heard"),
            Query(
                f"sum(rate(mds_operator_heartbeats_invalid_total{{{RELEASE}}}[$__rate_interval]))",
                "unreadable",
            ),
            unit="cps",
        ),
        graph(
            "Since the API server said anything",
            "By kind. Quiet kinds grow old without harm.",
            Query(f"max by (kind) (mds_operator_watch_last_event_age_seconds{{{RELEASE}}})", "{{kind}}"),
            unit="s",
        ),
        number(
            "Detection",
            "From the last sign of an account that failed to when that was noticed, over all namespaces.",
            *quantiles("increase(mds_operator_failover_detection_seconds_bucket[$__range])"),
            unit="s",
            width=12,
            empty="no move",
        ),
        number(
            "Decision",
            "From then to the route that names another account.",
            *quantiles("increase(mds_operator_failover_decision_seconds_bucket[$__range])"),
            unit="s",
            width=12,
            empty="no move",
        ),
    )


def _asks() -> Sequence[Panel]:
    return (
        graph(
            "Requests to the API server",
            "A second, by verb and result; watches are not among them.",
            Query(
                "sum by (verb, result)"
                f" (rate(mds_operator_kube_requests_total{{{RELEASE}}}[$__rate_interval]))",
                "{{verb}} {{result}}",
            ),
            unit="ops",
            width=12,
        ),
        graph(
            "Writes of routes",
            "Compare-and-sets in NATS, by result; Lost: somebody else was quicker.",
            Query(
                f"sum by (result) (increase(mds_operator_route_writes_total{{{RELEASE}}}[$__rate_interval]))",
                "{{result}}",
            ),
            unit="short",
            width=12,
            draw=GraphDrawStyle.BARS,
        ),
    )
