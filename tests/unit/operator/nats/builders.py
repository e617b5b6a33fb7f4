"""What the JetStream API answers, as nats-server 2.15 does: a test says what differs."""

from __future__ import annotations

from typing import Any

from mds_operator.domain.nats_seen import ConsumerList, ConsumerState, StreamState

NOW = 10_000.0
TS = "2026-11-29T02:00:00.000000001Z"


def stream_answer(
    config: dict[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    cluster: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "config": {"max_bytes": 1000, "max_msgs": -1, "max_age": 86_400_000_000_000, "num_replicas": 1}
        | (config or {}),
        "state": {
            "messages": 4, "bytes": 250, "first_seq": 7, "last_seq": 10, "consumer_count": 2,
            "first_ts": "2026-11-29T01:59:00.000000001Z",
        } | (state or {}),
        "cluster": {"leader": "mds-nats"} if cluster is None else cluster,
        "ts": TS,
    }  # fmt: skip


def consumer_answer(
    name: str = "risk", config: dict[str, Any] | None = None, **changed: Any
) -> dict[str, Any]:
    return {
        "stream_name": "MD", "name": name, "created": "2026-11-29T01:58:00Z", "ts": TS,
        "config": {"durable_name": name} if config is None else config,
        "num_pending": 5, "num_ack_pending": 3, "num_redelivered": 1,
    } | changed  # fmt: skip


def stream_state(*, seen_at: float = NOW, **changed: Any) -> StreamState:
    given: dict[str, Any] = {
        "messages": 4, "size_bytes": 250, "limit_bytes": 1000, "limit_messages": None,
        "refuses_when_full": False, "max_age_s": 86400.0,
        "oldest_age_s": 60.0, "last_sequence": 10, "leader": "mds-nats", "replicas": 1, "replicas_behind": 0,
        "consumers": 2,
    }  # fmt: skip
    return StreamState(seen_at=seen_at, **(given | changed))


def consumer(name: str, *, durable: bool = True, age_s: float = 3600.0, **changed: Any) -> ConsumerState:
    given: dict[str, Any] = {
        "stream": "MD", "is_ours": False, "pending": 5, "ack_pending": 3, "redelivered": 1,
    }  # fmt: skip
    return ConsumerState(name=name, is_durable=durable, age_s=age_s, **(given | changed))


def consumers(*found: ConsumerState, seen_at: float = NOW) -> ConsumerList:
    return ConsumerList(seen_at=seen_at, consumers=found)
