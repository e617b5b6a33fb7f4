"""Of one account: what became of its ticks, and what waits on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards.frame import ACCOUNT
from monitoring.dashboards.panels import Query, graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.dashboards.panels import Panel

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


def ticks() -> Sequence[Panel]:
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


def waits() -> Sequence[Panel]:
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
