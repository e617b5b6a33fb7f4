"""Of one feed: how it moved, and what is left of what was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards.frame import DESK, FEED
from monitoring.dashboards.panels import ZERO_IS_GOOD, Column, Query, graph, number, rows
from monitoring.dashboards.shared import quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.dashboards.panels import Panel


def moves() -> Sequence[Panel]:
    return (
        number(
            "Gap of a move",
            "Stream time between the last tick of one account and the first of the next, of the moves"
            " in the time"
            " that is shown: bounds of a histogram.",
            *quantiles(f"increase(mds_operator_failover_gap_seconds_bucket{{{FEED}}}[$__range])"),
            unit="s",
            width=8,
            empty="no move",
        ),
        number(
            "Detection, of the desk",
            "From the last sign of an account that failed to when that was noticed.",
            *quantiles(f"increase(mds_operator_failover_detection_seconds_bucket{{{DESK}}}[$__range])"),
            unit="s",
            width=8,
            empty="no move",
        ),
        number(
            "Decision, of the desk",
            "From then to the route that names another account.",
            *quantiles(f"increase(mds_operator_failover_decision_seconds_bucket{{{DESK}}}[$__range])"),
            unit="s",
            width=8,
            empty="no move",
        ),
        rows(
            "The last move",
            "From whom to whom, and why; `kubectl describe fs` has the last ten.",
            Query(f"max by (epoch, from, to, reason) (mds_operator_last_failover_info{{{FEED}}})"),
            columns=(
                Column("epoch", "Epoch"),
                Column("from", "From"),
                Column("to", "To"),
                Column("reason", "Reason"),
            ),
            width=8,
            empty="none yet",
        ),
        graph(
            "Moves",
            "By reason; of those that there are.",
            Query(
                f"sum by (reason) (increase(mds_operator_failovers_total{{{FEED}}}[$__rate_interval])) > 0",
                "{{reason}}",
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
            stacked=True,
        ),
        graph(
            "Takeovers",
            "Times that an account became active by its own count, and fences that it wrote again.",
            Query(
                f"sum by (account) (increase(mds_gateway_takeovers_total{{{FEED}}}[$__rate_interval]))",
                "{{account}} took over",
            ),
            Query(
                f"sum by (account) (increase(mds_gateway_fence_renewals_total{{{FEED}}}[$__rate_interval]))",
                "{{account}} wrote its fence again",
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
        ),
        graph(
            "How far back the logs reach",
            "What an account that takes over can still send: the age of the oldest tick in its log.",
            Query(f"max by (account) (mds_gateway_log_reach_seconds{{{FEED}}})", "{{account}}"),
            unit="s",
            width=12,
        ),
        graph(
            "Standbys over time",
            "Accounts that could take the feed at that time.",
            Query(f"max(mds_operator_subscription_standbys{{{FEED}}})", "standbys"),
            unit="short",
            steps=True,
            width=12,
        ),
    )


def promised() -> Sequence[Panel]:
    unserved = (
        f"sum(increase(mds_operator_subscription_open_seconds_total{{{FEED}}}[$__range]))"
        f" - sum(increase(mds_operator_subscription_served_seconds_total{{{FEED}}}[$__range]))"
    )
    return (
        number(
            "Market time without a feed",
            "In the time that is shown.",
            Query(unserved, "without a feed"),
            unit="s",
            width=6,
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Lost ticks",
            "In the time that is shown.",
            Query(f"round(sum(increase(mds_gateway_ticks_lost_total{{{FEED}}}[$__range])))", "lost"),
            unit="short",
            width=6,
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Stored ticks",
            "In the time that is shown.",
            Query(f"sum(increase(mds_gateway_ticks_stored_total{{{FEED}}}[$__range]))", "stored"),
            unit="short",
            width=6,
        ),
        number(
            "Market time",
            "Open time of its markets in the time that is shown.",
            Query(f"sum(increase(mds_operator_subscription_open_seconds_total{{{FEED}}}[$__range]))", "open"),
            unit="s",
            width=6,
        ),
        graph(
            "Share of lost ticks",
            "The alert MdsCompletenessBurn looks at these.",
            Query(f"max(mds:subscription_lost:ratio_rate5m{{{FEED}}})", "5 minutes"),
            Query(f"max(mds:subscription_lost:ratio_rate1h{{{FEED}}})", "1 hour"),
            Query(f"max(mds:subscription_lost:ratio_rate2h{{{FEED}}})", "2 hours"),
            Query(f"max(mds:subscription_lost:ratio_rate1d{{{FEED}}})", "1 day"),
            unit="percentunit",
            width=12,
        ),
        graph(
            "Share of market time without a feed",
            "The alert MdsAvailabilityBurn looks at these.",
            Query(f"max(mds:subscription_unserved:ratio_rate5m{{{FEED}}})", "5 minutes"),
            Query(f"max(mds:subscription_unserved:ratio_rate1h{{{FEED}}})", "1 hour"),
            Query(f"max(mds:subscription_unserved:ratio_rate2h{{{FEED}}})", "2 hours"),
            Query(f"max(mds:subscription_unserved:ratio_rate1d{{{FEED}}})", "1 day"),
            unit="percentunit",
            width=12,
        ),
    )
