"""All groups of figures as one collector of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import InfoMetricFamily
from prometheus_client.registry import Collector

from mds_gateway.domain.latency import BOUNDS_S
from mds_gateway.metrics import market, process, publishing, ticks
from mds_gateway.metrics.seen import PREFIX, Seen, Tally
from mds_runtime.http.figures import Buckets, collect_histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric

    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.domain.latency import Hops
    from mds_protocol.wire.heartbeat import Heartbeat

GROUPS = (
    ticks.FAMILIES,
    publishing.FAMILIES,
    market.FAMILIES,
    process.FAMILIES,
)
FAMILIES = tuple(family for group in GROUPS for family in group)

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
    return collect_histogram(PREFIX + HOPS, HOPS_TEXT, "hop", kept)
