"""One account and its gateway: fronts, sessions, refusals, what waits, restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards.frame import ACCOUNT, DESK, OF_ACCOUNT, ONE_DESK, Outline
from monitoring.dashboards.panels import (
    SOON_IS_BAD,
    ZERO_IS_BAD,
    Column,
    Query,
    graph,
    number,
    rows,
    timeline,
)
from monitoring.dashboards.shared import OPEN, SET, YES_NO, alerts, to_feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.dashboards.panels import Panel, Unit

_SENT: Final = {
    "received": "from the front",
    "published": "sent to the stream",
    "acked": "acknowledged",
    "refused": "refused by the stream",
    "duplicates": "already in the stream",
    "replayed": "not sent, the stream was past them",
}
_LEFT: Final = {"conflated": "gave way to a newer one", "superseded": "refused, and too old to send again"}
_DEPTHS: Final = {
    "from the front": ("handoff_ticks", "handoff_limit_ticks"),
    "for the window": ("backlog_ticks", "backlog_limit_ticks"),
    "in flight": ("in_flight_ticks", "in_flight_limit_ticks"),
    "in the logs": ("log_bytes", "log_limit_bytes"),
}


def outline() -> Outline:
    return Outline(
        name="account",
        title="mds / account",
        description="One account and its gateway: fronts, sessions, refusals, what waits, restarts.",
        variables=(ONE_DESK, OF_ACCOUNT),
        moves=DESK,
        rows={
            "Now": _now(),
            "Fronts": _fronts(),
            "Sessions and contracts": _sessions(),
            "Ticks": _ticks(),
            "What waits": _waits(),
            "Gateway": _gateway(),
        },
    )


def _increase(
    title: str,
    description: str,
    metric: str,
    labels: str,
    legend: str,
    unit: Unit = "short",
    *,
    many: bool = False,
) -> Panel:
    """`many`: of so many causes a legend has room only for those that there are."""
    expr = f"sum by ({labels}) (increase({metric}{{{ACCOUNT}}}[$__rate_interval]))"
    return graph(
        title,
        description,
        Query(f"{expr} > 0" if many else expr, legend),
        unit=unit,
        draw=GraphDrawStyle.BARS,
        stacked=True,
    )


def _now() -> Sequence[Panel]:
    return (
        number(
            "Role",
            "Active: it publishes; Standby: it could.",
            Query(f"max by (role) (mds_operator_account_role{{{ACCOUNT}}} == 1)", "{{role}}"),
            unit="none",
            names=True,
        ),
        number(
            "Health",
            "As the operator judges it.",
            Query(f"max by (health) (mds_operator_account_health{{{ACCOUNT}}} == 1)", "{{health}}"),
            unit="none",
            names=True,
        ),
        number(
            "State of its gateway",
            "The state that its gateway says it is in.",
            Query(f"max by (state) (mds_gateway_state{{{ACCOUNT}}} == 1)", "{{state}}"),
            unit="none",
            names=True,
        ),
        number(
            "Enabled",
            "Whether it is to be logged in.",
            Query(f"max(mds_operator_account_enabled{{{ACCOUNT}}})", "enabled"),
            unit="none",
            texts=YES_NO,
        ),
        number(
            "Paused",
            "It is not elected, and its pod is not replaced.",
            Query(f"max(mds_operator_account_paused{{{ACCOUNT}}})", "paused"),
            unit="none",
            texts=SET,
        ),
        number(
            "Blocked",
            "Its login must not be repeated before a person has corrected it.",
            Query(f"max(mds_operator_account_blocked{{{ACCOUNT}}})", "blocked"),
            unit="none",
            texts=SET,
        ),
        number(
            "Restarts left",
            "Restarts for health that it may still have within the hour.",
            Query(f"min(mds_operator_account_restart_budget_left{{{ACCOUNT}}})", "left"),
            unit="none",
            steps=ZERO_IS_BAD,
        ),
        number(
            "Scraped",
            "Whether Prometheus sees its gateway.",
            Query(f'max(up{{job="mds-gateway", {ACCOUNT}}})', "scraped"),
            unit="none",
            texts=YES_NO,
        ),
        alerts(ACCOUNT, of_release=False),
        rows(
            "Conditions",
            "The conditions of its status; `kubectl describe fa` says them in words.",
            Query(f"max by (condition, status, reason) (mds_operator_account_condition{{{ACCOUNT}}})"),
            columns=(
                Column("condition", "Condition"),
                Column("status", "Status"),
                Column("reason", "Reason"),
            ),
        ),
        rows(
            "Subscriptions",
            "The feeds that it may publish.",
            Query(f"max by (namespace, subscription) (mds_operator_account_candidate{{{ACCOUNT}}})"),
            Query(f"max by (namespace, subscription) (mds_gateway_active{{{ACCOUNT}}})"),
            Query(f"max by (namespace, subscription) (mds_gateway_epoch{{{ACCOUNT}}})"),
            Query(f"max by (namespace, subscription) (mds_gateway_last_takeover_seconds{{{ACCOUNT}}})"),
            columns=(
                Column("namespace", "Namespace"),
                Column("subscription", "Subscription", link=to_feed(), link_title="Subscription"),
                Column("Value #A", "Priority", unit="none"),
                Column("Value #B", "Holds the fence", unit="none", texts=YES_NO),
                Column("Value #C", "Epoch", unit="none"),
                Column("Value #D", "Last takeover took", unit="s"),
            ),
        ),
        timeline(
            "What it was when",
            "Its role over the time that is shown.",
            Query(f"max by (role) (mds_operator_account_role{{{ACCOUNT}}} == 1)", "{{role}}"),
            texts={"1": ("it was", "green")},
        ),
    )


def _fronts() -> Sequence[Panel]:
    return (
        timeline(
            "Connected",
            "Whether the connection to the front stands.",
            Query(f"max by (front) (mds_gateway_front_connected{{{ACCOUNT}}})", "{{front}}"),
            texts={"1": ("connected", "green"), "0": ("lost", "red")},
        ),
        timeline(
            "Logged in",
            "Whether the login at the front stands.",
            Query(f"max by (front) (mds_gateway_front_logged_in{{{ACCOUNT}}})", "{{front}}"),
            texts={"1": ("logged in", "green"), "0": ("not", "red")},
        ),
        _increase(
            "Connections lost",
            "By CTP's reason.",
            "mds_gateway_front_disconnects_total",
            "front, code",
            "{{front}} {{code}}",
            many=True,
        ),
        _increase(
            "Logins refused",
            "By the front's code.",
            "mds_gateway_logins_refused_total",
            "front, code",
            "{{front}} {{code}}",
            many=True,
        ),
        _increase(
            "Subscribe requests refused",
            "By CTP's library: -1 no network, -2 too many unanswered, -3 too many a second.",
            "mds_gateway_subscribe_requests_refused_total",
            "code",
            "{{code}}",
        ),
        graph(
            "Subscribe requests",
            "Contracts that were asked for, asked for again, and are still to be asked for.",
            Query(
                f"sum(increase(mds_gateway_subscribe_requests_sent_total{{{ACCOUNT}}}[$__rate_interval]))",
                "sent",
            ),
            Query(
                f"sum(increase(mds_gateway_subscribe_requests_repeated_total{{{ACCOUNT}}}[$__rate_interval]))",
                "repeated",
            ),
            Query(f"max(mds_gateway_subscribe_requests_waiting{{{ACCOUNT}}})", "waiting"),
            unit="short",
        ),
        graph(
            "Contracts that it cannot have",
            "Refused now by the front, by its code (16 not found, 6000 too many), and beyond"
            " `limits.maxContracts`.",
            Query(f"max by (code) (mds_gateway_contracts_refused{{{ACCOUNT}}})", "refused {{code}}"),
            Query(f"max(mds_gateway_contracts_left_out{{{ACCOUNT}}})", "left out"),
            unit="short",
            steps=True,
        ),
        graph(
            "Contracts",
            "In its table, and acknowledged by the front.",
            Query(f"max(mds_gateway_contracts{{{ACCOUNT}}})", "in the table"),
            Query(f"max(mds_gateway_subscribed_contracts{{{ACCOUNT}}})", "subscribed"),
            unit="short",
            steps=True,
        ),
    )


def _sessions() -> Sequence[Panel]:
    return (
        timeline(
            "Exchanges, by its trading front",
            "Whether the exchange trades, as its own trading front says; nothing where it has none.",
            Query(f"max by (exchange) (mds_gateway_session_open{{{ACCOUNT}}})", "{{exchange}}"),
            texts=OPEN,
            width=8,
        ),
        graph(
            "Since the newest tick",
            "Of any contract, by exchange.",
            Query(f"min by (exchange) (mds_gateway_tick_age_seconds{{{ACCOUNT}}})", "{{exchange}}"),
            unit="s",
        ),
        graph(
            "Since the last tick of a canary",
            "Contracts that always trade.",
            Query(f"min by (contract) (mds_gateway_canary_age_seconds{{{ACCOUNT}}})", "{{contract}}"),
            unit="s",
        ),
    )


def _ticks() -> Sequence[Panel]:
    return (
        graph(
            "What became of ticks",
            "A second.",
            *(
                Query(f"sum(rate(mds_gateway_ticks_{name}_total{{{ACCOUNT}}}[$__rate_interval]))", legend)
                for name, legend in _SENT.items()
            ),
            unit="cps",
        ),
        graph(
            "Ticks given up",
            "Lost, as a buffer was full or the stream was past them.",
            *(
                Query(f"sum(increase(mds_gateway_ticks_{name}_total{{{ACCOUNT}}}[$__rate_interval]))", legend)
                for name, legend in _LEFT.items()
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
        ),
        graph(
            "Quarantine",
            "Ticks that are wrong, by reason; together as many as are put into quarantine.",
            Query(
                f"sum by (reason) (increase(mds_gateway_quarantined_total{{{ACCOUNT}}}[$__rate_interval]))",
                "{{reason}}",
            ),
            Query(f"sum(increase(mds_gateway_ticks_invalid_total{{{ACCOUNT}}}[$__rate_interval]))", "all"),
            unit="short",
            draw=GraphDrawStyle.BARS,
        ),
    )


def _waits() -> Sequence[Panel]:
    return (
        graph(
            "Share of what may wait",
            "Ticks between the front and the loop, for room in the window, and in flight, and the"
            " memory of the logs,"
            " each of its limit.",
            *(
                Query(
                    f"max(mds_gateway_{depth}{{{ACCOUNT}}} / (mds_gateway_{limit}{{{ACCOUNT}}} > 0))", legend
                )
                for legend, (depth, limit) in _DEPTHS.items()
            ),
            unit="percentunit",
            top=1,
        ),
        graph(
            "Oldest unacknowledged tick",
            "Beside it how long ago the stream stored the account's test message.",
            Query(f"max(mds_gateway_oldest_unacked_seconds{{{ACCOUNT}}})", "oldest in flight"),
            Query(f"max(mds_gateway_probe_age_seconds{{{ACCOUNT}}})", "since its test message"),
            unit="s",
        ),
        graph(
            "Latency by hop, p99",
            "Each hop of 99 of 100 batches; the dashboard of the subscription has p50 and p99.9.",
            Query(
                "histogram_quantile(0.99, sum by (hop, le) (rate("
                f"mds_gateway_hop_seconds_bucket{{{ACCOUNT}}}[$__rate_interval])))",
                "{{hop}}",
            ),
            unit="s",
        ),
    )


def _gateway() -> Sequence[Panel]:
    return (
        _increase("Pods replaced", "By reason.", "mds_operator_restarts_total", "reason", "{{reason}}"),
        _increase(
            "What it told",
            "Notes of fronts and account, by code; its log has the words.",
            "mds_gateway_notes_total",
            "code",
            "{{code}}",
            many=True,
        ),
        _increase(
            "Work that failed",
            "By a defect; each piece of work is tried again.",
            "mds_gateway_work_failed_total",
            "work",
            "{{work}}",
        ),
        graph(
            "Memory",
            "What counts against its limit.",
            Query(f"max(mds_gateway_memory_bytes{{{ACCOUNT}}})", "in use"),
            Query(f"max(mds_gateway_memory_limit_bytes{{{ACCOUNT}}})", "limit"),
            unit="bytes",
        ),
        timeline(
            "Connected to NATS",
            "The connection for ticks.",
            Query(f"max by (account) (mds_gateway_nats_connected{{{ACCOUNT}}})", "{{account}}"),
            texts={"1": ("connected", "green"), "0": ("lost", "red")},
            width=8,
        ),
        graph(
            "Connections to NATS",
            "Times that it connected.",
            Query(
                f"sum(increase(mds_gateway_nats_connections_total{{{ACCOUNT}}}[$__rate_interval]))",
                "connected",
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
        ),
        number(
            "Login to NATS expires in",
            "Its `user.creds`; nothing where it never does.",
            Query(
                f"min(mds_gateway_nats_credentials_expiry_timestamp_seconds{{{ACCOUNT}}}) - time()",
                "expires in",
            ),
            unit="s",
            width=6,
            steps=SOON_IS_BAD,
        ),
        rows(
            "Versions",
            "Which version, and of which Python.",
            Query(f"max by (pod, version, python) (mds_gateway_build_info{{{ACCOUNT}}})"),
            Query(f"max by (pod) (mds_gateway_settings_revision{{{ACCOUNT}}})"),
            columns=(
                Column("pod", "Pod"),
                Column("version", "Version"),
                Column("python", "Python"),
                Column("Value #B", "Settings", unit="none"),
            ),
            width=18,
            height=4,
        ),
    )
