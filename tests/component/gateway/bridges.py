"""Bridges on a real NATS, fed with made-up ticks as fast as they go, and all that the stream took of them.

    async with open_rig(tmp_path, accounts=("a",), stream={"max_bytes": 1 << 20}) as rig:
        await rig.move("a")
        await rig.feed(until=lambda: rig.wraps >= 100)
        counts = await rig.judge()

The stream republishes, so a plain subscription hears each message that the stream took, in the stream's
order, however soon the stream lets it go again. Each account has a front of its own that keeps some ticks to
itself.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import threading
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mds_gateway.adapters.nats.bridge import Bridge
from mds_gateway.adapters.nats.control import Control
from mds_gateway.domain.claiming import Claiming, Phase
from mds_gateway.domain.feeding import TickFeed
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.serving import Destination
from mds_gateway.domain.ticks import FinishedTick, TickRun
from mds_protocol.wire import headers, streams
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.fence import Fence
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import DEFAULT, ROUTES_BUCKET, encode_key
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from mds_simulator.counting import join
from tests.kit.nats_server import WITHIN_S, NatsServer, create_streams
from tests.kit.reading_back import parse_ns
from tests.kit.tcp_proxy import HoldingProxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from nats.aio.client import Client

    from mds_gateway.domain.actions import Report

NAMESPACE: Final = "desk"
CONTRACTS: Final = 50
A_TURN: Final = 200
"""Ticks that a front delivers at once."""
ENOUGH_WAITING: Final = 1_000
"""The front waits for the bridge, so that nothing is conflated: how full the stream is, is tested here."""
CLOCK_EVERY_S: Final = 0.02
STEADY_S: Final = 0.02
LOG_BYTES: Final = 64 << 20
LOG_S: Final = 15.0
FRONT_LOSS: Final = 0.01


def build_destination(subscription: str = "all") -> Destination:
    return Destination(
        subscription=subscription,
        uid=f"uid-{subscription}",
        stream="MD",
        wildcard=f"md.{subscription}.*",
        fence_subject=DEFAULT.fence(NAMESPACE, subscription),
        route_key=encode_key(NAMESPACE, subscription),
        encoding=Encoding.JSON,
    )


def make_tick(serial: int, subscription: str = "all") -> FinishedTick:
    """Exchange time stands still over several serials, as in life."""
    contract, number = serial % CONTRACTS, serial // CONTRACTS + 1
    return FinishedTick(
        contract=b"md.%b.c%d" % (subscription.encode(), contract),
        order_key=(number // 3, number),
        identity=b"%b-%d-%d" % (subscription.encode(), contract, number),
        body=b'{"exchange_time_ns":%d,"volume":%d,"serial":%d,"room":"%b"}'
        % (number // 3, number, number, b"x" * 200),
        received_ns=time.time_ns(),
        arrival=serial,
        snapshot=False,
    )


@dataclass
class Account:
    """One gateway's bridge with its connections; what it told; what its front delivered."""

    name: str
    control: Control
    bridge: Bridge
    happened: list[Report]
    delivered: list[join.Delivered] = field(default_factory=list)
    is_alive: bool = True
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def claims(self) -> list[Claiming]:
        return [served.claiming for served in self.bridge.serving]

    @property
    def is_active(self) -> bool:
        return all(claiming.phase is Phase.ACTIVE for claiming in self.claims)

    @property
    def waiting(self) -> int:
        return sum(claiming.feed.waiting for claiming in self.claims)

    @property
    def refused(self) -> int:
        return sum(claiming.feed.counts.refused for claiming in self.claims)

    @property
    def losses(self) -> list[Loss]:
        return [what for what in self.happened if isinstance(what, Loss)]

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self.bridge.run()), loop.create_task(self._tick())]

    def end(self) -> None:
        """As `kill -9` does: nothing is said any more, and what the kernel has may still arrive."""
        self.is_alive = False
        for task in self._tasks:
            task.cancel()

    def deliver(self, ticks: dict[str, list[FinishedTick]]) -> None:
        at_ns = time.time_ns()
        for each in ticks.values():
            self.delivered += [join.Delivered(self.name, *_read_mark(tick.identity), at_ns) for tick in each]
        self.bridge.on_runs({name: TickRun.of(each) for name, each in ticks.items() if each})

    async def _tick(self) -> None:
        while True:
            self.bridge.on_clock()
            await asyncio.sleep(CLOCK_EVERY_S)


