"""One feed: its ticks, what it lacks, how late they are, how it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards.feed_history import moves, promised
from monitoring.dashboards.frame import DESK, FEED, ONE_DESK, SUBSCRIPTION, Outline
from monitoring.dashboards.panels import (
    SPENT_IS_BAD,
    ZERO_IS_BAD,
    Column,
    Query,
    graph,
    history,
    number,
    rows,
    timeline,
)
from monitoring.dashboards.shared import OPEN, alerts, problems, quantiles, to_account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.dashboards.panels import Panel

_ACTIVE: Final = f"on (namespace, account) mds_operator_subscription_active{{{FEED}}}"
# A number that shows a name is blank without one, so whoever is not there has a name, too.
_PUBLISHES: Final = (
    f"max by (account) (mds_operator_subscription_active{{{FEED}}}) or on () label_replace("
    f'max(mds_operator_subscription_epoch{{{FEED}}}), "account", "nobody", "", "")'
)
_CANDIDATE: Final = f"on (namespace, account) mds_operator_account_candidate{{{FEED}}}"
_HOPS: Final = {
    "exchange": (
        "From the exchange to here",
        "From the exchange's own time of a tick to its receipt, with the offset of the machine's clock.",
    ),
    "handoff": ("To the loop", "From receiving a tick to taking it up on the gateway's loop."),
    "publish": ("To the wire", "From receiving a tick to sending it to NATS."),
    "ack": ("To the stream", "From sending a tick to the stream's acknowledgement."),
}


def outline() -> Outline:
    return Outline(
        name="subscription",
        title="mds / subscription",
        description="One feed: ticks, coverage, latency by hop, moves.",
        variables=(ONE_DESK, SUBSCRIPTION),
        moves=FEED,
        rows={
            "Now": _now(),
            "Ticks": _ticks(),
            "Coverage": _coverage(),
            "Latency of the account that publishes": _latency(),
            "Moves": moves(),
            "What was promised": promised(),
        },
    )


def _now() -> Sequence[Panel]:
    return (
        number(
            "Publishes",
            "The account that publishes now.",
            Query(_PUBLISHES, "{{account}}"),
            unit="none",
            width=4,
            names=True,
        ),
        number(
            "Next opening",
            "Whether it is going to be there at the next opening.",
            Query(f"max by (verdict) (mds_operator_readiness{{{FEED}}} == 1)", "{{verdict}}"),
            unit="none",
            width=4,
            names=True,
        ),
        number(
            "Market",
            "By the trading front, or else the calendar.",
            Query(f"max(mds_operator_market_open{{{FEED}}})", "market"),
            unit="none",
            texts=OPEN,
            empty="unknown",
        ),
        number(
            "Opens in",
            "Time until its first market opens; none while one is open.",
            Query(
                f"max(mds_operator_subscription_next_opening_timestamp_seconds{{{FEED}}}) - time()",
                "opens in",
            ),
            unit="s",
        ),
        number(
            "Standbys",
            "Accounts that could take the feed now.",
            Query(f"max(mds_operator_subscription_standbys{{{FEED}}})", "standbys"),
            unit="none",
            width=2,
            steps=ZERO_IS_BAD,
        ),
        number(
            "Epoch",
            "It grows with each move.",
            Query(f"max(mds_operator_subscription_epoch{{{FEED}}})", "epoch"),
            unit="none",
            width=2,
        ),
        number(
            "Completeness left",
            "What is left of the budget of lost ticks.",
            Query(f"max(mds:subscription_completeness:budget_left{{{FEED}}})", "completeness"),
            unit="percentunit",
            steps=SPENT_IS_BAD,
        ),
        number(
            "Availability left",
            "What is left of the budget of market time without a feed.",
            Query(f"max(mds:subscription_availability:budget_left{{{FEED}}})", "availability"),
            unit="percentunit",
            steps=SPENT_IS_BAD,
        ),
        alerts(FEED, of_release=False),
        problems(FEED),
        rows(
            "Conditions",
            "The conditions of its status; `kubectl describe fs` says them in words.",
            Query(f"max by (condition, status, reason) (mds_operator_subscription_condition{{{FEED}}})"),
            columns=(
                Column("condition", "Condition"),
                Column("status", "Status"),
                Column("reason", "Reason"),
            ),
        ),
        rows(
            "Accounts",
            "The accounts that may publish it; the highest priority that is healthy does.",
            Query(f"max by (namespace, account) (mds_operator_account_candidate{{{FEED}}})"),
            Query(
                "max by (namespace, account, role)"
                f" (mds_operator_account_role{{{DESK}}} == 1 and {_CANDIDATE})"
            ),
            Query(
                "max by (namespace, account, health)"
                f" (mds_operator_account_health{{{DESK}}} == 1 and {_CANDIDATE})"
            ),
            columns=(
                Column("namespace", "Namespace"),
                Column("account", "Account", link=to_account(), link_title="Account"),
                Column("Value #A", "Priority", unit="none"),
                Column("role", "Role"),
                Column("health", "Health"),
            ),
        ),
    )


def _ticks() -> Sequence[Panel]:
    return (
        graph(
            "Stored",
            "Ticks a second that the stream acknowledged, by exchange.",
            Query(
                f"sum by (exchange) (rate(mds_gateway_ticks_stored_total{{{FEED}}}[$__rate_interval]))",
                "{{exchange}}",
            ),
            unit="cps",
            stacked=True,
        ),
        graph(
            "Received",
            "Ticks a second from the front, of each account that may publish it.",
            Query(
                "sum by (account) (rate(mds_gateway_ticks_received_total"
                f"{{{DESK}}}[$__rate_interval]) and {_CANDIDATE})",
                "{{account}}",
            ),
            unit="cps",
        ),
        graph(
            "Lost",
            "Ticks that the stream does not have and will not get, by cause.",
            Query(
                f"sum by (cause) (increase(mds_gateway_ticks_lost_total{{{FEED}}}[$__rate_interval]))",
                "{{cause}}",
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
            stacked=True,
        ),
        graph(
            "What nobody could store",
            "Estimates, in no budget: what at most died with a gateway, and ticks of canaries that a"
            " front did not"
            " send the account that published.",
            Query(
                f"sum(increase(mds_gateway_died_with_total{{{FEED}}}[$__rate_interval]))",
                "died with a gateway",
            ),
            Query(
                f"sum(increase(mds_gateway_front_missed_total{{{FEED}}}[$__rate_interval]))", "front missed"
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
        ),
        timeline(
            "Who published when",
            "A bar for each account while it published.",
            Query(f"max by (account) (mds_operator_subscription_active{{{FEED}}})", "{{account}}"),
            texts={"1": ("publishes", "green")},
            width=8,
        ),
        timeline(
            "Exchanges",
            "Whether a product of the exchange trades.",
            Query(f"max by (exchange) (mds_operator_exchange_open{{{DESK}}})", "{{exchange}}"),
            texts=OPEN,
            width=8,
        ),
    )


def _coverage() -> Sequence[Panel]:
    return (
        graph(
            "Contracts",
            "Selected, of these subscribed, of these on exchanges where ticks come (Ticking) or do not"
            " (Stale).",
            Query(f"max by (state) (mds_operator_subscription_contracts{{{FEED}}})", "{{state}}"),
            unit="short",
            width=24,
            steps=True,
        ),
        history(
            "Missing, by product",
            "Selected contracts of which no tick came since the login, as the account that publishes has it.",
            Query(
                f"max by (exchange, product) (mds_gateway_contracts_missing{{{DESK}}} and {_ACTIVE})",
                "{{exchange}} {{product}}",
            ),
            steps=((None, "green"), (1, "yellow"), (10, "red")),
        ),
        history(
            "Stale, by product",
            "Selected contracts without a tick for longer than `staleAfter` while their product trades.",
            Query(
                f"max by (exchange, product) (mds_gateway_contracts_stale{{{DESK}}} and {_ACTIVE})",
                "{{exchange}} {{product}}",
            ),
            steps=((None, "green"), (1, "yellow"), (10, "red")),
        ),
    )


def _latency() -> Sequence[Panel]:
    def of_hop(hop: str) -> str:
        buckets = f'mds_gateway_hop_seconds_bucket{{{DESK}, hop="{hop}"}}'
        return f"rate({buckets}[$__rate_interval]) and {_ACTIVE}"

    return (
        *(
            graph(
                title,
                description,
                *quantiles(of_hop(hop)),
                unit="s",
            )
            for hop, (title, description) in _HOPS.items()
        ),
        graph(
            "From the stream to a consumer",
            "From storing a tick to its arrival at the operator, of one contract; by the server's clock"
            " and the"
            " operator's.",
            *quantiles(f"rate(mds_operator_stored_to_seen_seconds_bucket{{{FEED}}}[$__rate_interval])"),
            unit="s",
        ),
        graph(
            "Clock",
            "The clock of the gateway's machine minus the exchanges' newest ticks.",
            Query(
                f"max by (account) (mds_gateway_clock_offset_seconds{{{DESK}}} and {_CANDIDATE})",
                "{{account}}",
            ),
            unit="s",
        ),
    )
