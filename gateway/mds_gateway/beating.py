"""The heartbeat: all that others are to know of this account, five times a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mds_gateway import reporting
from mds_protocol.wire.heartbeat import GatewayState, Heartbeat
from mds_protocol.wire.subjects import Subjects

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.arranging import Arranging
    from mds_gateway.domain.peers import Peers
    from mds_gateway.metrics import GatewayMetrics
    from mds_gateway.ports import MarketData
    from mds_gateway.settings import GatewaySettings
    from mds_gateway.witnessing import Witnessing


class Beating:
    """`compose` is what a heartbeat says now; `beat` sends it."""

    def __init__(
        self,
        settings: GatewaySettings,
        source: MarketData,
        bridge: Bridge,
        arranging: Arranging,
        witnessing: Witnessing,
        peers: Peers,
        metrics: GatewayMetrics,
    ) -> None:
        self.is_stopping = False
        self._sequence = 0
        self._config = settings
        self._source = source
        self._bridge = bridge
        self._arranging = arranging
        self._witnessing = witnessing
        self._peers = peers
        self._metrics = metrics

    async def beat(self, control: Control) -> None:
        self._sequence += 1
        beat = self.compose()
        self._metrics.on_heartbeat(beat, time.monotonic())
        subject = Subjects(self._config.subject_prefix).heartbeat(
            self._config.namespace, self._config.account
        )
        await control.beat(subject, beat.encode())

    def compose(self) -> Heartbeat:
        now, config, serving = time.monotonic(), self._config, self._bridge.serving
        known, witnesses = self._arranging.known, self._witnessing.by_subscription
        source = self._source.describe(known.plan.canaries if known.plan else ())
        self._metrics.tally.exchanges = known.plan.exchanges if known.plan else {}
        self._metrics.note_clock_offset(reporting.to_s(source.clock_offset_ns))
        return Heartbeat(
            namespace=config.namespace,
            account=config.account,
            instance=config.instance,
            sequence=self._sequence,
            state=GatewayState.DRAINING if self.is_stopping else source.state,
            market_data=source.market_data,
            trade=source.trade,
            trading_day=source.trading_day,
            front_ahead_ms=reporting.to_whole_ms(source.front_ahead_ns),
            settings_revision=known.revision.number if known.revision is not None else 0,
            contracts=source.contracts,
            subscribed=source.subscribed,
            publications=tuple(
                reporting.describe_publication(served, witnesses.get(served.name), now) for served in serving
            ),
            exchanges=source.exchanges,
            canary_age_ms=source.canary_age_ms,
            canary_session=source.canary_session,
            probe_age_ms=reporting.to_ms(self._witnessing.probe_age_s(now)),
            oldest_unacked_ms=reporting.describe_oldest_unacked(serving.window, now),
            last_publish_error=self._bridge.last_error,
            depths=reporting.describe_depths(serving, source, config.log_bytes),
            counters=reporting.count(serving, source),
            peer_age_ms=reporting.describe_peers(serving.routes, self._peers, config.account, now),
        )