@dataclass
class Rig:
    server: NatsServer
    client: Client
    listener: Listener
    proxy: HoldingProxy
    """On the way of the ticks alone."""
    accounts: dict[str, Account]
    subscriptions: Sequence[str]
    epoch: int = 0
    serial: int = 0
    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - repeatable

    async def move(self, to: str) -> None:
        """As the operator does: the route first, then everybody hears of it."""
        self.epoch += 1
        for subscription in self.subscriptions:
            route = build_route(subscription, self.epoch, to)
            key = f"$KV.{ROUTES_BUCKET}.{encode_key(NAMESPACE, subscription)}"
            await self.client.jetstream().publish(key, route.encode())
            for account in self.living:
                account.bridge.on_route(subscription, route)

    async def feed(self, until: Callable[[], bool]) -> None:
        """Ticks as fast as the bridge takes them; while no account is active, at a front's steady rate."""
        async with asyncio.timeout(WITHIN_S):
            while not until():
                self.deliver()
                await asyncio.sleep(0 if any(account.is_active for account in self.living) else STEADY_S)
                while self._is_enough_waiting():  # noqa: ASYNC110 - the bridge tells nobody what it sends
                    await asyncio.sleep(0.001)

    async def feed_some(self, ticks: int) -> None:
        enough = self.serial + ticks
        await self.feed(until=lambda: self.serial >= enough)

    async def feed_until_active(self, account: str) -> None:
        await self.feed(until=lambda: self.accounts[account].is_active)

    def _is_enough_waiting(self) -> bool:
        return any(account.waiting > ENOUGH_WAITING for account in self.living)

    def deliver(self, count: int = A_TURN) -> None:
        """So many of each subscription to each account, less what its front keeps to itself."""
        serials = range(self.serial, self.serial + count)
        self.serial += count
        ticks = {name: [make_tick(serial, name) for serial in serials] for name in self.subscriptions}
        for account in self.living:
            account.deliver(
                {
                    name: [tick for tick in each if self.random.random() >= FRONT_LOSS]
                    for name, each in ticks.items()
                }
            )

    @property
    def living(self) -> Iterator[Account]:
        return (account for account in self.accounts.values() if account.is_alive)

    async def read_stream_info(self) -> dict[str, Any]:
        reply = await self.client.request("$JS.API.STREAM.INFO.MD", b"", timeout=WITHIN_S)
        info: dict[str, Any] = json.loads(reply.data)
        return info

    async def change_stream(self, **changes: object) -> None:
        config = (await self.read_stream_info())["config"] | changes
        request = json.dumps(config).encode()
        reply = await self.client.request("$JS.API.STREAM.UPDATE.MD", request, timeout=WITHIN_S)
        assert "error" not in json.loads(reply.data), reply.data

    async def judge(self) -> join.Counts:
        """Everything delivered has had its turn when the active has nothing waiting and nothing in flight."""
        active = next(account for account in self.living if account.is_active)
        until_ns = time.time_ns()
        async with asyncio.timeout(WITHIN_S):
            # What was counted last must have come through the listener, too.
            while active.waiting or active.bridge.serving.window.in_flight or not active.is_active:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.01)
            await self.client.publish("live.end", b"")
            await self.client.flush()
            await asyncio.to_thread(self.listener.wait_for_the_end)
        stored, epochs = self.listener.read()
        delivered = [one for account in self.accounts.values() for one in account.delivered]
        return join.count(delivered, stored, epochs, until_ns=until_ns)


@asynccontextmanager
async def open_rig(
    folder: Path,
    accounts: Sequence[str] = ("a",),
    subscriptions: Sequence[str] = ("all",),
    stream: dict[str, Any] | None = None,
) -> AsyncIterator[Rig]:
    async with AsyncExitStack() as stack:
        server = NatsServer(folder).start()
        stack.callback(server.stop)
        client = await server.connect()
        stack.push_async_callback(client.close)
        await create_streams(client, _build_streams(stream or {}))
        listener = Listener(server.port)
        stack.callback(listener.stop)
        proxy = await stack.enter_async_context(HoldingProxy(server.port))
        rig = Rig(server, client, listener, proxy, {}, subscriptions)
        for name in accounts:
            rig.accounts[name] = await _open_account(rig, name, stack)
        yield rig


