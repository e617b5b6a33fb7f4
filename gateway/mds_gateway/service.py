"""Joins the parts: the source feeds the bridge, KV tells both what to do, and all of it shows outside.

Decisions are elsewhere (`domain`, `mds_protocol`); this file only carries facts from one to the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mds_gateway import events, reporting
from mds_gateway.adapters.nats.access import describe
from mds_gateway.adapters.nats.bridge import TROUBLE, Bridge, Destination
from mds_gateway.adapters.nats.following import KeyFollower
from mds_gateway.answering import Answering
from mds_gateway.domain import actions
from mds_gateway.domain.log import TickLog
from mds_gateway.domain.peers import Peers, Witness
from mds_gateway.domain.planning import Asked, Plan, Planned, name_contracts, plan_anew, render
from mds_gateway.domain.publication import Publication
from mds_gateway.domain.subscribing import Pace
from mds_gateway.metrics import GatewayMetrics
from mds_gateway.ports import Batch, ContractsLoaded, MarketData, Note, OutletsUsed, Quarantined, SourceEvent
from mds_gateway.promoting import Promoting
from mds_gateway.sharing import ContractSharing
from mds_gateway.slicing import InSlices
from mds_protocol.wire import events as wire_events
from mds_protocol.wire import subjects as subj
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.escaping import escape
from mds_protocol.wire.heartbeat import GatewayState, Heartbeat
from mds_protocol.wire.route import Route
from mds_protocol.wire.settings import Settings, Subscription
from mds_protocol.wire.subjects import OPERATOR, Subjects, SubjectTemplate
from mds_protocol.wire.times import parse_day

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from nats.aio.msg import Msg

    from mds_gateway.adapters.nats.access import Access
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.domain.revision import Revision
    from mds_gateway.domain.slices import Slices
    from mds_gateway.settings import GatewaySettings
    from mds_protocol.wire.codec import Message
    from mds_protocol.wire.contract import Contract

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


@dataclass(slots=True)
class Known:
    """What the service was told, and what is in force of it."""

    settings: Settings | None = None
    revision: Revision | None = None
    planned: Planned = field(default_factory=Planned)
    """Of the newest contract table and settings; the source may still be at the ones before."""

    @property
    def contracts(self) -> Mapping[str, Contract]:
        return self.planned.contracts

    @property
    def plan(self) -> Plan | None:
        return self.planned.plan


@dataclass(frozen=True, slots=True)
class Wanted:
    """Settings that are not in force yet: ticks are first to be made as they say."""

    settings: Settings
    revision: Revision
    destinations: dict[str, Destination]


class Gateway:
    """One process, one account."""

    def __init__(
        self, settings: GatewaySettings, access: Access, control: Control, source: MarketData
    ) -> None:
        self.config = settings
        self.control = control
        self.source = source
        self.subjects = Subjects(settings.subject_prefix)
        self.known = Known()
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
        self.promoting = Promoting(settings.account, self.peers, control, settings.namespace)
        self._routes = KeyFollower(
            control.js, subj.ROUTES_BUCKET, self._route_keys, self._on_route, self._on_defect
        )
        self._settings = KeyFollower(
            control.js, subj.SETTINGS_BUCKET, lambda: [self._own_key], self._on_settings, self._on_defect
        )
        self._sharing = ContractSharing(control, settings.environment)
        self._answering = Answering(self)
        self._planning: InSlices[tuple[Planned, Wanted | None]] = InSlices(
            self._use_plan, self._on_plan_failed
        )
        self._contracts: tuple[Contract, ...] = ()
        self._wanted: Wanted | None = None
        self._handed: Wanted | None = None
        """Of the outlets that the source was given last."""
        self._owes_outlets = False
        """The source has not reported those yet."""
        self._stopping = asyncio.Event()
        self._sequence = 0
        self._probed_at: float | None = None
        self._defects: set[tuple[str, str]] = set()
        """Work and kind of error, of those that were told."""
        self._bad_routes: dict[str, int] = {}
        """By key, the revision of the last bad one that was told."""

    @property
    def _own_key(self) -> str:
        return subj.encode_key(self.config.namespace, self.config.account)

    def _route_keys(self) -> list[str]:
        return [served.to.route_key for served in self.bridge.served.values()]

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
                    self._settings.run(),
                    self._routes.run(),
                    self._every(HEARTBEAT_EVERY_S, self._beat),
                    self._every(CLOCK_EVERY_S, self._tick),
                    self._every(PROBE_EVERY_S, self._probe),
                    self._every(WITNESS_EVERY_S, self._witness),
                    self._every(SHARE_EVERY_S, self._sharing.settle),
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
        with contextlib.suppress(*TROUBLE):  # said again a fifth of a second later
            await self._beat()
        deadline = time.monotonic() + STOP_WITHIN_S
        # The end has many causes, and looking each 50 ms is soon enough for all of them.
        while time.monotonic() < deadline and (self._is_active() or self.bridge.window.in_flight):  # noqa: ASYNC110
            await asyncio.sleep(CLOCK_EVERY_S)

    def _is_active(self) -> bool:
        return any(served.publication.fence is not None for served in self.bridge.served.values())

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """What fails costs one turn: NATS may take the next time what it refuses now, a defect is told."""
        due = time.monotonic()
        while True:
            try:
                await work()
            except TROUBLE as exc:
                log.debug("%s: %s", work.__name__, describe(exc))
            except Exception as exc:  # noqa: BLE001 - the root of this work: its defect must not stop the others
                self._on_defect(work.__name__.lstrip("_"), exc)
            due = max(due + seconds, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def _on_defect(self, work: str, error: Exception) -> None:
        """Counted each time; told with its traceback once of each kind: it may come twenty times a second."""
        tally, kind = self.metrics.tally, type(error).__name__
        tally.failures[work] += 1
        if (work, kind) in self._defects:
            return
        self._defects.add((work, kind))
        tally.notes[DEFECT] += 1
        log.error(
            "%s failed by a defect (%s) and is tried again; please report it",
            work, kind, exc_info=error, extra={"code": DEFECT},
        )  # fmt: skip

    # --- what the source reports

    def _on_source(self, event: SourceEvent) -> None:
        match event:
            case Batch(ticks):
                self.bridge.on_ticks(ticks)
            case ContractsLoaded(contracts):
                self._on_contracts(contracts)
                day = self.source.describe(()).trading_day
                self.bridge.start_task(self._sharing.share(contracts, day or ""))
            case OutletsUsed():
                self._owes_outlets = False
                self._use_settings(self._handed)
            case Quarantined() as tick:
                self._on_quarantined(tick)
            case Note() as note:
                self._on_note(note)

    def _on_note(self, note: Note) -> None:
        self.metrics.tally.notes[note.code] += 1
        log.log(logging.WARNING if note.bad else logging.INFO, note.text, extra={"code": str(note.code)})
        if note.code == BLOCKED:
            self._tell_of(events.build_blocked(self.config, self.source.describe(())))

    def _on_contracts(self, contracts: tuple[Contract, ...]) -> None:
        self._contracts = contracts
        self._replan()

    def _on_quarantined(self, tick: Quarantined) -> None:
        subject = self.subjects.quarantine(self.config.namespace, self.config.account)
        self.bridge.start_task(
            self.control.tell(subject, events.build_quarantine(self.config, tick).encode())
        )

    async def _load_contracts(self) -> None:
        try:
            products = await self.control.read_contracts(f"CTP.{escape(self.config.environment)}")
        except TROUBLE as exc:
            log.info("no contract table from elsewhere: %s", describe(exc))
            return
        contracts = tuple(contract for product in products for contract in product.contracts)
        if contracts:
            self.source.use_contracts(contracts)
            self._on_contracts(contracts)

    # --- what KV says

    def _on_settings(self, key: str, value: bytes, revision: Revision) -> None:
        newest = self.known.revision if self._wanted is None else self._wanted.revision
        if not revision.is_after(newest):
            return
        try:
            settings = Settings.decode(value)
            destinations = {each.name: self._destination(each) for each in settings.subscriptions}
        except WireError as exc:
            log.warning("settings %s revision %d are not used: %s", key, revision.number, exc)
            return
        self._wanted = Wanted(settings, revision, destinations)
        self._replan()

    def _use_settings(self, wanted: Wanted | None) -> None:
        """Once the source makes ticks as they say: before, its batches are of the destinations before."""
        if wanted is None or wanted.revision == self.known.revision:
            return
        settings, revision = wanted.settings, wanted.revision
        self.known.settings, self.known.revision = settings, revision
        log.info("settings revision %d: %d subscriptions", revision.number, len(settings.subscriptions))
        limits = settings.limits
        pace = Pace(limits.subscribe_batch, limits.subscribe_per_second, limits.max_contracts)
        self.source.use_pace(pace)
        keep_s = max(settings.stale_after_ms / 1000, LOG_LEAST_S) + LOG_MARGIN_S
        self._serve(wanted.destinations, keep_s)

    def _serve(self, wanted: dict[str, Destination], keep_s: float) -> None:
        for name, served in list(self.bridge.served.items()):
            if served.to != wanted.get(name):
                self.bridge.drop(name)
                self.witnesses.pop(name, None)
        max_bytes = self.config.log_bytes // max(1, len(wanted))
        for served in self.bridge.served.values():
            served.publication.use_log_bounds(keep_s=keep_s, max_bytes=max_bytes, now=time.monotonic())
        for name in wanted.keys() - self.bridge.served.keys():
            publication = Publication(self.config.account, TickLog(keep_s=keep_s, max_bytes=max_bytes))
            self.bridge.serve(wanted[name], publication)
            self.witnesses[name] = Witness()
            self.bridge.start_task(self._routes.read(wanted[name].route_key))

    def _destination(self, subscription: Subscription) -> Destination:
        template = SubjectTemplate.parse(subscription.publish.subject, self.subjects)
        return Destination(
            subscription=subscription.name,
            uid=subscription.uid,
            stream=subscription.publish.stream,
            wildcard=template.wildcard,
            fence_subject=self.subjects.fence(self.config.namespace, subscription.name),
            route_key=subj.encode_key(self.config.namespace, subscription.name),
            encoding=subscription.publish.encoding,
        )

    def _on_route(self, key: str, value: bytes, revision: Revision) -> None:
        try:
            route = Route.decode(value)
        except WireError as exc:
            self._on_bad_route(key, revision, exc)
            return
        name = subj.decode_key(key).name
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

    def _replan(self) -> None:
        """In slices: 25,000 contracts take most of a second."""
        wanted = self._wanted
        if not self._contracts:
            self._use_settings(wanted)
            return
        asked = Asked(self._contracts)  # before the source is started there is no settings and no day
        if wanted is not None:
            asked = Asked(self._contracts, wanted.settings, self.today())
        self._planning.request(self._plan_for(asked, wanted))

    def _plan_for(self, asked: Asked, wanted: Wanted | None) -> Slices[tuple[Planned, Wanted | None]]:
        return (yield from plan_anew(asked, self.subjects, self.known.planned)), wanted

    def _use_plan(self, made: tuple[Planned, Wanted | None]) -> None:
        planned, wanted = made
        before = self.known.plan
        self.known.planned, plan = planned, planned.plan
        if plan is None:
            return
        if before is None or plan.unknown != before.unknown:
            for name, unknown in plan.unknown.items():
                log.warning(
                    "subscription %s names contracts that no table has: %s", name, ", ".join(unknown[:10])
                )
        self._handed = wanted
        # When only the ranking of canaries changed, the source need not plan anew.
        if before is None or plan.outlets != before.outlets:
            self._owes_outlets = True
            self.source.use_outlets(list(plan.outlets.values()))
        elif not self._owes_outlets:
            self._use_settings(wanted)

    def _on_plan_failed(self, failed: Exception) -> None:
        self._on_note(Note("PlanFailed", f"settings or contracts are not used: {failed!r}", bad=True))

    def _name_contracts(self, subscription: str, gap: actions.Gap) -> dict[bytes, str]:
        """Those of the gap, where they are few enough to be listed."""
        outlet = self.known.plan.outlets.get(subscription) if self.known.plan else None
        subjects = {tick.contract for tick in gap.ticks}
        if outlet is None or len(subjects) > events.LISTED_CONTRACTS:
            return {}
        return name_contracts(outlet, subjects, self.known.planned.ids)

    def today(self) -> date:
        """The login's trading day; by our clock where the front says none, or one that does not exist."""
        day = self.source.describe(()).trading_day
        return (parse_day(day) if day else None) or datetime.now(UTC).date()

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
        canaries = self.known.plan.canaries if self.known.plan else ()
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
            settings_revision=self.known.revision.number if self.known.revision is not None else 0,
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
            if (route := served.publication.route) is not None:
                is_possible = self.promoting.may_have_relief(route, now)
                served.publication.note_relief(is_possible=is_possible)
        self.bridge.on_clock()
        beat = self.metrics.last
        if beat is not None and self.known.settings is not None and not self._stopping.is_set():
            await self.promoting.consider(self.known.settings, beat, self.witnesses)

    async def _probe(self) -> None:
        """By every account, active or not: whoever shall take over next must be known to be able to."""
        streams = {served.to.stream for served in self.bridge.served.values()}
        subject = self.subjects.probe(self.config.namespace, self.config.account)
        for stream in streams:
            await self.control.probe(stream, subject)
        if streams and self.bridge.connected:
            self._probed_at = time.monotonic()

    async def _witness(self) -> None:
        now = time.monotonic()
        for name, served in list(self.bridge.served.items()):
            witness = self.witnesses.get(name)
            if witness is None:  # dropped while the stream was asked about another one
                continue
            route = served.publication.route
            silent = None if route is None or not route.named else self.peers.age_s(route.named, now)
            if route is None or route.named in (None, self.config.account) or (silent or 0) < WITNESS_AFTER_S:
                witness.reset()
                continue
            found = await self.control.read_epoch_sequences(
                served.to, self._canary_subjects(name), route.epoch
            )
            witness.on_answer(found, time.monotonic())

    def _canary_subjects(self, subscription: str) -> list[str]:
        plan = self.known.plan
        if plan is None:
            return []
        outlet = plan.outlets.get(subscription)
        if outlet is None:  # one that was added a moment ago, or taken away
            return []
        contracts = [self.known.contracts[id_] for id_ in plan.canaries if id_ in self.known.contracts]
        return [render(outlet, contract) for contract in contracts if contract.symbol in outlet.contracts]

    # --- what others say

    async def _on_heart(self, message: Msg) -> None:
        now = time.monotonic()
        try:
            owner = self.subjects.parse_heartbeat(message.subject)
            if owner.name == OPERATOR:
                self.peers.on_operator(now)
            elif owner.name != self.config.account:
                self.peers.on_heartbeat(Heartbeat.decode(message.data), now)
        except WireError as exc:
            log.debug("a heartbeat that is not understood: %s", exc)

    # --- what happened

    def _on_happened(self, subscription: str, what: actions.Report) -> None:
        self._on_note(events.describe(subscription, what))
        if isinstance(what, actions.TookOver):
            self.metrics.tally.on_takeover(subscription, what.took_s)
        names = self._name_contracts(subscription, what) if isinstance(what, actions.Gap) else {}
        message = events.build(self.config, subscription, self.promoting.route(subscription), what, names)
        if message is not None:
            self._tell_of(message)

    def _tell_of(self, event: wire_events.Event) -> None:
        kind = type(event).__struct_config__.tag
        subject = self.subjects.event(self.config.namespace, str(kind), event.name)
        self.bridge.start_task(self._publish_event(subject, event))

    async def _publish_event(self, subject: str, message: Message) -> None:
        try:
            await self.control.publish_event(subject, message.encode())
        except TROUBLE as exc:
            log.warning("an event was not stored: %s", describe(exc))

    def _on_connection(self, text: str) -> None:
        log.warning(text)
