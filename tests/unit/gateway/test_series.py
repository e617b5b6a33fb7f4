"""How many series a gateway gives Prometheus at most: each costs memory there for as long as it is kept."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from prometheus_client import generate_latest

from mds_gateway.domain.source_figures import FrontCounts, FrontName, ProductCoverage, SourceFigures
from mds_protocol.wire import heartbeat as wire
from mds_runtime.http.health import make_registry
from tests.unit.gateway.test_readiness import beat
from tests.unit.gateway.test_reporting import FakeBridge, build

if TYPE_CHECKING:
    from mds_gateway.domain.serving import Served
    from mds_gateway.metrics import GatewayMetrics

MOST = 400
SUBSCRIPTIONS = [f"s{number}" for number in range(8)]
EXCHANGES = ("CFFEX", "CZCE", "DCE", "GFEX", "INE", "SHFE")
CANARIES = 12  # as many as a FeedAccount may name
PRODUCTS = 150
WORKS = ("beat", "tick", "probe", "witness", "settle", "count", "look", "routes", "settings")


def build_fullest() -> GatewayMetrics:
    """A whole market in eight subscriptions, and everything has happened that can, under any code."""
    bridge = FakeBridge()
    for name in SUBSCRIPTIONS:
        feed = SimpleNamespace(stored=dict.fromkeys(EXCHANGES, 1))
        served = SimpleNamespace(name=name, claiming=SimpleNamespace(renewals=1), feed=feed)
        bridge.serving.by_name[name] = cast("Served", served)
    codes = Counter(range(-50, 10_000))
    fronts = {name: FrontCounts(codes, codes) for name in FrontName}
    figures = build(bridge, SourceFigures(fronts=fronts, contracts_refused=codes, handoff_limit=1))
    figures.tally.clock_offset_s = 0.1
    figures.tally.coverage = {("SHFE", f"p{number}"): ProductCoverage(1, 1) for number in range(PRODUCTS)}
    for name in SUBSCRIPTIONS:
        figures.tally.on_takeover(name, 0.1)
        figures.tally.losses.begin(name)
    for work in WORKS:
        figures.tally.failures[work] += 1
    figures.on_heartbeat(
        beat(
            trade=wire.Front(connected=True, logged_in=True),
            publications=tuple(
                wire.Publication(subscription=name, epoch=1, fence=1, log_reach_ms=1)
                for name in SUBSCRIPTIONS
            ),
            exchanges={
                name: wire.Exchange(session=wire.SessionState.OPEN, tick_age_ms=1) for name in EXCHANGES
            },
            canary_age_ms={f"c{number}": 1 for number in range(CANARIES)},
            probe_age_ms=1,
            oldest_unacked_ms=1,
            depths=wire.Depths(handoff=1, backlog=1, in_flight=1, log_bytes=1, log_limit_bytes=1),
        ),
        now=1.0,
    )
    return figures


def count_series(figures: GatewayMetrics) -> Counter[str]:
    """By name, all that one scrape brings, the process's own included."""
    registry = make_registry()
    registry.register(figures)
    lines = generate_latest(registry).decode().splitlines()
    return Counter(line.partition("{")[0].partition(" ")[0] for line in lines if line[0] != "#")


def test_a_gateway_has_at_most_400_series_and_two_for_each_selected_product() -> None:
    counts = count_series(build_fullest())
    by_product = ("mds_gateway_contracts_missing", "mds_gateway_contracts_stale")

    assert [counts.pop(name) for name in by_product] == [PRODUCTS, PRODUCTS]
    assert counts.total() <= MOST, counts.most_common(12)
