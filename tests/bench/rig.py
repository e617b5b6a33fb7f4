"""What a bench of the gateway stands on: a simulator, nats-server, the gateway, and who watches.

Each is a process of its own, as in a small pod; nothing of the gateway is imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import DEFAULT
from mds_simulator.testing import client_environment, start_simulator
from tests.bench.binding_ceiling import NEVER_CUT
from tests.kit.nats_server import NatsServer, create_streams
from tests.kit.operator_stand_in import NAMESPACE, OperatorStandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from nats.aio.client import Client

    from mds_protocol.wire.heartbeat import Depths, Heartbeat
    from mds_simulator.testing import RunningSimulator

ACCOUNT: Final = "bench"
STREAM: Final = "MD"
STREAM_BYTES: Final = 4 << 30
STALE_AFTER_MS: Final = 10_000  # what a FeedSubscription has: it says how far the log reaches back
WITHIN_S: Final = 300.0  # the end of a bench that hangs: to subscribe 25,000 contracts takes 25 s


@contextlib.contextmanager
def start_front(rate: float, contracts: int, *options: str) -> Iterator[RunningSimulator]:
    """One that is not the limit: it cuts nobody, and answers queries at once."""
    flags = ("--always-open", "--rate", str(rate), "--contracts", str(contracts), "--queries-per-second", "0")
    with start_simulator(*flags, "--sending-list", NEVER_CUT, *options) as simulator:
        yield simulator


@contextlib.contextmanager
def start_gateway(
    folder: Path, simulator: RunningSimulator, server: NatsServer, http_port: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    secret = folder / "secret"
    secret.mkdir()
    for key in ("userID", "password", "appID", "authCode"):
        (secret / key).write_text("bench")
    settings = {
        "MDS_NAMESPACE": NAMESPACE,
        "MDS_ACCOUNT": ACCOUNT,
        "MDS_INSTANCE": f"{ACCOUNT}-1",
        "MDS_BROKER_ID": "9999",
        "MDS_ENVIRONMENT": "Test",
        "MDS_TRADE_FRONTS": simulator.fronts["trade"],
        "MDS_MARKET_DATA_FRONTS": simulator.fronts["a"],
        "MDS_CREDENTIALS_DIR": str(secret),
        "MDS_NATS_URL": server.url,
        "MDS_HOME": str(folder),
        "MDS_HTTP_HOST": "127.0.0.1",
        "MDS_HTTP_PORT": str(http_port),
        "MDS_LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "mds_gateway"], env=client_environment() | settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def check_alive(gateway: subprocess.Popen[bytes]) -> None:
    if gateway.poll() is not None:
        raise RuntimeError(f"the gateway ended by itself with code {gateway.returncode}")


@contextlib.asynccontextmanager
async def open_server(
    folder: Path, stream_bytes: int = STREAM_BYTES
) -> AsyncIterator[tuple[NatsServer, Client]]:
    """With the streams of an installation."""
    server = NatsServer(folder).start()
    try:
        client = await server.connect()
        try:
            await create_streams(client, build_all(TickStream(max_bytes=stream_bytes), DEFAULT))
            yield server, client
        finally:
            await client.close()
    finally:
        server.stop()


@dataclass(slots=True)
class Rig:
    simulator: RunningSimulator
    server: NatsServer
    gateway: subprocess.Popen[bytes]
    operator: OperatorStandIn
    contracts: int

    @property
    def heartbeat(self) -> Heartbeat:
        check_alive(self.gateway)
        return self.operator.heard[ACCOUNT].heartbeat

    @property
    def processes(self) -> dict[str, int]:
        return {
            "gateway": self.gateway.pid,
            "nats-server": self.server.pid,
            "simulator": self.simulator.process_id,
        }

    async def publish(self) -> None:
        """From the first ticks on, so that no log has to be sent first."""
        await self.operator.write_settings(ACCOUNT, STALE_AFTER_MS)
        await self.operator.wait_until_heard(ACCOUNT)
        await self._wait(lambda beat: beat.subscribed > 0)
        route = await self.operator.move(ACCOUNT)
        await self.operator.wait_until_active(ACCOUNT, route.epoch)

    async def catch_up(self) -> None:
        """Until all contracts are subscribed and no tick waits for room."""
        await self._wait(lambda beat: beat.subscribed == self.contracts and not beat.depths.backlog)

    async def settle(self, received: int) -> None:
        """Until so many were received, and all that was sent is acknowledged."""
        await self._wait(lambda beat: beat.counters.received >= received and _is_idle(beat.depths))

    async def _wait(self, holds: Callable[[Heartbeat], bool]) -> None:
        """For two heartbeats in a row."""
        before: Heartbeat | None = None
        async with asyncio.timeout(WITHIN_S):
            while True:
                beat = self.heartbeat
                if not holds(beat):
                    before = None
                elif before is None:
                    before = beat
                elif beat.sequence > before.sequence:
                    return
                await asyncio.sleep(0.05)


def _is_idle(depths: Depths) -> bool:
    return not (depths.handoff or depths.backlog or depths.in_flight)


@contextlib.asynccontextmanager
async def open_rig(
    server: NatsServer, client: Client, rate: float, contracts: int, *options: str, http_port: int = 0
) -> AsyncIterator[Rig]:
    with (
        tempfile.TemporaryDirectory() as name,
        start_front(rate, contracts, *options) as simulator,
        start_gateway(Path(name), simulator, server, http_port) as gateway,
    ):
        operator = OperatorStandIn(client, [ACCOUNT], lambda: check_alive(gateway))
        async with operator:
            yield Rig(simulator, server, gateway, operator, contracts)


@dataclass(slots=True)
class Peer:
    """A process that answers each line on its stdin with a line."""

    process: subprocess.Popen[str]

    @classmethod
    @contextlib.contextmanager
    def start(cls, *command: str, environment: dict[str, str] | None = None) -> Iterator[Self]:
        with subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield cls(process)
            finally:
                process.kill()

    def ask(self) -> str:
        if self.process.stdin is None:
            raise RuntimeError("the peer has no pipe")
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended with code {self.process.wait()}")
        return line


@dataclass(slots=True)
class Subscribers:
    """Of the ticks, by the way in which they come; each in a process of its own."""

    peers: dict[str, Peer] = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def start(cls, port: int, ways: dict[str, tuple[str, str]]) -> Iterator[Self]:
        with contextlib.ExitStack() as stack:
            made = cls()
            for name, way in ways.items():
                peer = stack.enter_context(Peer.start("tests.bench.subscriber", str(port), *way))
                made.peers[name] = peer
                peer.hear()
            yield made

    def ask(self) -> dict[str, dict[str, Any]]:
        """What came since the last time, by way."""
        return {name: json.loads(peer.ask()) for name, peer in self.peers.items()}

    @property
    def processes(self) -> dict[str, int]:
        return {f"subscriber, {name}": peer.process.pid for name, peer in self.peers.items()}


WAYS: Final = {"`live.`": ("core", "live.md.>"), "ordered consumer": ("ordered", STREAM)}
