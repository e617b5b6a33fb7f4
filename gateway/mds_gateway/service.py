"""Joins the parts: the source feeds the bridge, KV tells both what to do, and all of it shows outside.

Decisions are elsewhere (`domain`, `mds_protocol`); this file only carries facts from one to the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.bridge import Bridge
from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.answering import Answering
from mds_gateway.arranging import Arranging
from mds_gateway.beating import Beating
from mds_gateway.comparing import CanaryLooks
from mds_gateway.covering import Covering
from mds_gateway.defects import Defects
from mds_gateway.domain import actions
from mds_gateway.domain.claiming import Claiming
from mds_gateway.domain.feeding import TickFeed
from mds_gateway.domain.legacy import Legacies
from mds_gateway.domain.peers import Peers
from mds_gateway.metrics import GatewayMetrics
from mds_gateway.notices import Notices
from mds_gateway.ports import (
    Batch,
    ContractsLoaded,
    LoggedIn,
    MarketData,
    Note,
    OutletsUsed,
    Quarantined,
    SourceEvent,
)
from mds_gateway.promoting import Promoting
from mds_gateway.routing import Routing
from mds_gateway.sharing import ContractSharing
from mds_gateway.tasks import Tasks
from mds_gateway.telling import EventOutbox
from mds_gateway.witnessing import Witnessing
from mds_protocol.wire import subjects as subj
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.escaping import escape
from mds_protocol.wire.heartbeat import Heartbeat
from mds_protocol.wire.subjects import OPERATOR, Subjects
from mds_runtime.nats.keys import KeyFollower

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.domain.serving import Destination
    from mds_gateway.settings import GatewaySettings
    from mds_runtime.nats.access import Access

log = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 0.2
CLOCK_EVERY_S = 0.05
PROBE_EVERY_S = 1.0
WITNESS_EVERY_S = 0.2
SHARE_EVERY_S = 5.0
COVER_EVERY_S = 5.0
COMPARE_EVERY_S = 5.0
STOP_WITHIN_S = 4.0  # 3 s to be fenced off, and a moment for the last acknowledgements


class Gateway:
    """One process, one account. It owns its parts; what changes is theirs."""

    def __init__(
        self, settings: GatewaySettings, access: Access, control: Control, source: MarketData
    ) -> None:
        account, subjects = settings.account, Subjects(settings.subject_prefix)
        self._config, self._control, self._source = settings, control, source
        self._subjects, self._tasks, self._stopping = subjects, Tasks(), asyncio.Event()
        self.peers = Peers()
        self._legacies = Legacies()
        self.bridge = Bridge(
            access, account, settings.instance, control, self._on_happened, Notices.on_connection
        )
        info = {"namespace": settings.namespace, "account": account, "environment": settings.environment}
        self.metrics = GatewayMetrics(source, self.bridge, info)
        self._outbox = EventOutbox(control, subjects)
        self.notices = Notices(settings, source, control, self._outbox, self.metrics.tally, self._tasks)
        note = self.notices.on_note
        self.arranging = Arranging(source, subjects, settings.namespace, self._serve, note)
        self.defects = Defects(self.metrics.tally)
        self.promoting = Promoting(account, self.peers, control, settings.namespace)
        self.routing = Routing(control, self.bridge, self.promoting, note, self.defects)
        self.witnessing = Witnessing(
            control, self.bridge.serving, self.peers, account, self.arranging.canary_subjects
        )
        self.canary_looks = CanaryLooks(
            control, self.bridge.serving, self.arranging.canary_subjects, self._on_happened
        )
        self.beating = Beating(
            settings, source, self.bridge, self.arranging, self.witnessing, self.peers, self.metrics
        )
        self._sharing = ContractSharing(control, settings.environment)
        self.covering = Covering(source, self.arranging.known, self.metrics.tally)

    # --- life

    async def run(self) -> None:
        """Until `stop` was called and the feed is let go."""
        config, control, every = self._config, self._control, self.defects.every
        own_key = subj.encode_key(config.namespace, config.account)
        settings = KeyFollower(
            control.connection,
            subj.SETTINGS_BUCKET,
            lambda: [own_key],
            self.arranging.on_settings,
            self.defects.note,
        )
        answering = Answering(config, self._source, self.bridge, self.arranging, self.beating)
        await self._load_contracts()
        self._source.start(self.on_source)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work)
                for work in (
                    self.bridge.run(),
                    self._outbox.run(),
                    settings.run(),
                    self.routing.run(),
                    every(HEARTBEAT_EVERY_S, self._beat),
                    every(CLOCK_EVERY_S, self._tick),
                    every(PROBE_EVERY_S, self.probe),
                    every(WITNESS_EVERY_S, self.witnessing.witness),
                    every(SHARE_EVERY_S, self._sharing.settle),
                    every(COVER_EVERY_S, self.covering.count),
                    every(COMPARE_EVERY_S, self.canary_looks.look),
                )
            ]
            hearts = f"{config.subject_prefix}.heartbeat.{config.namespace}.*"
            await control.listen_to_hearts(hearts, self._on_heart)
            await answering.start(control)
            await self._stopping.wait()
            await self._let_go()
            for task in tasks:
                task.cancel()
        self._tasks.cancel()

    def stop(self) -> None:
        """SIGTERM: say so in the heartbeat, so that the feed moves; then end."""
        if not self._stopping.is_set():
            log.info("stopping: the feed goes on until another account has fenced, or 3 s")
            self._stopping.set()
            self.beating.is_stopping = True

    async def _let_go(self) -> None:
        self.bridge.start_stopping()
        with contextlib.suppress(NatsTrouble):  # said again a fifth of a second later
            await self._beat()
        deadline, serving = time.monotonic() + STOP_WITHIN_S, self.bridge.serving
        # The end has many causes, and looking each 50 ms is soon enough for all of them.
        while time.monotonic() < deadline and (serving.is_active or serving.window.in_flight):  # noqa: ASYNC110
            await asyncio.sleep(CLOCK_EVERY_S)

    # --- what the source reports

    def on_source(self, event: SourceEvent) -> None:
        match event:
            case Batch(runs):
                self.bridge.on_runs(runs)
            case LoggedIn():
                self.bridge.on_login()
            case ContractsLoaded(contracts):
                self.arranging.on_contracts(contracts)
                day = self._source.describe(()).trading_day
                self._tasks.start(self._sharing.share(contracts, day or ""))
            case OutletsUsed():
                self.arranging.on_outlets_used()
            case Quarantined() as tick:
                self.notices.on_quarantined(tick)
            case Note() as note:
                self.notices.on_note(note)

    async def _load_contracts(self) -> None:
        try:
            products = await self._control.read_contracts(f"CTP.{escape(self._config.environment)}")
        except NatsTrouble as exc:
            log.info("no contract table from elsewhere: %s", exc)
            return
        contracts = tuple(contract for product in products for contract in product.contracts)
        if contracts:
            self._source.use_contracts(contracts)
            self.arranging.on_contracts(contracts)

    # --- what KV says

    def _serve(self, wanted: dict[str, Destination], keep_s: float) -> None:
        serving = self.bridge.serving
        for served in serving:
            if served.destination != wanted.get(served.name):
                serving.drop(served.name)
                self.witnessing.drop(served.name)
        max_bytes = self._config.log_bytes // max(1, len(wanted))
        for served in serving:
            served.feed.use_log_bounds(keep_s=keep_s, max_bytes=max_bytes, now=time.monotonic())
        for name in wanted.keys() - serving.by_name.keys():
            feed = TickFeed(keep_s=keep_s, max_bytes=max_bytes, last_prefix=self._subjects.last("").encode())
            self.bridge.serve(wanted[name], Claiming(self._config.account, feed))
            self.witnessing.add(name)
            self.metrics.tally.losses.begin(name)
            self._tasks.start(self.routing.read(wanted[name].route_key))

    # --- by the clock

    async def _beat(self) -> None:
        await self.beating.beat(self._control)

    async def _tick(self) -> None:
        now = time.monotonic()
        self.promoting.listen(now)
        for served in self.bridge.serving:
            if served.route is not None:
                is_replaceable = self.promoting.is_replaceable(served.route, now)
                served.claiming.note_replaceable(is_replaceable=is_replaceable)
        self.bridge.on_clock()
        for subscription, loss in self._legacies.find(self.peers.heard, now, time.time_ns()):
            self._on_happened(subscription, loss)
        beat, settings = self.metrics.last, self.arranging.known.settings
        if beat is not None and settings is not None and not self._stopping.is_set():
            await self.promoting.consider(settings, beat, self.witnessing.by_subscription)

    async def probe(self) -> None:
        subject = self._subjects.probe(self._config.namespace, self._config.account)
        await self.witnessing.probe(subject, is_connected=self.bridge.is_connected)

    # --- what others say

    def _on_heart(self, subject: str, body: bytes) -> None:
        now = time.monotonic()
        try:
            owner = self._subjects.parse_heartbeat(subject)
            if owner.name == OPERATOR:
                self.peers.on_operator(now)
            elif owner.name != self._config.account:
                self.peers.on_heartbeat(Heartbeat.decode(body), now)
        except WireError as exc:
            log.debug("a heartbeat that is not understood: %s", exc)

    # --- what happened

    def _on_happened(self, subscription: str, what: actions.Report) -> None:
        if isinstance(what, actions.TookOver) and what.previous is not None:
            last = self.peers.heard.get(what.previous)
            self._legacies.note_takeover(subscription, what.previous, last, time.time_ns())
        self.notices.on_happened(subscription, what, self.arranging.name_contracts)
