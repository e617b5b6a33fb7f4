"""Carries out what the claims decide: owns the raw connection, writes batches, hands acks back.

One connection carries all subscriptions of the account, within one window, which also knows whose a batch is.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.connection import ConnectRefusedError, PublishConnection
from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain import actions
from mds_gateway.domain.feed import LANE
from mds_gateway.domain.framing import FenceHead
from mds_gateway.domain.latency import Hops
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.window import OVERDUE_S, Window
from mds_protocol.wire import fence as wire_fence

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from mds_gateway.adapters.nats.access import Access
    from mds_gateway.adapters.nats.parsing import Incoming
    from mds_gateway.domain.claiming import Claiming
    from mds_gateway.domain.feed import Parcel, Run
    from mds_gateway.domain.renewing import StreamRoom
    from mds_protocol.failover.fencing import Fence
    from mds_protocol.failover.takeover import Last
    from mds_protocol.wire.encodings import Encoding
    from mds_protocol.wire.route import Route

CONNECT_TIMEOUT_S = 2.0
RECONNECT_EVERY_S = 0.25


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
    """The rare requests, made on the control connection; they fail with `NatsTrouble`."""

    async def read_standing(self, destination: Destination) -> tuple[Route | None, Fence | None]: ...

    async def write_fence(
        self, destination: Destination, fence: wire_fence.Fence, over: int
    ) -> Fence | None: ...

    async def read_last(self, destination: Destination, up_to: int) -> Mapping[bytes, Last[bytes]]: ...

    async def read_room(self, destination: Destination) -> StreamRoom: ...


@dataclass(slots=True)
class Served:
    """One subscription with its state and what its ticks share on the wire."""

    destination: Destination
    claiming: Claiming
    head: FenceHead | None = None
    """Of its fence; absent before the first."""


@dataclass(slots=True)
class Bridge:
    access: Access
    account: str
    instance: str
    operations: StreamOperations
    report: Callable[[str, actions.Report], None]
    """Told the subscription and what happened."""
    note: Callable[[str], None]
    """Told in words about the connection."""
    served: dict[str, Served] = field(default_factory=dict)
    window: Window[Served] = field(default_factory=Window)
    last_error: str | None = None
    hops: Hops = field(default_factory=Hops)
    connections: int = 0
    """Times that the connection came up."""
    _connection: PublishConnection | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _batches: int = 0
    _turns: deque[str] = field(default_factory=deque)
    """Subscriptions in the order in which they may send next."""
    _pump_scheduled: bool = False

    @property
    def connected(self) -> bool:
        return self._connection is not None

    # --- what is served

    def serve(self, destination: Destination, claiming: Claiming) -> None:
        served = self.served[destination.subscription] = Served(destination, claiming)
        self._turns.append(destination.subscription)
        if self.connected:
            self._act(served, claiming.on_connected(time.monotonic()))

    def drop(self, subscription: str) -> None:
        """No longer served here. What is in flight keeps its places in the window until it is answered."""
        del self.served[subscription]
        self._turns.remove(subscription)

    # --- events from elsewhere

    def on_route(self, subscription: str, route: Route) -> None:
        served = self.served.get(subscription)
        if served is not None and route.uid == served.destination.uid:
            self._act(served, served.claiming.on_route(route, time.monotonic()))

    def on_runs(self, runs: Mapping[str, Run]) -> None:
        now = time.monotonic()
        for subscription, run in runs.items():
            self.hops.on_received(run.first_received_ns, now_ns=time.time_ns(), now=now)
            served = self.served.get(subscription)
            if served is not None:
                self._act(served, served.claiming.feed.extend(run, now))
        self._pump()

    def on_clock(self) -> None:
        for served in list(self.served.values()):
            self._act(served, served.claiming.on_clock(time.monotonic()))
        if self._connection is not None and self.window.is_overdue(time.monotonic()):
            self._connection.close(f"no acknowledgement for {OVERDUE_S:g} s")
        self._pump()

    def start_stopping(self) -> None:
        self._tell_all(lambda claiming, now: claiming.start_stopping(now))

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
        self._tell_all(lambda claiming, now: claiming.on_connected(now))
        why = await lost.get()
        self._connection = None
        self.window.forget_connection()
        self.hops.on_connection_lost()
        self._say(f"connection for ticks lost: {why}")
        self._tell_all(lambda claiming, now: claiming.on_disconnected(now))

    def _say(self, problem: str | None) -> None:
        if problem == self.last_error:
            return
        self.last_error = problem
        self.note(problem or "connection for ticks is up")

    def _tell_all(self, event: Callable[[Claiming, float], tuple[actions.Action, ...]]) -> None:
        for served in list(self.served.values()):
            self._act(served, event(served.claiming, time.monotonic()))

    def _on_incoming(self, incoming: Incoming) -> None:
        now = time.monotonic()
        for batch, count in incoming.stored.items():
            self.hops.on_stored(batch, count, now=now)
            if (served := self._note_answered(batch, count)) is not None:
                newest, duplicates = incoming.newest[batch], incoming.duplicates.get(batch, 0)
                self._act(served, served.claiming.on_stored(batch, count, newest, now, duplicates=duplicates))
        for refusal in incoming.refusals:
            self.hops.on_refused(refusal.batch)
            if (served := self._note_answered(refusal.batch, 1)) is not None:
                self.last_error = f"{refusal.description} ({refusal.code})"
                self._act(served, served.claiming.on_refused(refusal.batch, refusal.code, now))
        self._pump()

    def _note_answered(self, batch: int, count: int) -> Served | None:
        """Return whose it is, if that one is served still."""
        served = self.window.note_answered(batch, count)
        return served if served is not None and self._is_served(served) else None

    def _is_served(self, served: Served) -> bool:
        return self.served.get(served.destination.subscription) is served

    def _pump(self) -> None:
        """One batch a subscription, in turn; then the loop may do something else, heartbeats above all."""
        if self._connection is None:
            return
        more = False
        for subscription in list(self._turns):
            served = self.served[subscription]
            parcel = served.claiming.take(LANE, self._batches + 1, self.window.free)
            if parcel is not None and served.head is not None:
                self._send(self._connection, served.head, served, parcel)
                more = more or served.claiming.feed.waiting > 0
                # Who has sent comes last the next time: the first would take all where little room is left.
                self._turns.remove(subscription)
                self._turns.append(subscription)
        if more and not self._pump_scheduled:
            self._pump_scheduled = True
            asyncio.get_running_loop().call_soon(self._pump_again)

    def _send(self, connection: PublishConnection, head: FenceHead, served: Served, parcel: Parcel) -> None:
        self._batches = number = self._batches + 1
        now, now_ns = time.monotonic(), time.time_ns()
        connection.send(number, head, parcel, now_ns)
        self.window.note_sent(number, served, parcel.count, now)
        self.hops.on_sent(number, parcel.count, parcel.first_received_ns, now_ns=now_ns, now=now)

    def _pump_again(self) -> None:
        self._pump_scheduled = False
        self._pump()

    # --- actions

    def _act(self, served: Served, wanted: Iterable[actions.Action]) -> None:
        if not self._is_served(served):
            return  # an answer to what it asked for before it was dropped
        for action in wanted:
            match action:
                case actions.ReadStanding():
                    self.start_task(self._read_standing(served))
                case actions.WriteFence(epoch, over):
                    self.start_task(self._write_fence(served, epoch, over))
                case actions.ReadLast(fence):
                    self.start_task(self._read_last(served, fence))
                case actions.ReadRoom():
                    self.start_task(self._read_room(served))
                case actions.GoOn():
                    asyncio.get_running_loop().call_soon(self._go_on, served)
                case actions.TookOver() | actions.LetGo() | Loss() | actions.HeldBack():
                    self.report(served.destination.subscription, action)

    def _go_on(self, served: Served) -> None:
        self._act(served, served.claiming.go_on(time.monotonic()))
        self._pump()

    def start_task(self, work: Coroutine[object, object, None]) -> None:
        """Owned here until it ends; it must catch what it expects to fail."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_standing(self, served: Served) -> None:
        asked_at = time.monotonic()
        try:
            route, fence = await self.operations.read_standing(served.destination)
        except NatsTrouble as exc:
            self._note_failure(served, "the route and the fence cannot be read", exc)
            return
        if route is not None and route.uid != served.destination.uid:
            route = None  # a namesake's
        self._act(served, served.claiming.on_standing(route, fence, asked_at, time.monotonic()))

    async def _write_fence(self, served: Served, epoch: int, over: int) -> None:
        wanted = wire_fence.Fence(
            uid=served.destination.uid,
            epoch=epoch,
            account=self.account,
            instance=self.instance,
            nonce=secrets.token_hex(8),
        )
        try:
            fence = await self.operations.write_fence(served.destination, wanted, over)
        except NatsTrouble as exc:
            self._note_failure(served, "the fence cannot be written", exc)
            return
        if fence is None:
            self._act(served, served.claiming.on_fence_refused(time.monotonic()))
            return
        wanted_next = served.claiming.on_fence_stored(fence, time.monotonic())
        if served.claiming.fence == fence:
            subject = served.destination.fence_subject.encode()
            served.head = FenceHead(self.account, epoch, subject, fence.sequence)
        self._act(served, wanted_next)
        self._pump()

    async def _read_last(self, served: Served, fence: int) -> None:
        try:
            last = await self.operations.read_last(served.destination, fence)
        except NatsTrouble as exc:
            self.last_error = f"the last ticks of the stream cannot be read: {exc}"
            served.claiming.on_read_failed(time.monotonic())
            return
        self._act(served, served.claiming.on_last_read(fence, last, time.monotonic()))
        self._pump()

    async def _read_room(self, served: Served) -> None:
        """Asked again in a second; without an answer the fence is written anew when it is gone."""
        with contextlib.suppress(NatsTrouble):
            served.claiming.on_room(await self.operations.read_room(served.destination))

    def _note_failure(self, served: Served, what: str, trouble: NatsTrouble) -> None:
        self.last_error = f"{what}: {trouble}"
        self._act(served, served.claiming.on_request_failed(time.monotonic()))
