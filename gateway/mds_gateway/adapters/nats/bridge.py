"""Carries out what the publications decide: owns the raw connection, writes batches, hands acks back.

One connection carries all subscriptions of the account, within one window. The low byte of a batch number
names the publication, so that an ack finds its way without a table.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nats.errors import Error as NatsError

from mds_gateway.adapters.nats.access import describe
from mds_gateway.adapters.nats.connection import ConnectRefusedError, PublishConnection
from mds_gateway.adapters.nats.framing import FenceFrame, Incoming
from mds_gateway.domain import publication as pub
from mds_gateway.domain.latency import Hops
from mds_gateway.domain.sending import Window
from mds_protocol.wire import fence as wire_fence
from mds_protocol.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from mds_gateway.adapters.nats.access import Access
    from mds_gateway.domain.ticks import FinishedTick
    from mds_protocol.failover.fencing import Fence
    from mds_protocol.failover.takeover import Last
    from mds_protocol.wire.encodings import Encoding
    from mds_protocol.wire.route import Route

CONNECT_TIMEOUT_S = 2.0
RECONNECT_EVERY_S = 0.25
MAX_PUBLICATIONS = 256
TROUBLE = (NatsError, TimeoutError, OSError, WireError)
"""What a request may fail with; the same one may succeed a moment later."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one subscription's ticks go."""

    subscription: str
    uid: str
    stream: str
    wildcard: str
    fence_subject: str
    route_key: str
    encoding: Encoding


class StreamOperations(Protocol):
    """The rare requests, made on the control connection."""

    async def read_standing(self, to: Destination) -> tuple[Route | None, Fence | None]: ...

    async def write_fence(self, to: Destination, fence: wire_fence.Fence, over: int) -> Fence | None: ...

    async def read_last(self, to: Destination, up_to: int) -> Mapping[bytes, Last[bytes]]: ...


@dataclass(slots=True)
class Served:
    """One subscription with its state and what its ticks share on the wire."""

    slot: int
    to: Destination
    publication: pub.Publication
    frame: FenceFrame | None = None


