"""`/metrics`: every family of figures with its help, read from one snapshot when Prometheus asks.

The snapshot lists what exists now, so the series of a vanished account or subscription vanish with it. The
table in docs/operator.md is this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from prometheus_client.registry import Collector

from mds_runtime.http import figures
from mds_runtime.http.figures import Buckets, Values, collect_histogram, one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.core import Metric

    from mds_operator.domain.seen import Key

PREFIX: Final = "mds_operator_"
HEALTHS: Final = ("Healthy", "Unhealthy", "Unknown")
ROLES: Final = ("Active", "Standby", "None")
BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Durations:
    """A histogram that is kept by plain numbers."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """Not cumulated; the last one counts what is beyond all bounds."""
    sum_s: float = 0.0

    def add(self, took_s: float) -> None:
        place = next((at for at, bound in enumerate(BOUNDS_S) if took_s <= bound), len(BOUNDS_S))
        self.counts[place] += 1
        self.sum_s += took_s


@dataclass(frozen=True, slots=True)
class AccountFigures:
    health: str
    role: str


@dataclass(frozen=True, slots=True)
class SubscriptionFigures:
    epoch: int
    active: str | None
    """The account; None: nobody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one scrape reads. Whoever gives it may go on counting: mappings are read at once."""

    accounts: Mapping[Key, AccountFigures] = field(default_factory=dict)
    subscriptions: Mapping[Key, SubscriptionFigures] = field(default_factory=dict)
    failovers: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    reconciles: int = 0
    reconcile_errors: int = 0
    reconcile_seconds: Durations = field(default_factory=Durations)
    queue_depth: int = 0
    watch_age_s: Mapping[str, float] = field(default_factory=dict)
    """By kind."""
    echo_age_s: Mapping[str, float] = field(default_factory=dict)
    """By namespace."""
    heartbeats: int = 0
    heartbeats_invalid: int = 0
    route_writes: Mapping[str, int] = field(default_factory=dict)
    """By result: Written, Lost, Unknown."""
    kube_requests: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By verb and result."""
    is_leader: bool = False
    loop_late_s: float = 0.0


class Family(figures.Family[Snapshot]):
    prefix = PREFIX


def _is_each(accounts: Mapping[Key, str], states: Iterable[str]) -> Values:
    return {(*key, state): float(state == now) for key, now in accounts.items() for state in states}


FAMILIES: Final = (
    Family(
        "account_health",
        "1 for the health that an account has: Healthy, Unhealthy or Unknown.",
        lambda seen: _is_each({key: each.health for key, each in seen.accounts.items()}, HEALTHS),
        ("namespace", "account", "health"),
    ),
    Family(
        "account_role",
        "1 for the role that an account has: Active, Standby or None.",
        lambda seen: _is_each({key: each.role for key, each in seen.accounts.items()}, ROLES),
        ("namespace", "account", "role"),
    ),
    Family(
        "subscription_active",
        "1 for the account that publishes for a subscription; absent while none does.",
        lambda seen: {
            (*key, each.active): 1.0 for key, each in seen.subscriptions.items() if each.active is not None
        },
        ("namespace", "subscription", "account"),
    ),
    Family(
        "subscription_epoch",
        "The epoch of a subscription's route.",
        lambda seen: {(*key,): float(each.epoch) for key, each in seen.subscriptions.items()},
        ("namespace", "subscription"),
    ),
    Family(
        "failovers",
        "Routes that were moved, by reason.",
        lambda seen: seen.failovers,
        ("reason",),
        "counter",
    ),
    Family(
        "restarts",
        "Pods that were replaced, by reason.",
        lambda seen: seen.restarts,
        ("reason",),
        "counter",
    ),
    Family("reconcile", "Reconciliations.", lambda seen: one(seen.reconciles), kind="counter"),
    Family(
        "reconcile_errors",
        "Reconciliations that failed and are tried again.",
        lambda seen: one(seen.reconcile_errors),
        kind="counter",
    ),
    Family("queue_depth", "Objects that wait to be reconciled.", lambda seen: one(seen.queue_depth)),
    Family(
        "watch_last_event_age_seconds",
        "Since the API server last said anything about a kind.",
        lambda seen: seen.watch_age_s,
        ("kind",),
    ),
    Family(
        "echo_age_seconds",
        "Since the operator heard its own heartbeat come back through NATS.",
        lambda seen: seen.echo_age_s,
        ("namespace",),
    ),
    Family("heartbeats", "Heartbeats heard.", lambda seen: one(seen.heartbeats), kind="counter"),
    Family(
        "heartbeats_invalid",
        "Heartbeats that this version cannot read.",
        lambda seen: one(seen.heartbeats_invalid),
        kind="counter",
    ),
    Family(
        "route_writes",
        "Compare-and-sets of routes, by result.",
        lambda seen: seen.route_writes,
        ("result",),
        "counter",
    ),
    Family(
        "kube_requests",
        "Requests to the API server, by verb and result; watches are not among them.",
        lambda seen: {pair: float(count) for pair, count in seen.kube_requests.items()},
        ("verb", "result"),
        "counter",
    ),
    Family("leader", "1 while this replica leads.", lambda seen: one(seen.is_leader)),
    Family(
        "loop_late_seconds",
        "How late the event loop was last; beyond 0.3 s nobody's silence counts.",
        lambda seen: one(seen.loop_late_s),
    ),
)

RECONCILE_SECONDS: Final = "reconcile_seconds"
RECONCILE_SECONDS_TEXT: Final = "How long a reconciliation took."


class OperatorMetrics(Collector):
    def __init__(self, look: Callable[[], Snapshot]) -> None:
        self._look = look

    def collect(self) -> Iterable[Metric]:
        seen = self._look()
        yield from (family.collect(seen) for family in FAMILIES)
        kept = seen.reconcile_seconds
        buckets = {"": Buckets(BOUNDS_S, kept.counts, kept.sum_s)}
        yield collect_histogram(PREFIX + RECONCILE_SECONDS, RECONCILE_SECONDS_TEXT, None, buckets)

    def describe(self) -> Iterable[Metric]:
        """Registering must not look: what is looked at may not be there yet."""
        return ()
