"""All groups of figures as one collector of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import InfoMetricFamily
from prometheus_client.registry import Collector

from mds_gateway.metrics import fronts, losses, market, process, publishing, ticks
from mds_gateway.metrics.seen import PREFIX, Seen, Tally
from mds_runtime.http.figures import Buckets, collect_histogram

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.core import Metric

    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.domain.latency import Hop
    from mds_gateway.ports import MarketData
    from mds_protocol.wire.heartbeat import Heartbeat

GROUPS = (
    ticks.FAMILIES,
    losses.FAMILIES,
    publishing.FAMILIES,
    fronts.FAMILIES,
    market.FAMILIES,
    process.FAMILIES,
)
FAMILIES = tuple(family for group in GROUPS for family in group)

HOPS = "hop_seconds"
HOPS_TEXT = (
    "How long ticks took, by hop. Of the oldest tick of a batch: handoff and publish since it was received,"
    " ack since it was sent. Of one live tick of each step: exchange, from its exchange's time to receiving."
)
INFO = "account"
INFO_TEXT = "Who this is."


class GatewayMetrics(Collector):
    def __init__(self, source: MarketData, bridge: Bridge, info: dict[str, str]) -> None:
        self.tally = Tally()
        self.last: Heartbeat | None = None
        self.beaten_at: float | None = None
        """When the last heartbeat was composed, on the monotonic clock."""
        self._source = source
        self._bridge = bridge
        self._info = info

    def note_clock_offset(self, seconds: float | None) -> None:
        self.tally.clock_offset_s = seconds

    def on_heartbeat(self, beat: Heartbeat, now: float) -> None:
        self.last, self.beaten_at = beat, now

    def collect(self) -> Iterable[Metric]:
        bridge, source = self._bridge, self._source.figures()
        seen = Seen(self.last, self.tally, source, bridge.serving, bridge.is_connected, bridge.connections)
        yield InfoMetricFamily(PREFIX + INFO, INFO_TEXT, value=self._info)
        yield _collect_hops({"exchange": source.exchange_hop, **bridge.serving.hops.by_name()})
        yield from (family.collect(seen) for family in FAMILIES)


def _collect_hops(hops: Mapping[str, Hop]) -> Metric:
    kept = {name: Buckets(hop.bounds_s, hop.counts, hop.sum_s) for name, hop in hops.items()}
    return collect_histogram(PREFIX + HOPS, HOPS_TEXT, "hop", kept)
