"""NATS as the operator sees it, without an exporter: streams, who reads them, how far behind they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitoring.dashboards.frame import RELEASE, RELEASES, STREAM, STREAMS, Outline
from monitoring.dashboards.panels import (
    FULL_IS_BAD,
    SOON_IS_BAD,
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

    from monitoring.dashboards.panels import Panel, Unit

_CONSUMER: Final = "stream, consumer"


def outline() -> Outline:
    return Outline(
        name="nats",
        title="mds / NATS",
        description="Streams, consumers and connections, as the operator sees them by the JetStream API.",
        variables=(RELEASES, STREAMS),
        moves="",
        rows={
            "Now": _now(),
            "Streams": _streams(),
            "Consumers": _consumers(),
            "Connections": _connections(),
        },
    )


def _by_stream(title: str, description: str, metric: str, unit: Unit) -> Panel:
    return graph(
        title,
        description,
        Query(f"max by (stream) (mds_operator_stream_{metric}{{{STREAM}}})", "{{stream}}"),
        unit=unit,
    )


def _now() -> Sequence[Panel]:
    return (
        number(
            "Connections lost",
            "Connections of the operator and of gateways that are down.",
            Query(
                f"count(mds_operator_nats_connected{{{RELEASE}}} == 0 or mds_gateway_nats_connected == 0)"
                " or vector(0)",
                "lost",
            ),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Round trip",
            "To the server and back, without JetStream.",
            Query(f"max(mds_operator_nats_round_trip_seconds{{{RELEASE}}})", "round trip"),
            unit="s",
        ),
        number(
            "Last look",
            "Since every stream last said how it is; what is shown here is that old.",
            Query(f"max(mds_operator_nats_look_age_seconds{{{RELEASE}}})", "ago"),
            unit="s",
            steps=((None, "green"), (60, "yellow"), (300, "red")),
        ),
        number(
            "Fullest stream",
            "Its share of `max_bytes`.",
            Query(
                f"max(mds_operator_stream_bytes{{{STREAM}}}"
                f" / (mds_operator_stream_limit_bytes{{{STREAM}}} > 0))",
                "full",
            ),
            unit="percentunit",
            steps=FULL_IS_BAD,
        ),
        number(
            "Storage",
            "What the account has on disk, as a share of what it may have.",
            Query(
                f"max(mds_operator_nats_storage_bytes{{{RELEASE}}}"
                f" / (mds_operator_nats_storage_limit_bytes{{{RELEASE}}} > 0))",
                "full",
            ),
            unit="percentunit",
            steps=FULL_IS_BAD,
            empty="no limit",
        ),
        number(
            "Memory",
            "What the account's streams have in memory, as a share of what they may have.",
            Query(
                f"max(mds_operator_nats_memory_bytes{{{RELEASE}}}"
                f" / (mds_operator_nats_memory_limit_bytes{{{RELEASE}}} > 0))",
                "full",
            ),
            unit="percentunit",
            steps=FULL_IS_BAD,
            empty="no limit",
        ),
        number(
            "Copies behind",
            "Copies of streams that are not current, or gone.",
            Query(f"sum(max by (stream) (mds_operator_stream_replicas_behind{{{STREAM}}}))", "behind"),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Certificate expires in",
            "That of the server; nothing without TLS.",
            Query(
                f"min(mds_operator_nats_certificate_expiry_timestamp_seconds{{{RELEASE}}}) - time()",
                "expires in",
            ),
            unit="s",
            steps=SOON_IS_BAD,
            empty="no TLS",
        ),
        alerts(RELEASE, of_release=True, width=24),
    )


def _streams() -> Sequence[Panel]:
    return (
        rows(
            "Streams",
            "How they are now.",
            Query(f"max by (stream, leader) (mds_operator_stream_leader_info{{{STREAM}}})"),
            Query(f"max by (stream) (mds_operator_stream_messages{{{STREAM}}})"),
            Query(f"max by (stream) (mds_operator_stream_limit_messages{{{STREAM}}})"),
            Query(f"max by (stream) (mds_operator_stream_bytes{{{STREAM}}})"),
            Query(f"max by (stream) (mds_operator_stream_limit_bytes{{{STREAM}}})"),
            Query(f"max by (stream) (mds_operator_stream_replicas{{{STREAM}}})"),
            Query(f"max by (stream) (mds_operator_consumers{{{STREAM}}})"),
            columns=(
                Column("stream", "Stream"),
                Column("leader", "Leader"),
                Column("Value #B", "Messages", unit="short"),
                Column("Value #C", "At most", unit="short"),
                Column("Value #D", "Size", unit="bytes"),
                Column("Value #E", "At most, bytes", unit="bytes"),
                Column("Value #F", "Copies", unit="none"),
                Column("Value #G", "Consumers", unit="none"),
            ),
            width=24,
            height=6,
            empty="no stream",
        ),
        graph(
            "How full",
            "The share of `max_bytes` that is taken.",
            Query(
                f"max by (stream) (mds_operator_stream_bytes{{{STREAM}}})"
                f" / (max by (stream) (mds_operator_stream_limit_bytes{{{STREAM}}}) > 0)",
                "{{stream}}",
            ),
            unit="percentunit",
            top=1,
        ),
        graph(
            "Growth",
            "Messages a second that are stored.",
            Query(
                "max by (stream)"
                f" (clamp_min(deriv(mds_operator_stream_last_sequence{{{STREAM}}}[$__rate_interval]), 0))",
                "{{stream}}",
            ),
            unit="cps",
        ),
        graph(
            "How far back it reaches",
            "The age of the oldest message, and `max_age`.",
            Query(f"max by (stream) (mds_operator_stream_oldest_age_seconds{{{STREAM}}})", "{{stream}}"),
            Query(
                f"max by (stream) (mds_operator_stream_max_age_seconds{{{STREAM}}})", "{{stream}}, at most"
            ),
            unit="s",
        ),
        _by_stream(
            "Copies behind, by stream", "Copies that are not current, or gone.", "replicas_behind", "short"
        ),
        _by_stream("Messages", "Messages in the stream.", "messages", "short"),
        _by_stream("Size", "Bytes in the stream.", "bytes", "bytes"),
    )


def _consumers() -> Sequence[Panel]:
    return (
        rows(
            "Consumers",
            "Who reads; at most 200 by name, the rest together as `(others)`.",
            Query(f"max by ({_CONSUMER}) (mds_operator_consumer_pending{{{STREAM}}})"),
            Query(f"max by ({_CONSUMER}) (mds_operator_consumer_ack_pending{{{STREAM}}})"),
            Query(f"max by ({_CONSUMER}) (mds_operator_consumer_redelivered{{{STREAM}}})"),
            columns=(
                Column("stream", "Stream"),
                Column("consumer", "Consumer"),
                Column("Value #A", "Not sent yet", unit="short"),
                Column("Value #B", "Not acknowledged", unit="short"),
                Column("Value #C", "Sent again", unit="short"),
            ),
            width=24,
            height=8,
            empty="nobody reads",
        ),
        graph(
            "Behind",
            "How long the stream takes to grow by what a consumer has not been sent yet.",
            Query(
                f"max by ({_CONSUMER}) (mds_operator_consumer_pending{{{STREAM}}})"
                " / on (stream) group_left () clamp_min(max by (stream)"
                f" (deriv(mds_operator_stream_last_sequence{{{STREAM}}}[5m])), 1)",
                "{{stream}} {{consumer}}",
            ),
            unit="s",
        ),
        graph(
            "Not sent yet",
            "Messages that a consumer has not been sent.",
            Query(
                f"max by ({_CONSUMER}) (mds_operator_consumer_pending{{{STREAM}}})", "{{stream}} {{consumer}}"
            ),
            unit="short",
        ),
        graph(
            "Not acknowledged",
            "Messages that were sent and wait for an acknowledgement, and those that were sent again.",
            Query(
                f"max by ({_CONSUMER}) (mds_operator_consumer_ack_pending{{{STREAM}}})",
                "{{stream}} {{consumer}}",
            ),
            Query(
                f"max by ({_CONSUMER}) (mds_operator_consumer_redelivered{{{STREAM}}})",
                "{{stream}} {{consumer}}, again",
            ),
            unit="short",
        ),
    )


def _connections() -> Sequence[Panel]:
    return (
        timeline(
            "Connections of the operator",
            "Each of its own.",
            Query(f"max by (connection) (mds_operator_nats_connected{{{RELEASE}}})", "{{connection}}"),
            texts={"1": ("connected", "green"), "0": ("lost", "red")},
            width=8,
        ),
        graph(
            "Gateways without NATS",
            "Gateways whose connection for ticks is down, by namespace.",
            Query("count by (namespace) (mds_gateway_nats_connected == 0)", "{{namespace}}"),
            unit="short",
            steps=True,
        ),
        graph(
            "Round trips",
            "To the server and back, without JetStream.",
            Query(f"max(mds_operator_nats_round_trip_seconds{{{RELEASE}}})", "round trip"),
            unit="s",
        ),
        graph(
            "From the stream to a consumer",
            "From storing a tick to its arrival at the operator, over all subscriptions.",
            *quantiles("rate(mds_operator_stored_to_seen_seconds_bucket[$__rate_interval])"),
            unit="s",
        ),
        graph(
            "Storage over time",
            "What the account has on disk, and may have.",
            Query(f"max(mds_operator_nats_storage_bytes{{{RELEASE}}})", "on disk"),
            Query(f"max(mds_operator_nats_storage_limit_bytes{{{RELEASE}}})", "at most"),
            unit="bytes",
        ),
        graph(
            "Gateways' acknowledgements",
            "Ticks a second that streams acknowledged to gateways, by namespace.",
            Query(
                "sum by (namespace) (rate(mds_gateway_ticks_acked_total[$__rate_interval]))", "{{namespace}}"
            ),
            unit="cps",
        ),
    )
