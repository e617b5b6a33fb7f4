"""What JetStream's API last said: streams, their consumers, the account's storage.

Each answer is kept with its moment, so that what NATS no longer says ages and then is forgotten: an old
figure looks like one that stands still. Nothing here decides about a feed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORGET_S: Final = 30.0
"""Six looks that brought nothing."""
_NS_PER_S: Final = 1_000_000_000
_SERVER_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
OTHER_NAME: Final = "Other"
"""Stands for a server's name that is no label."""
OURS: Final = {"mds.dev/consumer": "operator"}
"""The metadata of a consumer that the operator makes to look at a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """A stream as its leader described it."""

    seen_at: float
    """On the monotonic clock."""
    messages: int
    size_bytes: int
    limit_bytes: int | None
    limit_messages: int | None
    refuses_when_full: bool
    """`discard: new`; others let go of what is old."""
    max_age_s: float | None
    oldest_age_s: float | None
    """By the server's own clock; None while the stream is empty."""
    last_sequence: int
    leader: str | None
    """The server's name, its id where it has none; None while none leads."""
    replicas: int
    """As the stream is configured."""
    replicas_behind: int
    """Copies that are not current, or gone."""
    consumers: int

    @property
    def fill(self) -> float | None:
        """The share of its limit that is used, by bytes or messages, the bigger one; None: no limit."""
        pairs = ((self.size_bytes, self.limit_bytes), (self.messages, self.limit_messages))
        return max((used / limit for used, limit in pairs if limit is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerState:
    """A consumer as the server listed it."""

    stream: str
    name: str
    is_durable: bool
    is_ours: bool
    """The operator's own."""
    age_s: float
    pending: int
    ack_pending: int
    redelivered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerList:
    """Of one stream."""

    seen_at: float
    consumers: tuple[ConsumerState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageState:
    """The account that the operator's login belongs to."""

    seen_at: float
    storage_bytes: int
    storage_limit_bytes: int | None
    memory_bytes: int
    memory_limit_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    seen_at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsSeen:
    """All of it, for figures and for whoever judges by it. What is absent is not known."""

    streams: Mapping[str, StreamState] = field(default_factory=dict)
    consumers: Mapping[str, ConsumerList] = field(default_factory=dict)
    """Of tick streams, by stream."""
    storage: StorageState | None = None
    round_trip: RoundTrip | None = None
    whole_at: float | None = None
    """When every stream last answered; never forgotten."""


def note_streams(
    seen: NatsSeen, answers: Mapping[str, StreamState | None], wanted: Iterable[str], *, now: float
) -> NatsSeen:
    """`answers` has None for a stream that does not exist, and lacks one that did not answer."""
    names = set(wanted)
    kept = {name: each for name, each in seen.streams.items() if name in names and name not in answers}
    found = {name: each for name, each in answers.items() if each is not None}
    whole_at = now if names <= answers.keys() else seen.whole_at
    return replace(seen, streams=kept | found, whole_at=whole_at)


def note_consumers(seen: NatsSeen, answers: Mapping[str, ConsumerList], wanted: Iterable[str]) -> NatsSeen:
    """`wanted`: the tick streams."""
    kept = {name: seen.consumers[name] for name in wanted if name in seen.consumers}
    return replace(seen, consumers=kept | dict(answers))


def forget_old(seen: NatsSeen, *, now: float) -> NatsSeen:
    """Without what was not said again for FORGET_S."""
    since = now - FORGET_S
    return NatsSeen(
        streams={name: each for name, each in seen.streams.items() if each.seen_at >= since},
        consumers={name: each for name, each in seen.consumers.items() if each.seen_at >= since},
        storage=seen.storage if seen.storage and seen.storage.seen_at >= since else None,
        round_trip=seen.round_trip if seen.round_trip and seen.round_trip.seen_at >= since else None,
        whole_at=seen.whole_at,
    )


# --- how the API says it


def read_stream_state(answer: Mapping[str, Any], *, seen_at: float) -> StreamState:
    """`answer` is that of `STREAM.INFO`."""
    config, state, cluster = answer["config"], answer["state"], answer.get("cluster") or {}
    copies = cluster.get("replicas") or ()
    oldest_age_s = None
    if state["messages"]:
        oldest_age_s = max(0.0, _measure_s(state["first_ts"], answer["ts"]))
    return StreamState(
        seen_at=seen_at,
        messages=int(state["messages"]),
        size_bytes=int(state["bytes"]),
        limit_bytes=_limit(config.get("max_bytes")),
        limit_messages=_limit(config.get("max_msgs")),
        refuses_when_full=config.get("discard") == "new",
        max_age_s=(config.get("max_age") or 0) / _NS_PER_S or None,
        oldest_age_s=oldest_age_s,
        last_sequence=int(state["last_seq"]),
        leader=_name_server(cluster.get("leader")),
        replicas=int(config.get("num_replicas") or 1),
        replicas_behind=sum(not copy.get("current") or bool(copy.get("offline")) for copy in copies),
        consumers=int(state["consumer_count"]),
    )


def read_consumer_state(entry: Mapping[str, Any]) -> ConsumerState:
    """`entry` is one of `CONSUMER.LIST`."""
    return ConsumerState(
        stream=str(entry["stream_name"]),
        name=str(entry["name"]),
        is_durable=bool(entry["config"].get("durable_name")),
        is_ours=OURS.items() <= (entry["config"].get("metadata") or {}).items(),
        age_s=max(0.0, _measure_s(entry["created"], entry["ts"])),
        pending=int(entry["num_pending"]),
        ack_pending=int(entry["num_ack_pending"]),
        redelivered=int(entry["num_redelivered"]),
    )


def read_storage_state(answer: Mapping[str, Any], *, seen_at: float) -> StorageState:
    """`answer` is that of `INFO`. An account may have a limit for each number of replicas: they add up."""
    tiers = (answer.get("tiers") or {}).values()
    limits = [each["limits"] for each in (tiers or (answer,))]
    return StorageState(
        seen_at=seen_at,
        storage_bytes=int(answer["storage"]),
        storage_limit_bytes=_add_limits(limits, "max_storage"),
        memory_bytes=int(answer["memory"]),
        memory_limit_bytes=_add_limits(limits, "max_memory"),
    )


def _limit(value: int | None) -> int | None:
    """JetStream says "no limit" by -1, and by nothing at all."""
    return int(value) if value is not None and value > 0 else None


def _add_limits(limits: Iterable[Mapping[str, Any]], name: str) -> int | None:
    values = [int(each[name]) for each in limits]
    return None if min(values) < 0 else sum(values)


def _name_server(text: object) -> str | None:
    if not text:
        return None
    return text if isinstance(text, str) and _SERVER_NAME.fullmatch(text) else OTHER_NAME


def _measure_s(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
