"""The pages of one operator and of all gateways, by their own collectors, and what Prometheus records.

Counters say what one scrape adds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from prometheus_client import CollectorRegistry

from mds_gateway import metrics as gateway_metrics
from mds_gateway.domain.source_figures import FrontCounts, FrontName, ProductCoverage, SourceFigures
from mds_operator.adapters.metrics import families as operator_metrics
from mds_operator.adapters.metrics.accounts import AccountFigures, Accounts
from mds_operator.adapters.metrics.families import ConditionFigures
from mds_operator.adapters.metrics.groups import OperatorMetrics
from mds_operator.adapters.metrics.moves import LastMove, Moves
from mds_operator.adapters.metrics.nats import Nats
from mds_operator.adapters.metrics.readiness import Verdicts
from mds_operator.adapters.metrics.sessions import Sessions
from mds_operator.adapters.metrics.subscriptions import SubscriptionFigures, Subscriptions
from mds_operator.adapters.metrics.work import Work
from mds_operator.domain.consumers_shown import ConsumersShown, ConsumerSums
from mds_operator.domain.durations import Durations
from mds_operator.domain.nats_seen import NatsSeen, RoundTrip, StorageState
from mds_operator.domain.seen import Key
from mds_operator.domain.tallies import GAP_BOUNDS_S, STEP_BOUNDS_S
from mds_protocol.readiness.verdict import Finding, Readiness, Verdict, conclude
from mds_protocol.resources.reasons import FailoverReason, ReadinessProblem
from mds_protocol.wire import heartbeat as wire
from mds_runtime.http.own_figures import Own, list_families
from mds_runtime.memory import Memory
from monitoring.sources import read_recordings
from tests.unit.gateway.test_readiness import beat
from tests.unit.gateway.test_reporting import FakeBridge, build
from tests.unit.operator.nats.builders import NOW, consumer, stream_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prometheus_client.registry import Collector

    from mds_gateway.domain.serving import Served

EXCHANGES: Final = ("CFFEX", "CZCE", "DCE", "GFEX", "INE", "SHFE")
PRODUCTS: Final = tuple((exchange, f"p{number}") for exchange in EXCHANGES for number in range(10))
STREAM: Final = "MD"
RELEASE: Final = "mds"
_WORKS: Final = ("beat", "tick", "routes")
_OWN: Final = Own("0.1.0", "3.13.1", Memory(150_000_000, 400_000_000), 1_900_000_000.0)
_PROBLEM: Final = Finding(ReadinessProblem.NO_STANDBY, Readiness.NOT_READY, "text", "kubectl get fa")


@dataclass(frozen=True, slots=True)
class Feed:
    namespace: str
    name: str
    accounts: tuple[str, ...]
    """The first publishes while all is well, then the second."""

    @property
    def key(self) -> Key:
        return Key(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    labels: dict[str, str]
    value: float
    grows: bool
    """The value is what one scrape adds."""


def list_feeds(feeds: int, per_feed: int) -> tuple[Feed, ...]:
    """A desk each; the first is `desk`, with the feed `futures` and the accounts `ctp-a`, `ctp-b`."""
    names = [f"ctp-{chr(ord('a') + at)}" for at in range(per_feed)]
    return tuple(Feed("desk" if at == 0 else f"desk-{at}", "futures", tuple(names)) for at in range(feeds))


def scrape(feeds: Sequence[Feed], *, trouble: bool) -> Iterator[Sample]:
    """All that one Prometheus has at a time. In trouble each feed has moved, and has none after all."""
    yield from _of_operator(feeds, trouble=trouble)
    for feed in feeds:
        for account in feed.accounts:
            yield from _of_gateway(feed, account, trouble=trouble)
    yield from _of_prometheus(feeds, trouble=trouble)


# --- the operator


def _of_operator(feeds: Sequence[Feed], *, trouble: bool) -> Iterator[Sample]:
    page = OperatorMetrics(lambda: list_parts(feeds, trouble=trouble))
    target = {
        "job": "mds-operator",
        "instance": "10.0.0.1:8080",
        "namespace": RELEASE,
        "pod": "mds-operator-0",
    }
    return _read((page, _OwnPage(operator_metrics.PREFIX)), lambda own: target | own)


def list_parts(feeds: Sequence[Feed], *, trouble: bool) -> tuple[object, ...]:
    keys = [feed.key for feed in feeds]
    namespaces = [feed.namespace for feed in feeds]
    return (
        Accounts(
            known={
                Key(feed.namespace, account): _account(is_active=at == 0, trouble=trouble)
                for feed in feeds
                for at, account in enumerate(feed.accounts)
            }
        ),
        Subscriptions(known={feed.key: _subscription(feed, trouble=trouble) for feed in feeds}),
        Verdicts(known=dict.fromkeys(keys, conclude([_PROBLEM]) if trouble else Verdict())),
        Sessions(
            subscriptions=dict.fromkeys(keys, not trouble),
            exchanges={(name, exchange): not trouble for name in namespaces for exchange in EXCHANGES},
            openings=dict.fromkeys(keys, 1_795_572_000.0) if trouble else {},
            calendar_ends=1_830_000_000.0,
        ),
        Moves(
            failovers={
                key: {
                    str(reason): int(trouble and reason is FailoverReason.FRONT_LOST)
                    for reason in FailoverReason
                }
                for key in keys
            },
            last={
                feed.key: LastMove("5", feed.accounts[0], feed.accounts[1], "FrontLost")
                if trouble
                else LastMove("4", feed.accounts[1], feed.accounts[0], "Drill")
                for feed in feeds
            },
            gaps={key: _durations(GAP_BOUNDS_S) for key in keys},
            detection={name: _durations(STEP_BOUNDS_S) for name in namespaces},
            decision={name: _durations(STEP_BOUNDS_S) for name in namespaces},
        ),
        _nats(keys, trouble=trouble),
        Work(
            reconciles=30,
            reconcile_errors=1,
            reconcile_seconds=_durations(STEP_BOUNDS_S),
            queue_depth=4,
            watch_age_s={"Pod": 1.5, "FeedAccount": 20.0},
            echo_age_s=dict.fromkeys(namespaces, 0.1),
            heartbeats=500,
            route_writes={"Written": 3, "Lost": 0},
            kube_requests={("patch", "ok"): 7, ("get", "ok"): 2},
            is_leader=True,
            loop_late_s=0.002,
        ),
    )


def _account(*, is_active: bool, trouble: bool) -> AccountFigures:
    ready = ConditionFigures("Ready", str(not trouble), "FrontLost" if trouble else "Standby")
    return AccountFigures(
        health="Unhealthy" if trouble else "Healthy",
        role="Active" if is_active and not trouble else "Standby",
        conditions=(ready, ConditionFigures("LoggedIn", str(not trouble), "LoggedIn")),
        restarts_left=4,
        restarts={"Unhealthy": int(trouble), "Scheduled": 0},
    )


def _subscription(feed: Feed, *, trouble: bool) -> SubscriptionFigures:
    return SubscriptionFigures(
        stream=STREAM,
        epoch=4 + trouble,
        active=None if trouble else feed.accounts[0],
        candidates={account: 110 - at for at, account in enumerate(feed.accounts)},
        conditions=(ConditionFigures("Ready", str(not trouble), "Active"),),
        open_s=15.0,
        served_s=15.0 - trouble,
        contracts={"Selected": 320, "Subscribed": 318, "Ticking": 300, "Stale": 18},
        standbys=len(feed.accounts) - 1,
    )


def _nats(keys: Iterable[Key], *, trouble: bool) -> Nats:
    state = stream_state(limit_messages=50_000_000, replicas=3, replicas_behind=int(trouble))
    storage = StorageState(
        seen_at=NOW, storage_bytes=10, storage_limit_bytes=20, memory_bytes=3, memory_limit_bytes=40
    )
    round_trip = RoundTrip(seen_at=NOW, seconds=0.001)
    return Nats(
        seen=NatsSeen(streams={STREAM: state}, storage=storage, round_trip=round_trip),
        shown=ConsumersShown((consumer("risk"), consumer("archive")), {STREAM: ConsumerSums(50, 30, 10)}),
        connected={"control": True, "heart": not trouble},
        look_age_s=2.5,
        certificate_expires_at=1_900_000_000,
        stored_to_seen={key: _durations(STEP_BOUNDS_S) for key in keys},
    )


def _durations(bounds_s: tuple[float, ...]) -> Durations:
    kept = Durations(bounds_s)
    for took_s in (0.004, 0.02, 0.02, 0.2):
        kept.add(took_s)
    return kept


# --- a gateway


def _of_gateway(feed: Feed, account: str, *, trouble: bool) -> Iterator[Sample]:
    target = {"job": "mds-gateway", "namespace": feed.namespace, "account": account}
    target |= {"instance": f"{feed.namespace}-{account}:8080", "pod": f"{account}-{int(trouble)}"}
    page = _build_gateway(feed, account, trouble=trouble)
    # What a gateway says of its own account gives way to what the scrape knows.
    return _read((page, _OwnPage(gateway_metrics.PREFIX)), lambda own: own | target)


def _build_gateway(feed: Feed, account: str, *, trouble: bool) -> gateway_metrics.GatewayMetrics:
    bridge = FakeBridge(is_connected=not trouble, connections=int(trouble))
    served = SimpleNamespace(
        name=feed.name,
        claiming=SimpleNamespace(renewals=0),
        feed=SimpleNamespace(stored=dict.fromkeys(EXCHANGES, 1000)),
    )
    bridge.serving.by_name[feed.name] = cast("Served", served)
    bridge.serving.window.limit = 4000
    hops = bridge.serving.hops
    for hop in (hops.handoff, hops.publish, hops.ack):
        hop.note(0.002, now=0.0)
    figures = build(bridge, _source(trouble=trouble))
    tally = figures.tally
    tally.clock_offset_s = 0.02
    tally.losses.begin(feed.name)
    tally.exchanges = {feed.name: EXCHANGES}
    tally.takeover_s[feed.name] = 0.04
    tally.coverage = {product: ProductCoverage(int(trouble), 0) for product in PRODUCTS}
    tally.failures.update(dict.fromkeys(_WORKS, 0))
    if trouble:
        tally.takeovers[feed.name] += 1
        tally.notes["FrontLost"] += 1
    figures.on_heartbeat(_beat(feed, is_active=account == feed.accounts[0], trouble=trouble), now=1.0)
    return figures


def _beat(feed: Feed, *, is_active: bool, trouble: bool) -> wire.Heartbeat:
    front = wire.Front(connected=not trouble, logged_in=not trouble)
    fence = 99 if is_active and not trouble else None
    session = wire.SessionState.OPEN if not trouble else wire.SessionState.CLOSED
    return beat(
        market_data=front,
        trade=front,
        contracts=320,
        subscribed=318,
        publications=(wire.Publication(subscription=feed.name, epoch=4, fence=fence, log_reach_ms=12_500),),
        exchanges={name: wire.Exchange(session=session, tick_age_ms=40) for name in EXCHANGES},
        canary_age_ms={"rb2701.SHFE": 1500, "m2701.DCE": 900},
        probe_age_ms=300,
        oldest_unacked_ms=7,
        depths=wire.Depths(
            handoff=10, backlog=20, in_flight=30, log_bytes=40_000_000, log_limit_bytes=64_000_000
        ),
        counters=wire.Counters(received=6000, published=6000, acked=6000),
    )


def _source(*, trouble: bool) -> SourceFigures:
    lost = FrontCounts(disconnects=Counter({4097: int(trouble)}), refused_logins=Counter({140: int(trouble)}))
    said = SourceFigures(
        fronts=dict.fromkeys(FrontName, lost), contracts_refused={6000: 20 * trouble}, handoff_limit=20_000
    )
    said.exchange_hop.note(0.2, now=0.0)
    return replace(said, contracts_left_out=0)


# --- Prometheus itself


def _of_prometheus(feeds: Sequence[Feed], *, trouble: bool) -> Iterator[Sample]:
    yield Sample("up", {"job": "mds-operator", "namespace": RELEASE, "pod": "mds-operator-0"}, 1, grows=False)
    for feed in feeds:
        for account in feed.accounts:
            labels = {"job": "mds-gateway", "namespace": feed.namespace, "account": account}
            yield Sample("up", labels | {"pod": f"{account}-{int(trouble)}"}, 1, grows=False)
        about = {"namespace": feed.namespace, "subscription": feed.name}
        for group in read_recordings():
            for rule in group.rules:
                if rule.record.startswith("mds:subscription_"):
                    yield Sample(rule.record, about, 0.5 if "budget" in rule.record else 0.00001, grows=False)
        if trouble:
            yield _fires("MdsFeedDown", "critical", about)
            yield _fires(
                "MdsFrontLost", "warning", {"namespace": feed.namespace, "account": feed.accounts[0]}
            )
    if trouble:
        yield _fires("MdsStreamNearlyFull", "warning", {"namespace": RELEASE, "stream": STREAM})


def _fires(name: str, severity: str, about: dict[str, str]) -> Sample:
    labels = {"alertname": name, "alertstate": "firing", "severity": severity}
    return Sample("ALERTS", labels | about, 1, grows=False)


# --- reading pages


class _OwnPage:
    def __init__(self, prefix: str) -> None:
        self._families = list_families(prefix)

    def collect(self) -> Iterable[Any]:
        return [family.collect(_OWN) for family in self._families]


def _read(pages: Iterable[Any], label: Any) -> Iterator[Sample]:
    for page in pages:
        registry = CollectorRegistry()
        registry.register(cast("Collector", page))
        for family in registry.collect():
            grows = family.type in ("counter", "histogram")
            for sample in family.samples:
                if not sample.name.endswith("_created"):
                    yield Sample(sample.name, label(dict(sample.labels)), sample.value, grows)
