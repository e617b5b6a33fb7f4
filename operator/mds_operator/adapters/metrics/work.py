"""How the operator itself gets on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import Family, Histogram, to_buckets
from mds_operator.domain.durations import WORK_BOUNDS_S, Durations
from mds_runtime.http.figures import one

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    reconciles: int = 0
    reconcile_errors: int = 0
    reconcile_seconds: Durations = field(default_factory=lambda: Durations(WORK_BOUNDS_S))
    queue_depth: int = 0
    watch_age_s: Mapping[str, float] = field(default_factory=dict)
    """By kind."""
    echo_age_s: Mapping[str, float] = field(default_factory=dict)
    """By namespace."""
    heartbeats: int = 0
    heartbeats_invalid: int = 0
    route_writes: Mapping[str, int] = field(default_factory=dict)
    """By result: Written, Lost."""
    kube_requests: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By verb and result."""
    is_leader: bool = False
    loop_late_s: float = 0.0


FAMILIES: Final = (
    Family[Work]("reconcile", "Reconciliations.", lambda seen: one(seen.reconciles), kind="counter"),
    Family[Work](
        "reconcile_errors",
        "Reconciliations that failed and are tried again.",
        lambda seen: one(seen.reconcile_errors),
        kind="counter",
    ),
    Histogram[Work](
        "reconcile_seconds",
        "How long a reconciliation took.",
        lambda seen: {(): to_buckets(seen.reconcile_seconds)},
    ),
    Family[Work]("queue_depth", "Objects that wait to be reconciled.", lambda seen: one(seen.queue_depth)),
    Family[Work](
        "watch_last_event_age_seconds",
        "Since the API server last said anything about a kind.",
        lambda seen: seen.watch_age_s,
        ("kind",),
    ),
    Family[Work](
        "echo_age_seconds",
        "Since the operator heard its own heartbeat come back through NATS.",
        lambda seen: seen.echo_age_s,
        ("namespace",),
    ),
    Family[Work]("heartbeats", "Heartbeats heard.", lambda seen: one(seen.heartbeats), kind="counter"),
    Family[Work](
        "heartbeats_invalid",
        "Heartbeats that this version cannot read.",
        lambda seen: one(seen.heartbeats_invalid),
        kind="counter",
    ),
    Family[Work](
        "route_writes",
        "Compare-and-sets of routes, by result.",
        lambda seen: seen.route_writes,
        ("result",),
        "counter",
    ),
    Family[Work](
        "kube_requests",
        "Requests to the API server, by verb and result; watches are not among them.",
        lambda seen: {pair: float(count) for pair, count in seen.kube_requests.items()},
        ("verb", "result"),
        "counter",
    ),
    Family[Work]("leader", "1 while this replica leads.", lambda seen: one(seen.is_leader)),
    Family[Work](
        "loop_late_seconds",
        "How late the event loop was last; beyond 0.3 s nobody's silence counts.",
        lambda seen: one(seen.loop_late_s),
    ),
)
