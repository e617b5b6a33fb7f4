"""The streams and buckets of an installation, as the JetStream API takes them. Data only.

The operator creates them; `make try` and the tests do it for a lone gateway. A stream that somebody else made
is used as it is and never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mds_protocol.wire.subjects import (
    CONTRACTS_BUCKET,
    EVENTS_STREAM,
    LIVE,
    ROUTES_BUCKET,
    SETTINGS_BUCKET,
    Subjects,
)

SECOND_NS: Final = 1_000_000_000
DUPLICATE_WINDOW_NS: Final = 30 * SECOND_NS
"""Twice what a log reaches back: nothing is sent again later than that."""


@dataclass(frozen=True, slots=True)
class TickStream:
    """What a chart's values say of one stream."""

    name: str = "MD"
    tick_subjects: tuple[str, ...] = ("md.>",)
    max_age_s: int = 24 * 3600
    max_bytes: int = 10 << 30
    """About ten million ticks; a whole market's day wants ten times that."""
    replicas: int = 1
    storage: str = "file"


def build_tick_stream(stream: TickStream, subjects: Subjects) -> dict[str, Any]:
    """Ticks, beside them the fences and probes of who may write them, and last values for `-LAST`."""
    return {
        "name": stream.name,
        "subjects": [
            *stream.tick_subjects,
            f"{subjects.prefix}.fence.*.*",
            f"{subjects.prefix}.probe.*.*",
            subjects.last(">"),
        ],
        "storage": stream.storage,
        "retention": "limits",
        "discard": "old",
        "max_age": stream.max_age_s * SECOND_NS,
        "max_bytes": stream.max_bytes,
        "num_replicas": stream.replicas,
        "duplicate_window": DUPLICATE_WINDOW_NS,
        "allow_msg_ttl": True,
        "allow_direct": True,
        # Only what the stream accepted; refused messages pass on the plain subject. Last values do not match.
        "republish": {"src": stream.tick_subjects[0], "dest": f"{LIVE}.{stream.tick_subjects[0]}"},
    }


def build_last_stream(stream: TickStream, subjects: Subjects) -> dict[str, Any]:
    """One message per contract, without age, so that a snapshot survives a weekend.

    Only last values come here, each under its tick's own subject: a copy of every tick costs the server more
    than the ticks do.
    """
    return {
        "name": f"{stream.name}-LAST",
        "storage": stream.storage,
        "retention": "limits",
        "discard": "old",
        "max_msgs_per_subject": 1,
        "num_replicas": stream.replicas,
        "allow_direct": True,
        "sources": [
            {"name": stream.name, "subject_transforms": [{"src": subjects.last(">"), "dest": ">"}]},
        ],
    }


def build_events_stream(subjects: Subjects, replicas: int = 1) -> dict[str, Any]:
    return {
        "name": EVENTS_STREAM,
        "subjects": [f"{subjects.prefix}.event.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_age": 90 * 24 * 3600 * SECOND_NS,
        "max_bytes": 256 << 20,
        "num_replicas": replicas,
        "allow_direct": True,
    }


def build_bucket(name: str, replicas: int = 1) -> dict[str, Any]:
    """A KV bucket is a stream of a certain shape (ADR-8)."""
    return {
        "name": f"KV_{name}",
        "subjects": [f"$KV.{name}.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_msgs_per_subject": 1,
        "num_replicas": replicas,
        "allow_rollup_hdrs": True,
        "allow_direct": True,
        "deny_delete": True,
    }


def build_all(stream: TickStream, subjects: Subjects) -> list[dict[str, Any]]:
    """In the order in which they can be created."""
    return [
        build_tick_stream(stream, subjects),
        build_last_stream(stream, subjects),
        build_events_stream(subjects, stream.replicas),
        *(build_bucket(name, stream.replicas) for name in (ROUTES_BUCKET, SETTINGS_BUCKET, CONTRACTS_BUCKET)),
    ]
