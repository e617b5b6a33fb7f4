"""Carries out what the claims decide: sends batches, hands answers back, makes the rare requests.

What is decided is decided in the domain: who may write (`claiming`), what leaves next and whose an answer is
(`serving`). One connection (`link`) carries all subscriptions of the account.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.link import TickLink
from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain import actions
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.serving import Served, Serving
from mds_gateway.domain.window import OVERDUE_S
from mds_gateway.tasks import Tasks
from mds_protocol.wire import fence as wire_fence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_gateway.adapters.nats.parsing import Incoming
    from mds_gateway.domain.claiming import Claiming
    from mds_gateway.domain.feed import Run
    from mds_gateway.domain.renewing import StreamRoom
    from mds_gateway.domain.serving import Destination
    from mds_protocol.failover.fencing import Fence
    from mds_protocol.failover.takeover import Last
    from mds_protocol.wire.route import Route
    from mds_runtime.nats.access import Access


class StreamOperations(Protocol):
    """The rare requests, made on the control connection; they fail with `NatsTrouble`."""

    async def read_standing(self, destination: Destination) -> tuple[Route | None, Fence | None]: ...

    async def write_fence(
        self, destination: Destination, fence: wire_fence.Fence, over: int
    ) -> Fence | None: ...

    async def read_last(self, destination: Destination, up_to: int) -> Mapping[bytes, Last[bytes]]: ...

    async def read_room(self, destination: Destination) -> StreamRoom: ...


class Bridge:
    def __init__(
        self,
        access: Access,
        account: str,
        instance: str,
        operations: StreamOperations,
        report: Callable[[str, actions.Report], None],
        note: Callable[[str], None],
    ) -> None:
        """`report` is told the subscription and what happened, `note` of the connection, in words."""
        self.serving = Serving()
        self.last_error: str | None = None
        self._link = TickLink(access, f"mds-gateway {account} ticks", self)
        self._identity = (account, instance)
        self._operations = operations
        self._report = report
        self._note = note
        self._tasks = Tasks()
        self._is_pump_due = False

    @property
    def is_connected(self) -> bool:
        return self._link.connection is not None

    @property
    def connections(self) -> int:
        """Times that the connection came up."""
        return self._link.connections

    # --- what is served

    def serve(self, destination: Destination, claiming: Claiming) -> None:
        served = Served(destination, claiming)
        served.feed.note_login(time.time_ns())
        self.serving.add(served)
        if self.is_connected:
            self._act(served, claiming.on_connected(time.monotonic()))

    # --- events from elsewhere

    def on_route(self, subscription: str, route: Route) -> None:
        served = self.serving.get(subscription)
        if served is not None and served.is_of(route):
            self._act(served, served.claiming.on_route(route, time.monotonic()))

    def on_login(self) -> None:
        """The source sends a snapshot of each contract from now on."""
        for served in self.serving:
            served.feed.note_login(time.time_ns())

    def on_runs(self, runs: Mapping[str, Run]) -> None:
        serving, now = self.serving, time.monotonic()
        for subscription, run in runs.items():
            serving.hops.on_received(run.first_received_ns, now_ns=time.time_ns(), now=now)
            served = serving.get(subscription)
            if served is not None:
                self._act(served, served.feed.extend(run, now))
        self._pump()

    def on_clock(self) -> None:
        self._tell_all(lambda claiming, now: claiming.on_clock(now))
        if self.serving.window.is_overdue(time.monotonic()):
            self._link.close(f"no acknowledgement for {OVERDUE_S:g} s")
        self._pump()
        self._write_last_values()

    def start_stopping(self) -> None:
        self._tell_all(lambda claiming, now: claiming.start_stopping(now))

    # --- the connection

    async def run(self) -> None:
        """Keeps the connection up until cancelled."""
        try:
            await self._link.run()
        finally:
            self._tasks.cancel()

    def on_no_connection(self, why: str) -> None:
        self._say(f"NATS takes no connection: {why}")

    def on_connected(self) -> None:
        self._say(None)
        self._tell_all(lambda claiming, now: claiming.on_connected(now))

    def on_disconnected(self, why: str) -> None:
        self.serving.forget_connection()
        self._say(f"connection for ticks lost: {why}")
        self._tell_all(lambda claiming, now: claiming.on_disconnected(now))

    def on_incoming(self, incoming: Incoming) -> None:
        now = time.monotonic()
        for batch, count in incoming.stored.items():
            if (served := self.serving.note_stored(batch, count, now)) is not None:
                newest, duplicates = incoming.newest[batch], incoming.duplicates.get(batch, 0)
                claiming = served.claiming
                self._act(served, claiming.on_stored(batch, count, newest, now, duplicates=duplicates))
        for refusal in incoming.refusals:
            if (served := self.serving.note_refused(refusal.batch)) is not None:
                self.last_error = f"{refusal.description} ({refusal.code})"
                self._act(served, served.claiming.on_refused(refusal.batch, refusal.code, now))
        self._pump()

    def _say(self, problem: str | None) -> None:
        if problem == self.last_error:
            return
        self.last_error = problem
        self._note(problem or "connection for ticks is up")

    def _tell_all(self, event: Callable[[Claiming, float], tuple[actions.Action, ...]]) -> None:
        for served in self.serving:
            self._act(served, event(served.claiming, time.monotonic()))

    def _pump(self) -> None:
        """One batch a subscription, in turn; then the loop may do something else, heartbeats above all."""
        connection = self._link.connection
        if connection is None:
            return
        more = False
        for subscription in self.serving.turns:
            now_ns = time.time_ns()
            departure = self.serving.take(subscription, now=time.monotonic(), now_ns=now_ns)
            if departure is not None:
                connection.send(departure.batch, departure.head, departure.parcel, now_ns)
                more = more or not departure.is_last
        if more and not self._is_pump_due:
            self._is_pump_due = True
            asyncio.get_running_loop().call_soon(self._pump_again)

    def _write_last_values(self) -> None:
        """At the clock's pace, which leaves the server to the ticks."""
        if (connection := self._link.connection) is None:
            return
        for subscription in self.serving.turns:
            departure = self.serving.take_last(subscription, now=time.monotonic())
            if departure is not None:
                connection.send(departure.batch, departure.head, departure.parcel, 0)

    def _pump_again(self) -> None:
        self._is_pump_due = False
        self._pump()

    # --- actions

    def _act(self, served: Served, wanted: Iterable[actions.Action]) -> None:
        if not self.serving.holds(served):
            return
        for action in wanted:
            match action:
                case actions.ReadStanding():
                    self._tasks.start(self._read_standing(served))
                case actions.WriteFence(epoch, over):
                    self._tasks.start(self._write_fence(served, epoch, over))
                case actions.ReadLast(fence):
                    self._tasks.start(self._read_last(served, fence))
                case actions.ReadRoom():
                    self._tasks.start(self._read_room(served))
                case actions.GoOn():
                    asyncio.get_running_loop().call_soon(self._go_on, served)
                case actions.TookOver() | actions.LetGo() | actions.HeldBack() | Loss():
                    self._report(served.name, action)

    def _go_on(self, served: Served) -> None:
        self._act(served, served.claiming.go_on(time.monotonic()))
        self._pump()

    async def _read_standing(self, served: Served) -> None:
        asked_at = time.monotonic()
        try:
            route, fence = await self._operations.read_standing(served.destination)
        except NatsTrouble as exc:
            self._note_failure(served, "the route and the fence cannot be read", exc)
            return
        if route is not None and not served.is_of(route):
            route = None
        self._act(served, served.claiming.on_standing(route, fence, asked_at, time.monotonic()))

    async def _write_fence(self, served: Served, epoch: int, over: int) -> None:
        account, instance = self._identity
        uid, nonce = served.destination.uid, secrets.token_hex(8)
        wanted = wire_fence.Fence(uid=uid, epoch=epoch, account=account, instance=instance, nonce=nonce)
        try:
            fence = await self._operations.write_fence(served.destination, wanted, over)
        except NatsTrouble as exc:
            self._note_failure(served, "the fence cannot be written", exc)
            return
        now = time.monotonic()
        if fence is None:
            self._act(served, served.claiming.on_fence_refused(now))
            return
        self._act(served, served.on_fence_stored(fence, now))
        self._pump()

    async def _read_last(self, served: Served, fence: int) -> None:
        try:
            last = await self._operations.read_last(served.destination, fence)
        except NatsTrouble as exc:
            self.last_error = f"the last ticks of the stream cannot be read: {exc}"
            served.claiming.on_read_failed(time.monotonic())
            return
        self._act(served, served.claiming.on_last_read(fence, last, time.monotonic()))
        self._pump()

    async def _read_room(self, served: Served) -> None:
        """Asked again in a second; without an answer the fence is written anew when it is gone."""
        with contextlib.suppress(NatsTrouble):
            served.claiming.on_room(await self._operations.read_room(served.destination))

    def _note_failure(self, served: Served, what: str, trouble: NatsTrouble) -> None:
        self.last_error = f"{what}: {trouble}"
        self._act(served, served.claiming.on_request_failed(time.monotonic()))
