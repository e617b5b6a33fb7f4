"""`/metrics`: every family of figures with its help, read when Prometheus asks.

The hot path keeps plain counters and no metric objects; most of what stands here is in the last heartbeat.
The table in docs/gateway.md is this one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client.core import InfoMetricFamily
from prometheus_client.registry import Collector

from mds_gateway.domain.latency import BOUNDS_S
from mds_protocol.wire.heartbeat import GatewayState, SessionState
from mds_runtime.http import figures
from mds_runtime.http.figures import Buckets, Values, collect_histogram, one

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.core import Metric

    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.domain.latency import Hops
    from mds_protocol.wire.heartbeat import Heartbeat

PREFIX = "mds_gateway_"
_MS_PER_S = 1000


@dataclass(slots=True)
class Tally:
    """What a heartbeat does not say."""

    takeovers: Counter[str] = field(default_factory=Counter)
    takeover_s: dict[str, float] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Of each piece of the service's work: turns that a defect cost."""
    clock_offset_s: float | None = None

    def on_takeover(self, subscription: str, took_s: float) -> None:
        self.takeovers[subscription] += 1
        self.takeover_s[subscription] = took_s


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scrape reads."""

    beat: Heartbeat
    tally: Tally
    connected: bool
    connections: int
    renewals: Mapping[str, int]


class Family(figures.Family[Seen]):
    prefix = PREFIX


def _s(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / _MS_PER_S


def _ages(ages_ms: Mapping[str, int | None]) -> Values:
    return {name: age / _MS_PER_S for name, age in ages_ms.items() if age is not None}


def _count(name: str, text: str) -> Family:
    return Family(f"ticks_{name}", text, lambda seen: one(getattr(seen.beat.counters, name)), kind="counter")


FAMILIES = (
    _count("received", "Ticks received from the front."),
    _count("invalid", "Ticks put into quarantine."),
    _count("published", "Ticks sent to the stream, repeated ones included."),
    _count("acked", "Ticks that the stream acknowledged."),
    _count("refused", "Ticks that the stream refused."),
    _count("duplicates", "Ticks that the stream had already."),
    _count("replayed", "Ticks not published, as the stream was past them."),
    _count("conflated", "Ticks that gave way to a newer one of their contract: lost."),
    _count("superseded", "Refused ticks that could not be sent again: lost."),
    Family(
        "takeovers",
        "Times that this account became active.",
        lambda seen: seen.tally.takeovers,
        labels=("subscription",),
        kind="counter",
    ),
    Family(
        "fence_renewals",
        "Times that this account wrote its fence again, before a full stream would let it go.",
        lambda seen: seen.renewals,
        labels=("subscription",),
        kind="counter",
    ),
    Family(
        "notes",
        "What the fronts and the account did, by code, such as FrontLost or LoginRefused.",
        lambda seen: seen.tally.notes,
        labels=("code",),
        kind="counter",
    ),
    Family(
        "work_failed",
        "Times that a piece of the service's work failed by a defect and was tried again.",
        lambda seen: seen.tally.failures,
        labels=("work",),
        kind="counter",
    ),
    Family(
        "nats_connections",
        "Times that the connection for ticks came up; the first is no reconnect.",
        lambda seen: one(seen.connections),
        kind="counter",
    ),
    Family("nats_connected", "1 while the connection for ticks is up.", lambda seen: one(seen.connected)),
    Family(
        "state",
        "1 for the state that the gateway is in.",
        lambda seen: {state: float(state is seen.beat.state) for state in GatewayState},
        labels=("state",),
    ),
    Family(
        "settings_revision",
        "Revision of the settings in force; 0: none yet.",
        lambda seen: one(seen.beat.settings_revision),
    ),
    Family("contracts", "Contracts in the account's table.", lambda seen: one(seen.beat.contracts)),
    Family(
        "subscribed_contracts",
        "Contracts that the front acknowledged.",
        lambda seen: one(seen.beat.subscribed),
    ),
    Family(
        "market_data_logged_in",
        "1 while the market data login stands.",
        lambda seen: one(seen.beat.market_data.logged_in),
    ),
    Family(
        "trade_logged_in",
        "1 while the trading login stands; absent without trading fronts.",
        lambda seen: one(None if seen.beat.trade is None else seen.beat.trade.logged_in),
    ),
    Family(
        "active",
        "1 while this account's fence is stored.",
        lambda seen: {each.subscription: float(each.fence is not None) for each in seen.beat.publications},
        labels=("subscription",),
    ),
    Family(
        "epoch",
        "The newest epoch of the route.",
        lambda seen: {each.subscription: float(each.epoch) for each in seen.beat.publications},
        labels=("subscription",),
    ),
    Family(
        "log_reach_seconds",
        "How far back the log of latest ticks goes.",
        lambda seen: _ages({each.subscription: each.log_reach_ms for each in seen.beat.publications}),
        labels=("subscription",),
    ),
    Family(
        "last_takeover_seconds",
        "How long the latest takeover took, from reading the route to the first live tick.",
        lambda seen: seen.tally.takeover_s,
        labels=("subscription",),
    ),
    Family(
        "tick_age_seconds",
        "Since the newest tick of any contract.",
        lambda seen: _ages({name: each.tick_age_ms for name, each in seen.beat.exchanges.items()}),
        labels=("exchange",),
    ),
    Family(
        "session_open",
        "1 while the exchange trades, by the trading front's word; absent where it is not known.",
        lambda seen: {
            name: float(each.session is SessionState.OPEN)
            for name, each in seen.beat.exchanges.items()
            if each.session is not SessionState.UNKNOWN
        },
        labels=("exchange",),
    ),
    Family(
        "canary_age_seconds",
        "Since the last tick of each canary.",
        lambda seen: _ages(seen.beat.canary_age_ms),
        labels=("contract",),
    ),
    Family(
        "clock_offset_seconds",
        "This machine's clock minus the exchanges' newest ticks of the last minute.",
        lambda seen: one(seen.tally.clock_offset_s),
    ),
    Family(
        "probe_age_seconds",
        "Since the stream last stored this account's probe.",
        lambda seen: one(_s(seen.beat.probe_age_ms)),
    ),
    Family(
        "oldest_unacked_seconds",
        "Age of the oldest tick in flight; 0: none is.",
        lambda seen: one(_s(seen.beat.oldest_unacked_ms or 0)),
    ),
    Family(
        "handoff_ticks",
        "Ticks between the front's thread and the loop.",
        lambda seen: one(seen.beat.depths.handoff),
    ),
    Family(
        "backlog_ticks",
        "Ticks that wait for room in the window.",
        lambda seen: one(seen.beat.depths.backlog),
    ),
    Family(
        "in_flight_ticks",
        "Ticks, and last values, sent and not acknowledged yet.",
        lambda seen: one(seen.beat.depths.in_flight),
    ),
    Family("log_bytes", "Memory held by the logs.", lambda seen: one(seen.beat.depths.log_bytes)),
)

HOPS = "hop_seconds"
HOPS_TEXT = (
    "How long the oldest tick of each batch took, by hop: "
    "handoff and publish since it was received, ack since it was sent."
)
INFO = "account"
INFO_TEXT = "Who this is."


class GatewayMetrics(Collector):
    def __init__(self, bridge: Bridge, info: dict[str, str]) -> None:
        self.tally = Tally()
        self.last: Heartbeat | None = None
        self.beaten_at: float | None = None
        """When the last heartbeat was composed, on the monotonic clock."""
        self._bridge = bridge
        self._info = info

    def note_clock_offset(self, seconds: float | None) -> None:
        self.tally.clock_offset_s = seconds

    def on_heartbeat(self, beat: Heartbeat, now: float) -> None:
        self.last, self.beaten_at = beat, now

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily(PREFIX + INFO, INFO_TEXT, value=self._info)
        bridge, serving = self._bridge, self._bridge.serving
        yield _collect_hops(serving.hops)
        if self.last is not None:
            seen = Seen(self.last, self.tally, bridge.is_connected, bridge.connections, serving.renewals)
            yield from (family.collect(seen) for family in FAMILIES)


def _collect_hops(hops: Hops) -> Metric:
    kept = {name: Buckets(BOUNDS_S, hop.counts, hop.sum_s) for name, hop in hops.by_name().items()}
    return collect_histogram(PREFIX + HOPS, HOPS_TEXT, ("hop",), kept)
