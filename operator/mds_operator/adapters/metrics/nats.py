"""What stands in NATS, who reads it, and how soon. Without an exporter beside the server.

Labels are names of streams that people wrote into Kubernetes, and what `domain/nats_seen` and
`domain/consumers_shown` let through of NATS's own text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import OF_SUBSCRIPTION, Family, Histogram, to_buckets
from mds_operator.domain.consumers_shown import ConsumersShown
from mds_operator.domain.nats_seen import NatsSeen
from mds_runtime.http.figures import one

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_operator.domain.consumers_shown import ConsumerSums
    from mds_operator.domain.durations import Durations
    from mds_operator.domain.nats_seen import ConsumerState, StorageState, StreamState
    from mds_operator.domain.seen import Key
    from mds_runtime.http.figures import Values

OTHERS: Final = "(others)"
"""No consumer can have that name."""
OF_CONSUMER: Final = ("stream", "consumer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nats:
    seen: NatsSeen = field(default_factory=NatsSeen)
    shown: ConsumersShown = field(default_factory=lambda: ConsumersShown((), {}))
    connected: Mapping[str, bool] = field(default_factory=dict)
    """By connection."""
    look_age_s: float | None = None
    certificate_expires_at: float | None = None
    stored_to_seen: Mapping[Key, Durations] = field(default_factory=dict)


def _of_stream(name: str, text: str, read: Callable[[StreamState], float | None]) -> Family[Nats]:
    def read_all(part: Nats) -> Values:
        found = {stream: read(each) for stream, each in part.seen.streams.items()}
        return {stream: value for stream, value in found.items() if value is not None}

    return Family[Nats](f"stream_{name}", text, read_all, ("stream",))


def _of_consumer(name: str, text: str, read: Callable[[ConsumerState | ConsumerSums], int]) -> Family[Nats]:
    def read_all(part: Nats) -> Values:
        named = {(each.stream, each.name): read(each) for each in part.shown.named}
        return named | {(stream, OTHERS): read(each) for stream, each in part.shown.others.items()}

    return Family[Nats](f"consumer_{name}", text, read_all, OF_CONSUMER)


def _of_account(name: str, text: str, read: Callable[[StorageState], int | None]) -> Family[Nats]:
    return Family[Nats](
        f"nats_{name}",
        text,
        lambda part: one(read(part.seen.storage) if part.seen.storage is not None else None),
    )


FAMILIES: Final = (
    _of_stream("messages", "Messages in the stream.", lambda each: each.messages),
    _of_stream("bytes", "Bytes in the stream.", lambda each: each.size_bytes),
    _of_stream("limit_bytes", "`max_bytes` of the stream; absent: none.", lambda each: each.limit_bytes),
    _of_stream("limit_messages", "`max_msgs` of the stream; absent: none.", lambda each: each.limit_messages),
    _of_stream(
        "oldest_age_seconds",
        "Age of the oldest message, by the server's clock; absent while the stream is empty.",
        lambda each: each.oldest_age_s,
    ),
    _of_stream("max_age_seconds", "`max_age` of the stream; absent: none.", lambda each: each.max_age_s),
    _of_stream("last_sequence", "The sequence of the newest message.", lambda each: each.last_sequence),
    Family[Nats](
        "stream_leader_info",
        "1 for the server that leads the stream; absent while none does.",
        lambda part: {
            (stream, each.leader): 1.0
            for stream, each in part.seen.streams.items()
            if each.leader is not None
        },
        ("stream", "leader"),
    ),
    _of_stream("replicas", "Copies that the stream shall have.", lambda each: each.replicas),
    _of_stream("replicas_behind", "Copies that are not current, or gone.", lambda each: each.replicas_behind),
    Family[Nats](
        "consumers",
        "Consumers of the stream.",
        lambda part: {stream: float(each.consumers) for stream, each in part.seen.streams.items()},
        ("stream",),
    ),
    _of_consumer(
        "pending",
        "Messages of a tick stream that a consumer has not been sent yet. At most 200 consumers have a name,"
        " the rest are summed as `(others)`.",
        lambda each: each.pending,
    ),
    _of_consumer(
        "ack_pending",
        "Messages that were sent to a consumer and wait for its acknowledgement.",
        lambda each: each.ack_pending,
    ),
    _of_consumer(
        "redelivered",
        "Messages that a consumer was sent more than once and has not acknowledged.",
        lambda each: each.redelivered,
    ),
    Family[Nats](
        "nats_connected",
        "1 while a connection of the operator's is up.",
        lambda part: {name: float(is_up) for name, is_up in part.connected.items()},
        ("connection",),
    ),
    Family[Nats](
        "nats_round_trip_seconds",
        "To the server and back, without JetStream.",
        lambda part: one(part.seen.round_trip.seconds if part.seen.round_trip is not None else None),
    ),
    Family[Nats](
        "nats_look_age_seconds",
        "Since every stream last said how it is.",
        lambda part: one(part.look_age_s),
    ),
    _of_account("storage_bytes", "What the account has on disk.", lambda each: each.storage_bytes),
    _of_account(
        "storage_limit_bytes",
        "How much the account may have on disk; absent where nothing but the server's own limit counts.",
        lambda each: each.storage_limit_bytes,
    ),
    _of_account("memory_bytes", "What the account's streams have in memory.", lambda each: each.memory_bytes),
    _of_account(
        "memory_limit_bytes",
        "How much they may have in memory; absent where nothing but the server's own limit counts.",
        lambda each: each.memory_limit_bytes,
    ),
    Histogram[Nats](
        "stored_to_seen_seconds",
        "From storing a tick to its arrival here, of one contract of each subscription;"
        " by the server's clock and this machine's.",
        lambda part: {key: to_buckets(kept) for key, kept in part.stored_to_seen.items()},
        OF_SUBSCRIPTION,
    ),
    Family[Nats](
        "nats_certificate_expiry_timestamp_seconds",
        "When the server's certificate expires; absent without TLS.",
        lambda part: one(part.certificate_expires_at),
    ),
)
