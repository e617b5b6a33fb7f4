"""A look at NATS, and each series that it becomes."""

from __future__ import annotations

from mds_operator.adapters.metrics.nats import Nats
from mds_operator.domain.consumers_shown import ConsumersShown, ConsumerSums
from mds_operator.domain.nats_seen import NatsSeen, RoundTrip, StorageState
from tests.unit.operator.nats.builders import NOW, consumer, stream_state

NATS = Nats(
    seen=NatsSeen(
        streams={"MD": stream_state(limit_messages=50, replicas=3, replicas_behind=1)},
        storage=StorageState(
            seen_at=NOW, storage_bytes=1, storage_limit_bytes=2, memory_bytes=3, memory_limit_bytes=4
        ),
        round_trip=RoundTrip(seen_at=NOW, seconds=0.001),
    ),
    shown=ConsumersShown((consumer("risk"),), {"MD": ConsumerSums(50, 30, 10)}),
    connected={"control": True, "heart": False},
    look_age_s=2.5,
    certificate_expires_at=1_800_000_000,
)

_MD = {"stream": "MD"}
_RISK, _OTHERS = _MD | {"consumer": "risk"}, _MD | {"consumer": "(others)"}
NATS_SERIES: list[tuple[str, dict[str, str], float]] = [
    ("stream_messages", _MD, 4),
    ("stream_bytes", _MD, 250),
    ("stream_limit_bytes", _MD, 1000),
    ("stream_limit_messages", _MD, 50),
    ("stream_oldest_age_seconds", _MD, 60),
    ("stream_max_age_seconds", _MD, 86400),
    ("stream_last_sequence", _MD, 10),
    ("stream_leader_info", _MD | {"leader": "mds-nats"}, 1),
    ("stream_replicas", _MD, 3),
    ("stream_replicas_behind", _MD, 1),
    ("consumers", _MD, 2),
    ("consumer_pending", _RISK, 5),
    ("consumer_pending", _OTHERS, 50),
    ("consumer_ack_pending", _RISK, 3),
    ("consumer_ack_pending", _OTHERS, 30),
    ("consumer_redelivered", _RISK, 1),
    ("consumer_redelivered", _OTHERS, 10),
    ("nats_connected", {"connection": "control"}, 1),
    ("nats_connected", {"connection": "heart"}, 0),
    ("nats_round_trip_seconds", {}, 0.001),
    ("nats_look_age_seconds", {}, 2.5),
    ("nats_storage_bytes", {}, 1),
    ("nats_storage_limit_bytes", {}, 2),
    ("nats_memory_bytes", {}, 3),
    ("nats_memory_limit_bytes", {}, 4),
    ("nats_certificate_expiry_timestamp_seconds", {}, 1_800_000_000),
]
