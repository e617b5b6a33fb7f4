"""The operator at work: connections, watches, loops. `Service.run` is what the leader does, to its end.

    watches, lists ----+                       +--> routes (at once)
    heartbeats, KV ----+--> Desk --> judge ----+
    /livez ------------+     |                 +--> WorkQueue: pods, settings, status, Events
                             +--> plan (restarts), each second

Everything runs in one loop. What changed is worked on at once, and everything again every 5 s, as some
things change without an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from mds_operator.accepting import Accepting
from mds_operator.account_work import AccountWork
from mds_operator.adapters.livez import ask_livez
from mds_operator.adapters.nats.bucket import Bucket
from mds_operator.adapters.nats.losses import LossReader
from mds_operator.collecting import Collecting
from mds_operator.desk import Desk
from mds_operator.domain import sessions
from mds_operator.domain.observe import LivezSeen
from mds_operator.nats_looking import NatsLooking
from mds_operator.office import Office
from mds_operator.planning import plan
from mds_operator.routes import BadRoute, read_route
from mds_operator.subscription_work import SubscriptionWork
from mds_operator.watching import Watching
from mds_operator.workqueue import WorkQueue
from mds_protocol.failover.silence import is_silent
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.subjects import CONTRACTS_BUCKET, ROUTES_BUCKET, SETTINGS_BUCKET, decode_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_operator.adapters.kube.events import EventPoster
    from mds_operator.adapters.kube.objects import Kube
    from mds_operator.adapters.nats.link import Link
    from mds_operator.domain.seen import Key
    from mds_operator.manifests.installation import Installation
    from mds_protocol.wire.events import Gap
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.streams import TickStream
    from mds_protocol.wire.subjects import Subjects

JUDGE_EVERY_S: Final = 0.1
PLAN_EVERY_S: Final = 1.0
AGAIN_EVERY_S: Final = 5.0
ASK_LIVEZ_EVERY_S: Final = 0.5

log = logging.getLogger(__name__)

type Task = tuple[str, type[Any], str]
"""Namespace, kind, name."""


class Service:
    """One for the whole operator; also the heart's `Listener`."""

    def __init__(
        self,
        *,
        installation: Installation,
        subjects: Subjects,
        namespaces: tuple[str, ...],
        streams: tuple[TickStream, ...],
        kube: Kube,
        events: EventPoster,
        control: Link,
        reading: Link,
        figures: Link,
    ) -> None:
        self._urgent = asyncio.Event()
        contracts = Bucket(control, CONTRACTS_BUCKET, self._on_contracts)
        self._buckets = (
            Bucket(control, ROUTES_BUCKET, self._on_route),
            Bucket(control, SETTINGS_BUCKET, lambda _: None),
            contracts,
        )
        routes, settings, _ = self._buckets
        self.office = Office(
            installation=installation,
            subjects=subjects,
            kube=kube,
            events=events,
            control=control,
            reading=reading,
            routes=routes,
            settings=settings,
        )
        self.queue: WorkQueue[Task] = WorkQueue(self._work)
        self.desks = {name: Desk(name, self.office, self._ask_for(name)) for name in namespaces}
        self._accounts = {name: AccountWork(desk) for name, desk in self.desks.items()}
        self._subscriptions = {name: SubscriptionWork(desk) for name, desk in self.desks.items()}
        self.watching = Watching(self.office, self.desks, self._note_change)
        self.accepting = Accepting(self.office, self.desks, contracts, streams, lambda: self.is_ready)
        self._losses = LossReader(reading, subjects, self._on_loss)
        self.nats_looking = NatsLooking(self.office, figures, self.desks, streams)
        self._collecting = Collecting(self.office, self.desks, self.watching, self._subscriptions)
        self._asking: set[Key] = set()
        self.judged_at = self.office.now()
        """When the fast loop last came around."""

    async def run(self) -> None:
        """Until it is cancelled. The caller beats the heart and keeps the links."""
        async with asyncio.TaskGroup() as group:
            for bucket in self._buckets:
                group.create_task(bucket.run())
            for work in (self.accepting, self.watching, self.queue, self._collecting, self.nats_looking):
                group.create_task(work.run())
            group.create_task(self._keep_judging())
            group.create_task(self._keep_reading_losses())
            group.create_task(self._keep_planning())
            group.create_task(self._keep_asking_again())
            group.create_task(self._keep_asking_livez())

    # --- what comes in

    def on_heartbeat(self, beat: Heartbeat, now: float) -> None:
        desk = self.desks.get(beat.namespace)
        if desk is not None and desk.on_heartbeat(beat, now):
            self._urgent.set()

    def on_echo(self, namespace: str, now: float) -> None:
        self.desks[namespace].on_echo(now)

    def on_other_operator(self, namespace: str, identity: str, now: float) -> None:
        log.debug("operator %s beats in %s, too, at %s", identity, namespace, now)

    def _on_route(self, key: str) -> None:
        try:
            owner = decode_key(key)
        except WireError:
            return
        desk = self.desks.get(owner.namespace)
        if desk is not None:
            entry = self.office.routes.entries.get(key)
            found = read_route(entry) if entry else None
            if isinstance(found, BadRoute):
                log.warning(
                    "the route %s cannot be read, the one before it stands on: %s",
                    key, found.problem, extra={"code": "RouteUnreadable"},
                )  # fmt: skip
            desk.on_route(owner.name, found)
            self._urgent.set()

    def _on_loss(self, gap: Gap, told_ns: int) -> None:
        desk = self.desks.get(gap.namespace)
        if desk is not None:
            desk.on_loss(gap, told_ns)

    def _on_contracts(self, key: str) -> None:
        self.accepting.note_contracts(key)

    def _note_change(self) -> None:
        self._urgent.set()
        self.accepting.note()

    def _ask_for(self, namespace: str) -> Callable[[type[Any], str], None]:
        return lambda kind, name: self.queue.add((namespace, kind, name))

    # --- loops

    @property
    def is_ready(self) -> bool:
        """Whether enough is known to conclude anything: what was not read yet must not look absent."""
        return self.watching.is_complete

    def _whole_desks(self) -> list[tuple[str, Desk]]:
        """Where no list has come yet, the watch may have brought an account before its pod."""
        return [(name, desk) for name, desk in self.desks.items() if self.watching.is_whole(name)]

    async def _keep_judging(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + JUDGE_EVERY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._urgent.wait()
            if (late_s := loop.time() - due) >= 0.0:  # also where something urgent came before it was late
                for desk in self.desks.values():
                    desk.note_lateness(late_s)
            self._urgent.clear()
            self.judged_at = self.office.now()
            if self.is_ready:
                self._judge()

    def _judge(self) -> None:
        for name, desk in self._whole_desks():
            judgement = desk.judge()
            # Routes that were not read yet must not look absent: somebody may publish by them.
            if self.office.routes.is_complete:
                self._subscriptions[name].carry_out(judgement)

    async def _keep_reading_losses(self) -> None:
        """Not before all subscriptions are known: what is told of an unknown one is not kept."""
        while not self.is_ready:  # noqa: ASYNC110 - what makes it so has many ends
            await asyncio.sleep(JUDGE_EVERY_S)
        await self._losses.run()

    async def _keep_planning(self) -> None:
        while True:
            await asyncio.sleep(PLAN_EVERY_S)
            if self.is_ready:
                for name, desk in self._whole_desks():
                    plan(desk, self._accounts[name])

    async def _keep_asking_again(self) -> None:
        warned = None
        while True:
            await asyncio.sleep(AGAIN_EVERY_S)
            warning = sessions.find_calendar_warning(self.office.wall())
            if warning is not None and warning != warned:
                log.warning("%s", warning, extra={"code": "CalendarEnds"})
            warned = warning
            for desk in self.desks.values():
                desk.ask_everything()

    async def _keep_asking_livez(self) -> None:
        """Of those that fell silent: where no peer can bear witness, their own door is the second one."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(ASK_LIVEZ_EVERY_S)
                for desk in self.desks.values():
                    for name, address in self._find_silent(desk):
                        self._asking.add(desk.key(name))
                        group.create_task(self._ask_livez(desk, name, address))

    def _find_silent(self, desk: Desk) -> list[tuple[str, str]]:
        now, found = self.office.now(), []
        for name, seen in (desk.judgement.accounts if desk.judgement else {}).items():
            pod = desk.pod_of(name)
            is_asked = desk.key(name) in self._asking
            if pod is not None and pod.ip and not is_asked and is_silent(seen, desk.listening, now):
                found.append((name, pod.ip))
        return found

    async def _ask_livez(self, desk: Desk, name: str, address: str) -> None:
        asked_at = self.office.now()
        answer = await ask_livez(address)
        self._asking.discard(desk.key(name))
        record = desk.accounts.get(name)
        if record is not None:
            record.livez = LivezSeen(answer, asked_at)
            self._urgent.set()

    # --- work

    async def _work(self, task: Task) -> None:
        namespace, kind, name = task
        if not self.is_ready or not self.watching.is_whole(namespace):
            return
        if kind is FeedAccount:
            await self._accounts[namespace].reconcile(name)
        else:
            await self._subscriptions[namespace].reconcile(name)