def _build_streams(changes: dict[str, Any]) -> list[dict[str, Any]]:
    tick_stream = streams.TickStream(storage="memory")
    others = [each for each in streams.build_all(tick_stream, DEFAULT) if not each["name"].startswith("MD")]
    republished = {"republish": {"src": ">", "dest": "live.>"}}
    return [streams.build_tick_stream(tick_stream, DEFAULT) | republished | changes, *others]


async def _open_account(rig: Rig, name: str, stack: AsyncExitStack) -> Account:
    control = await Control.open(Access(parse_servers(rig.server.url)), name, WITHIN_S)
    stack.push_async_callback(control.close)
    happened: list[Report] = []
    bridge = Bridge(
        Access(parse_servers(rig.proxy.url)),
        name,
        f"{name}-1",
        control,
        lambda _, what: happened.append(what),
        lambda _: None,
    )
    account = Account(name, control, bridge, happened)
    for subscription in rig.subscriptions:
        bridge.serve(build_destination(subscription), build_claiming(name))
    account.start()
    stack.callback(account.end)
    return account


def build_claiming(account: str) -> Claiming:
    return Claiming(
        account, TickFeed(keep_s=LOG_S, max_bytes=LOG_BYTES, last_prefix=DEFAULT.last("").encode())
    )


def build_route(subscription: str, epoch: int, named: str) -> Route:
    return Route(
        uid=f"uid-{subscription}",
        epoch=epoch,
        named=named,
        reason="Test",
        nonce=str(epoch),
        decided_at_ns=1_795_827_600_000_000_000,
    )


# --- what the stream took


class Listener:
    """Hears the republished stream over a plain socket in a thread of its own; understood only at the end."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
        self._sock.sendall(
            b'CONNECT {"headers":true,"verbose":false}\r\nSUB live.> 1\r\nPING\r\n',
        )
        self._chunks: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._has_ended = threading.Event()
        self._thread.start()

    def _listen(self) -> None:
        tail = b""
        while chunk := self._receive():
            self._chunks.append(chunk)
            tail = tail[-64:] + chunk
            if b"PING\r\n" in tail:
                self._sock.sendall(b"PONG\r\n")
            if b"MSG live.end " in tail:
                self._has_ended.set()
            tail = chunk

    def _receive(self) -> bytes:
        try:
            return self._sock.recv(1 << 20)
        except OSError:
            return b""

    def wait_for_the_end(self) -> None:
        if not self._has_ended.wait(WITHIN_S):
            raise TimeoutError("the listener never heard the end")

    def stop(self) -> None:
        self._sock.close()

    def read(self) -> tuple[list[join.Stored], list[join.Epoch]]:
        stored: list[join.Stored] = []
        epochs: dict[int, join.Epoch] = {}
        for subject, block, body in _split(b"".join(self._chunks)):
            found = dict(line.split(":", 1) for line in block.decode().split("\r\n")[1:] if ":" in line)
            if subject.startswith(b"live.md."):
                stored.append(_build_stored(found, body))
            elif subject.startswith(b"live.mds.fence."):
                at_ns = parse_ns(found["Nats-Time-Stamp"].strip())
                fence = Fence.decode(body)
                epochs.setdefault(fence.epoch, join.Epoch(fence.epoch, fence.account, at_ns))
        return stored, list(epochs.values())


_MESSAGE = re.compile(rb"HMSG (\S+) \S+ (\d+) (\d+)\r\n")


def _split(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    position = 0
    while (message := _MESSAGE.search(data, position)) is not None:
        start, head, total = message.end(), int(message[2]), int(message[3])
        position = start + total
        yield message[1], data[start : start + head], data[start + head : position]


def _read_mark(identity: bytes) -> join.Mark:
    contract, number = identity.decode().rsplit("-", 1)
    return contract, int(number)


def _build_stored(found: dict[str, str], body: bytes) -> join.Stored:
    identity = found[headers.MSG_ID].strip()
    contract, number = _read_mark(identity.encode())
    epoch = headers.parse_publication(found[headers.MDS_PUB].strip()).epoch
    return join.Stored(epoch, contract, number, identity, (number // 3, number))