@dataclass(slots=True)
class Bridge:
    access: Access
    account: str
    instance: str
    operations: StreamOperations
    report: Callable[[str, pub.TookOver | pub.LetGo | pub.Gap], None]
    """Told the subscription and what happened."""
    note: Callable[[str], None]
    """Told in words about the connection."""
    served: dict[str, Served] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    duplicates: int = 0
    last_error: str | None = None
    hops: Hops = field(default_factory=Hops)
    connections: int = 0
    """Times that the connection came up."""
    _connection: PublishConnection | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _batches: int = 0
    _pump_scheduled: bool = False

    @property
    def connected(self) -> bool:
        return self._connection is not None

    # --- what is served

    def serve(self, to: Destination, publication: pub.Publication) -> None:
        slot = next(n for n in range(MAX_PUBLICATIONS) if all(s.slot != n for s in self.served.values()))
        served = self.served[to.subscription] = Served(slot, to, publication)
        if self.connected:
            self._act(served, publication.on_connected(time.monotonic()))

    def drop(self, subscription: str) -> None:
        """No longer served here. What is in flight is answered into the void."""
        del self.served[subscription]

    # --- events from elsewhere

    def on_route(self, subscription: str, route: Route) -> None:
        served = self.served.get(subscription)
        if served is not None and route.uid == served.to.uid:
            self._act(served, served.publication.on_route(route, time.monotonic()))

    def on_ticks(self, ticks: Mapping[str, list[FinishedTick]]) -> None:
        now = time.monotonic()
        for subscription, batch in ticks.items():
            self.hops.on_ticks(batch[0].received_ns, now_ns=time.time_ns(), now=now)
            served = self.served.get(subscription)
            if served is not None:
                self._act(served, served.publication.on_ticks(batch, now))
        self._pump()

    def on_clock(self) -> None:
        for served in list(self.served.values()):
            self._act(served, served.publication.on_clock(time.monotonic()))
        self._pump()

    def start_stopping(self) -> None:
        self._tell_all(lambda publication, now: publication.start_stopping(now))

    # --- the connection

    async def run(self) -> None:
        """Keeps the connection up until cancelled."""
        try:
            while True:
                await self._run_one_connection()
                await asyncio.sleep(RECONNECT_EVERY_S)
        finally:
            for task in self._tasks:
                task.cancel()
            if self._connection is not None:
                self._connection.close("the gateway ends")

    async def _run_one_connection(self) -> None:
        lost: asyncio.Queue[str] = asyncio.Queue()
        try:
            self._connection = await PublishConnection.open(
                self.access,
                self._on_incoming,
                lost.put_nowait,
                name=f"mds-gateway {self.account} ticks",
                timeout_s=CONNECT_TIMEOUT_S,
            )
        except ConnectRefusedError as exc:
            self._say(f"NATS takes no connection: {exc}")
            return
        self.connections += 1
        self._say(None)
        self._tell_all(lambda publication, now: publication.on_connected(now))
        why = await lost.get()
        self._connection = None
        self.hops.on_connection_lost()
        self._say(f"connection for ticks lost: {why}")
        self._tell_all(lambda publication, now: publication.on_disconnected(now))

    def _say(self, problem: str | None) -> None:
        if problem == self.last_error:
            return
        self.last_error = problem
        self.note(problem or "connection for ticks is up")

    def _tell_all(self, event: Callable[[pub.Publication, float], tuple[pub.Action, ...]]) -> None:
        for served in list(self.served.values()):
            self._act(served, event(served.publication, time.monotonic()))

    def _on_incoming(self, incoming: Incoming) -> None:
        self.duplicates += incoming.duplicates
        slots = {served.slot: served for served in self.served.values()}
        for batch, count in incoming.stored.items():
            self.hops.on_stored(batch, count, now=time.monotonic())
            if (served := slots.get(batch & 0xFF)) is not None:
                served.publication.on_stored(batch, count)
        for refusal in incoming.refusals:
            self.hops.on_refused(refusal.batch)
            if (served := slots.get(refusal.batch & 0xFF)) is not None:
                self.last_error = f"{refusal.description} ({refusal.code})"
                self._act(served, served.publication.on_refused(refusal.batch, time.monotonic()))
        self._pump()

    def _pump(self) -> None:
        """One batch a subscription; then the loop may do something else, heartbeats above all."""
        if self._connection is None:
            return
        more = False
        for served in self.served.values():
            number = (self._batches + 1) << 8 | served.slot
            now, now_ns = time.monotonic(), time.time_ns()
            ticks = served.publication.next_batch(number, now)
            if ticks and served.frame is not None:
                self._batches += 1
                self._connection.send(number, served.frame, ticks, now_ns)
                self.hops.on_sent(number, len(ticks), ticks[0].received_ns, now_ns=now_ns, now=now)
                more = more or served.publication.waiting > 0
        if more and not self._pump_scheduled:
            self._pump_scheduled = True
            asyncio.get_running_loop().call_soon(self._pump_again)

    def _pump_again(self) -> None:
        self._pump_scheduled = False
        self._pump()

    # --- actions

    def _act(self, served: Served, actions: Iterable[pub.Action]) -> None:
        for action in actions:
            match action:
                case pub.ReadStanding():
                    self.start_task(self._read_standing(served))
                case pub.WriteFence(epoch, over):
                    self.start_task(self._write_fence(served, epoch, over))
                case pub.ReadLast(fence):
                    self.start_task(self._read_last(served, fence))
                case pub.DropConnection(why):
                    if self._connection is not None:
                        self._connection.close(why)
                case pub.TookOver() | pub.LetGo() | pub.Gap():
                    self.report(served.to.subscription, action)

    def start_task(self, work: Coroutine[object, object, None]) -> None:
        """Owned here until it ends; it must catch what it expects to fail."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_standing(self, served: Served) -> None:
        asked_at = time.monotonic()
        try:
            route, fence = await self.operations.read_standing(served.to)
        except TROUBLE as exc:
            self._note_failure(served, "the route and the fence cannot be read", exc)
            return
        if route is not None and route.uid != served.to.uid:
            route = None  # a namesake's
        self._act(served, served.publication.on_standing(route, fence, asked_at, time.monotonic()))

    async def _write_fence(self, served: Served, epoch: int, over: int) -> None:
        wanted = wire_fence.Fence(
            uid=served.to.uid,
            epoch=epoch,
            account=self.account,
            instance=self.instance,
            nonce=secrets.token_hex(8),
        )
        try:
            fence = await self.operations.write_fence(served.to, wanted, over)
        except TROUBLE as exc:
            self._note_failure(served, "the fence cannot be written", exc)
            return
        if fence is None:
            served.publication.on_request_failed()
            return
        actions = served.publication.on_fence_stored(fence, time.monotonic())
        if served.publication.fence == fence:
            subject = served.to.fence_subject.encode()
            served.frame = FenceFrame(self.account, epoch, subject, fence.sequence)
        self._act(served, actions)

    async def _read_last(self, served: Served, fence: int) -> None:
        try:
            last = await self.operations.read_last(served.to, fence)
        except TROUBLE as exc:
            self.last_error = f"the last ticks of the stream cannot be read: {describe(exc)}"
            served.publication.on_read_failed(time.monotonic())
            return
        self._act(served, served.publication.on_last_read(fence, last, time.monotonic()))
        self._pump()

    def _note_failure(self, served: Served, what: str, exc: Exception) -> None:
        self.last_error = f"{what}: {describe(exc)}"
        served.publication.on_request_failed()
