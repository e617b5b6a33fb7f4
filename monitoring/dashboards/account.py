"""One account and its gateway: fronts, sessions, refusals, what waits, restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards import account_ticks
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
            "Ticks": account_ticks.ticks(),
            "What waits": account_ticks.waits(),
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
