"""Joins the parts: the source feeds the bridge, KV tells both what to do, and all of it shows outside.

Decisions are elsewhere (`domain`, `mds_protocol`); this file only carries facts from one to the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from mds_gateway import events, reporting
from mds_gateway.adapters.nats.bridge import Bridge, Destination
from mds_gateway.adapters.nats.following import KeyFollower
from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.answering import Answering
from mds_gateway.arranging import Arranging
from mds_gateway.defects import Defects
from mds_gateway.domain import actions
from mds_gateway.domain.claiming import Claiming
from mds_gateway.domain.feeding import TickFeed
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.peers import Peers, Witness
from mds_gateway.metrics import GatewayMetrics
from mds_gateway.ports import Batch, ContractsLoaded, MarketData, Note, OutletsUsed, Quarantined, SourceEvent
from mds_gateway.promoting import Promoting
from mds_gateway.sharing import ContractSharing
from mds_gateway.telling import EventOutbox
from mds_protocol.wire import subjects as subj
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.escaping import escape
from mds_protocol.wire.heartbeat import GatewayState, Heartbeat
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import OPERATOR, Subjects

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.access import Access
    from mds_gateway.adapters.nats.bridge import Served
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.domain.revision import Revision
    from mds_gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 0.2
CLOCK_EVERY_S = 0.05
PROBE_EVERY_S = 1.0
WITNESS_AFTER_S = 0.4  # of the active's silence: the answer is there when 700 ms have passed
WITNESS_EVERY_S = 0.2
SHARE_EVERY_S = 5.0
LOG_MARGIN_S = 5.0
LOG_LEAST_S = 5.0
STOP_WITHIN_S = 4.0  # 3 s to be fenced off, and a moment for the last acknowledgements
BLOCKED = "Blocked"
DEFECT = "Defect"


class Gateway:
    """One process, one account."""

    def __init__(
        self, settings: GatewaySettings, access: Access, control: Control, source: MarketData
    ) -> None:
        self.config = settings
        self.control = control
        self.source = source
        self.subjects = Subjects(settings.subject_prefix)
        self.peers = Peers()
        self.witnesses: dict[str, Witness] = {}
        self.bridge = Bridge(
            access, settings.account, settings.instance, control, self._on_happened, self._on_connection
        )
        self.metrics = GatewayMetrics(
            self.bridge,
            {
                "namespace": settings.namespace,
                "account": settings.account,
                "environment": settings.environment,
            },
        )
        self.arranging = Arranging(source, self.subjects, settings.namespace, self._serve, self._on_note)
        self.defects = Defects(self.metrics.tally)
        self.promoting = Promoting(settings.account, self.peers, control, settings.namespace)
        self._routes = KeyFollower(
            control.js, subj.ROUTES_BUCKET, self._route_keys, self._on_route, self.defects.note
        )
        self._settings = KeyFollower(
            control.js,
            subj.SETTINGS_BUCKET,
            lambda: [self._own_key],
            self.arranging.on_settings,
            self.defects.note,
        )
        self._sharing = ContractSharing(control, settings.environment)
        self._answering = Answering(self)
        self._outbox = EventOutbox(control, self.subjects)
        self._stopping = asyncio.Event()
        self._sequence = 0
        self._probed_at: float | None = None
        self._bad_routes: dict[str, int] = {}
        """By key, the revision of the last bad one that was told."""

    @property
    def _own_key(self) -> str:
        return subj.encode_key(self.config.namespace, self.config.account)

    def _route_keys(self) -> list[str]:
        return [served.destination.route_key for served in self.bridge.served.values()]

    # --- life

    async def run(self) -> None:
        """Until `stop` was called and the feed is let go."""
        await self._load_contracts()
        self.source.start(self._on_source)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work)
                for work in (
                    self.bridge.run(),
                    self._outbox.run(),
                    self._settings.run(),
                    self._routes.run(),
                    self.defects.every(HEARTBEAT_EVERY_S, self._beat),
                    self.defects.every(CLOCK_EVERY_S, self._tick),
                    self.defects.every(PROBE_EVERY_S, self._probe),
                    self.defects.every(WITNESS_EVERY_S, self._witness),
                    self.defects.every(SHARE_EVERY_S, self._sharing.settle),
                )
            ]
            hearts = f"{self.config.subject_prefix}.heartbeat.{self.config.namespace}.*"
            await self.control.listen_to_hearts(hearts, self._on_heart)
            await self._answering.start()
            await self._stopping.wait()
            await self._let_go()
            for task in tasks:
                task.cancel()

    def stop(self) -> None:
        """SIGTERM: say so in the heartbeat, so that the feed moves; then end."""
        if not self._stopping.is_set():
            log.info("stopping: the feed goes on until another account has fenced, or 3 s")
            self._stopping.set()

    async def _let_go(self) -> None:
        self.bridge.start_stopping()
        with contextlib.suppress(NatsTrouble):  # said again a fifth of a second later
            await self._beat()
        deadline = time.monotonic() + STOP_WITHIN_S
        # The end has many causes, and looking each 50 ms is soon enough for all of them.
        while time.monotonic() < deadline and (self._is_active() or self.bridge.window.in_flight):  # noqa: ASYNC110
            await asyncio.sleep(CLOCK_EVERY_S)

    def _is_active(self) -> bool:
        return any(served.claiming.fence is not None for served in self.bridge.served.values())

    # --- what the source reports

    def _on_source(self, event: SourceEvent) -> None:
        match event:
            case Batch(runs):
                self.bridge.on_runs(runs)
            case ContractsLoaded(contracts):
                self.arranging.on_contracts(contracts)
                day = self.source.describe(()).trading_day
                self.bridge.start_task(self._sharing.share(contracts, day or ""))
            case OutletsUsed():
                self.arranging.on_outlets_used()
            case Quarantined() as tick:
                self._on_quarantined(tick)
            case Note() as note:
                self._on_note(note)

    def _on_note(self, note: Note) -> None:
        self.metrics.tally.notes[note.code] += 1
        log.log(logging.WARNING if note.bad else logging.INFO, note.text, extra={"code": str(note.code)})
        if note.code == BLOCKED:
            self._outbox.tell(events.build_blocked(self.config, self.source.describe(())))

    def _on_quarantined(self, tick: Quarantined) -> None:
        subject = self.subjects.quarantine(self.config.namespace, self.config.account)
        self.bridge.start_task(
            self.control.tell(subject, events.build_quarantine(self.config, tick).encode())
        )

    async def _load_contracts(self) -> None:
        try:
            products = await self.control.read_contracts(f"CTP.{escape(self.config.environment)}")
        except NatsTrouble as exc:
            log.info("no contract table from elsewhere: %s", exc)
            return
        contracts = tuple(contract for product in products for contract in product.contracts)
        if contracts:
            self.source.use_contracts(contracts)
            self.arranging.on_contracts(contracts)

    # --- what KV says

    def _serve(self, wanted: dict[str, Destination], keep_s: float) -> None:
        for name, served in list(self.bridge.served.items()):
            if served.destination != wanted.get(name):
                self.bridge.drop(name)
                self.witnesses.pop(name, None)
        max_bytes = self.config.log_bytes // max(1, len(wanted))
        for served in self.bridge.served.values():
            served.claiming.feed.use_log_bounds(keep_s=keep_s, max_bytes=max_bytes, now=time.monotonic())
        for name in wanted.keys() - self.bridge.served.keys():
            feed = TickFeed(keep_s=keep_s, max_bytes=max_bytes)
            self.bridge.serve(wanted[name], Claiming(self.config.account, feed))
            self.witnesses[name] = Witness()
            self.bridge.start_task(self._routes.read(wanted[name].route_key))

    def _on_route(self, key: str, value: bytes, revision: Revision) -> None:
        try:
            route = Route.decode(value)
        except WireError as exc:
            self._on_bad_route(key, revision, exc)
            return
        name = subj.decode_key(key).name
        if self.promoting.route(name) != route:  # it is read each second
            log.debug("route %s, epoch %d: names %s, %s", key, route.epoch, route.named, route.reason)
        self.promoting.on_route(name, route, revision)
        self.bridge.on_route(name, route)

    def _on_bad_route(self, key: str, revision: Revision, error: WireError) -> None:
        """The route before it stays in force. Each is told once, as it is read each second."""
        if self._bad_routes.get(key) == revision.number:
            return
        self._bad_routes[key] = revision.number
        self.promoting.on_bad_route(subj.decode_key(key).name, revision)
        text = (
            f"route {key} revision {revision.number} is not used, the one before it stays in force: {error}"
        )
        self._on_note(Note("RouteUnreadable", text, bad=True))

    # --- by the clock

    async def _beat(self) -> None:
        self._sequence += 1
        beat = self.compose_heartbeat()
        self.metrics.on_heartbeat(beat, time.monotonic())
        await self.control.beat(
            self.subjects.heartbeat(self.config.namespace, self.config.account), beat.encode()
        )

    def compose_heartbeat(self) -> Heartbeat:
        now = time.monotonic()
        known = self.arranging.known
        canaries = known.plan.canaries if known.plan else ()
        source = self.source.describe(canaries)
        self.metrics.tally.clock_offset_s = reporting.to_s(source.clock_offset_ns)
        return Heartbeat(
            namespace=self.config.namespace,
            account=self.config.account,
            instance=self.config.instance,
            sequence=self._sequence,
            state=GatewayState.DRAINING if self._stopping.is_set() else source.state,
            market_data=source.market_data,
            trade=source.trade,
            trading_day=source.trading_day,
            front_ahead_ms=reporting.to_whole_ms(source.front_ahead_ns),
            settings_revision=known.revision.number if known.revision is not None else 0,
            contracts=source.contracts,
            subscribed=source.subscribed,
            publications=tuple(
                reporting.describe_publication(served, self.witnesses.get(name), now)
                for name, served in self.bridge.served.items()
            ),
            exchanges=source.exchanges,
            canary_age_ms=source.canary_age_ms,
            canary_session=source.canary_session,
            probe_age_ms=None if self._probed_at is None else reporting.to_ms(now - self._probed_at),
            oldest_unacked_ms=reporting.describe_oldest_unacked(self.bridge, now),
            last_publish_error=self.bridge.last_error,
            depths=reporting.describe_depths(self.bridge, source, self.config.log_bytes),
            counters=reporting.count(self.bridge, source),
            peer_age_ms=reporting.describe_peers(self.bridge, self.peers, self.config.account, now),
        )

    async def _tick(self) -> None:
        now = time.monotonic()
        self.promoting.listen(now)
        for served in self.bridge.served.values():
            if (route := served.claiming.route) is not None:
                is_replaceable = self.promoting.is_replaceable(route, now)
                served.claiming.note_replaceable(is_replaceable=is_replaceable)
        self.bridge.on_clock()
        beat, settings = self.metrics.last, self.arranging.known.settings
        if beat is not None and settings is not None and not self._stopping.is_set():
            await self.promoting.consider(settings, beat, self.witnesses)

    async def _probe(self) -> None:
        """By every account, active or not: whoever shall take over next must be known to be able to.

        One stream captures an account's probe; a subscription that names another one fails alone.
        """
        streams = {served.destination.stream for served in self.bridge.served.values()}
        is_stored = await asyncio.gather(*(self._probe_stream(stream) for stream in streams))
        if any(is_stored) and self.bridge.connected:
            self._probed_at = time.monotonic()

    async def _probe_stream(self, stream: str) -> bool:
        subject = self.subjects.probe(self.config.namespace, self.config.account)
        try:
            await self.control.probe(stream, subject)
        except NatsTrouble as exc:
            log.debug("probe of stream %s: %s", stream, exc)
            return False
        return True

    async def _witness(self) -> None:
        """For each subscription by itself: a stream that does not answer must not keep the others waiting."""
        await asyncio.gather(
            *(self._witness_one(name, served) for name, served in self.bridge.served.items())
        )

    async def _witness_one(self, name: str, served: Served) -> None:
        witness, now = self.witnesses.get(name), time.monotonic()
        if witness is None:  # dropped since the look began
            return
        route = served.claiming.route
        silent = None if route is None or not route.named else self.peers.age_s(route.named, now)
        if route is None or route.named in (None, self.config.account) or (silent or 0) < WITNESS_AFTER_S:
            witness.reset()
            return
        try:
            found = await self.control.read_epoch_sequences(
                served.destination, self.arranging.canary_subjects(name), route.epoch
            )
        except NatsTrouble as exc:
            log.debug("stream of %s: %s", name, exc)
            return
        witness.on_answer(found, time.monotonic())

    # --- what others say

    def _on_heart(self, subject: str, body: bytes) -> None:
        now = time.monotonic()
        try:
            owner = self.subjects.parse_heartbeat(subject)
            if owner.name == OPERATOR:
                self.peers.on_operator(now)
            elif owner.name != self.config.account:
                self.peers.on_heartbeat(Heartbeat.decode(body), now)
        except WireError as exc:
            log.debug("a heartbeat that is not understood: %s", exc)

    # --- what happened

    def _on_happened(self, subscription: str, what: actions.Report) -> None:
        self._on_note(events.describe(subscription, what))
        if isinstance(what, actions.TookOver):
            self.metrics.tally.on_takeover(subscription, what.took_s)
        names = self.arranging.name_contracts(subscription, what) if isinstance(what, Loss) else {}
        message = events.build(self.config, subscription, what, names)
        if message is not None:
            self._outbox.tell(message)

    def _on_connection(self, text: str) -> None:
        log.warning(text)
