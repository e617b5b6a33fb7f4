"""A whole data plane on real parts: nats-server, the simulator, gateway processes, and who commands them.

    async with start_installation(tmp_path, Setup()) as installation:
        await installation.hand_over("ctp-b")
        installation.gateways["ctp-b"].kill()
        await installation.fail_over("ctp-b", "ctp-a")
        findings = await installation.judge()

Nothing outlives the context. Each account has a front of its own, named like it, and logs in under its name,
so that a delivery tells whose it was.
"""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import nats
from nats.errors import Error as NatsError

from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire import headers, streams
from mds_protocol.wire.subjects import DEFAULT
from mds_simulator.testing import RunningSimulator, client_environment, start_simulator
from tests.kit import judging
from tests.kit.judging import Source
from tests.kit.nats_server import NatsServer, create_streams
from tests.kit.operator_stand_in import NAMESPACE, OperatorStandIn
from tests.kit.tcp_proxy import Held, HoldingProxy
from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from nats.aio.client import Client

    from tests.kit.judging import Findings

STREAM_BYTES = 2 << 30
WITHIN_S = 90.0  # the end of a test that hangs, never a claim about speed
LOOK_EVERY_S = 0.05
LOG_SHOWN = 2_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is started. The defaults are those of the proofs."""

    contracts: int = 1200
    rate: int = 2000
    drop_share: float = 0.01
    """Of its own snapshots, that each front keeps to itself, at random."""
    accounts: tuple[str, ...] = ("ctp-a", "ctp-b")
    proxied: frozenset[str] = frozenset()
    """The accounts that reach NATS through a proxy."""
    package: Path | None = None
    """A folder with another `mds_gateway` in it, for mutations."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """More of it for each gateway."""


SMALL = Setup(contracts=600, rate=400, drop_share=0.05)
"""For tests of counts: a machine that is busy otherwise carries it, too. At the proofs' 2,000 a second two
gateways on an eighth of a core each conflate, which is loss, and told, and not what is tested.
"""


class GatewayProcess:
    """`python -m mds_gateway` for one account; each start is a new instance, as a new pod is."""

    def __init__(self, account: str, environment: dict[str, str], folder: Path) -> None:
        self.account = account
        self.log = folder / "gateway.log"
        self._environment = environment
        self._started = 0
        self._may_have_ended = True
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def instance(self) -> str:
        return f"{self.account}-{self._started}"

    @property
    def address(self) -> str:
        """Where its pages are, as its log tells; of its newest start."""
        found: list[str] = re.findall(r"http on (127\.0\.0\.1:\d+)", self.log.read_text())
        return found[-1]

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        assert not self.is_running, f"{self.instance} runs already"
        self._started += 1
        self._may_have_ended = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mds_gateway"],
                env=self._environment | {"MDS_INSTANCE": self.instance},
                stdout=log,
                stderr=log,
            )

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._may_have_ended = True
        self._signal(signal.SIGKILL)
        self._wait()

    def terminate(self) -> None:
        """As the kubelet does; returns at once, as a gateway goes on until another has fenced."""
        self._may_have_ended = True
        self._signal(signal.SIGTERM)

    def check(self) -> None:
        if not self._may_have_ended and not self.is_running:
            raise AssertionError(f"{self.instance} ended by itself: {self.log.read_text()[-LOG_SHOWN:]}")

    def end(self) -> None:
        """Whatever state it is in."""
        if self.is_running:
            self.resume()
            self.kill()

    async def wait_until_ended(self) -> int:
        return await asyncio.to_thread(self._wait)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, f"{self.account} was never started"
        self._process.send_signal(number)

    def _wait(self) -> int:
        assert self._process is not None, f"{self.account} was never started"
        return self._process.wait(WITHIN_S)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of the route, and when what made it necessary happened."""

    epoch: int
    begun_ns: int
    decided_ns: int


@dataclass(slots=True)
class Installation:
    setup: Setup
    nats: NatsServer
    client: Client
    simulator: RunningSimulator
    operator: OperatorStandIn
    gateways: dict[str, GatewayProcess]
    proxies: dict[str, HoldingProxy] = field(default_factory=dict)

    async def wait_until_hot(self, *accounts: str) -> None:
        for account in accounts or self.setup.accounts:
            instance = self.gateways[account].instance
            await self.operator.wait_until_hot(account, self.setup.contracts, instance=instance)

    async def wait_for_tick(self, *, epoch: int = 0, after_ns: int = 0) -> None:
        """One that was stored in that epoch, after that moment."""
        await wait_until_async(
            f"a tick of epoch {epoch} or later is stored",
            self._read_newest,
            lambda found: found is not None and found.epoch >= epoch and found.publish_ns > after_ns,
            within_s=WITHIN_S,
            every_s=LOOK_EVERY_S,
        )

    async def _read_newest(self) -> headers.Publication | None:
        """Of the newest tick, what its publisher says; None while NATS does not answer."""
        try:
            newest = await self.client.jetstream().get_last_msg("MD", "md.>")
        except (NatsError, TimeoutError):
            return None
        return headers.parse_publication((newest.headers or {})[headers.MDS_PUB])

    async def hand_over(self, to: str) -> Move:
        """Planned: both live, the route changes."""
        return await self._move(to, time.time_ns(), FailoverReason.DRILL)

    async def fail_over(self, silent: str, to: str) -> Move:
        """To be called when `silent` was made so: sees it as the operator does, then moves."""
        begun_ns = time.time_ns()
        await self.operator.wait_until_silent(silent)
        return await self._move(to, begun_ns, FailoverReason.SILENT)

    async def hold_and_fail_over(self, silent: str, to: str, held: Held, hold_s: float) -> Move:
        """What `silent` sends is held on its way; the feed moves; then all of it is delivered."""
        released_at = time.monotonic() + hold_s
        self.proxies[silent].hold(held)
        move = await self.fail_over(silent, to)
        await asyncio.sleep(released_at - time.monotonic())
        self.proxies[silent].release()
        await self.wait_until_hot(silent)
        return move

    def start(self, account: str) -> None:
        """A process for the account; the operator learns of it as of a new pod."""
        gateway = self.gateways[account]
        gateway.start()
        self.operator.note_start(account, gateway.instance, time.monotonic())

    async def restart(self, account: str) -> None:
        """A new process for an account whose old one ended; returns when it is hot."""
        self.start(account)
        await self.wait_until_hot(account)

    async def judge(self) -> Findings:
        """Counts over everything up to now, when all of it had its turn to be stored."""
        source = Source(self.nats.port, self.simulator, self.setup.accounts)
        return await asyncio.to_thread(judging.judge, source)

    async def _move(self, to: str, begun_ns: int, reason: FailoverReason) -> Move:
        route = await self.operator.move(to, reason)
        decided_ns = time.time_ns()
        await self.operator.wait_until_active(to, route.epoch)
        await self.wait_for_tick(epoch=route.epoch)
        return Move(route.epoch, begun_ns, decided_ns)


@asynccontextmanager
async def start_installation(folder: Path, setup: Setup) -> AsyncIterator[Installation]:
    """Everything up, the first account active, all hot."""
    async with AsyncExitStack() as stack:
        server = _start_nats(folder)
        stack.callback(server.stop)
        client = await nats.connect(
            server.url,
            connect_timeout=WITHIN_S,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,
            error_cb=_ignore,
        )
        stack.push_async_callback(client.close)
        await create_streams(client, streams.build_all(streams.TickStream(max_bytes=STREAM_BYTES), DEFAULT))
        simulator = stack.enter_context(start_simulator(*_simulator_options(setup)))
        for account in setup.accounts:
            simulator.patch(f"/fronts/{account}", drop_share=setup.drop_share)
        gateways: dict[str, GatewayProcess] = {}
        operator = OperatorStandIn(client, setup.accounts, partial(_check_all, gateways))
        await stack.enter_async_context(operator)
        installation = Installation(setup, server, client, simulator, operator, gateways)
        for account in setup.accounts:
            await _add_gateway(installation, account, folder / account, stack)
        await installation.hand_over(setup.accounts[0])
        await installation.wait_until_hot()
        yield installation


def _start_nats(folder: Path) -> NatsServer:
    folder.mkdir(parents=True, exist_ok=True)
    return NatsServer(folder).start()


async def _ignore(_: Exception) -> None:
    """A test that kills NATS would fill its output with every attempt to reconnect."""


def _check_all(gateways: dict[str, GatewayProcess]) -> None:
    for gateway in gateways.values():
        gateway.check()


def _simulator_options(setup: Setup) -> list[str]:
    fronts = ["td:trade=127.0.0.1:0", *(f"md:{account}=127.0.0.1:0" for account in setup.accounts)]
    options = {"--contracts": setup.contracts, "--rate": setup.rate, "--queries-per-second": 0}
    given = [text for name, value in options.items() for text in (name, str(value))]
    return ["--always-open", *given, *(text for front in fronts for text in ("--front", front))]


async def _add_gateway(installation: Installation, account: str, folder: Path, stack: AsyncExitStack) -> None:
    url = installation.nats.url
    if account in installation.setup.proxied:
        proxy = await stack.enter_async_context(HoldingProxy(installation.nats.port))
        installation.proxies[account] = proxy
        url = proxy.url
    environment = _build_environment(installation, account, folder, url)
    gateway = installation.gateways[account] = GatewayProcess(account, environment, folder)
    stack.callback(gateway.end)
    await installation.operator.write_settings(account)
    installation.start(account)


def _build_environment(installation: Installation, account: str, folder: Path, url: str) -> dict[str, str]:
    secret = folder / "secret"
    secret.mkdir(parents=True)
    for key, value in {"userID": account, "password": "p", "appID": "app", "authCode": "x"}.items():
        (secret / key).write_text(value)
    package = installation.setup.package
    return (
        client_environment()
        | ({} if package is None else {"PYTHONPATH": str(package)})
        | {
            "MDS_NAMESPACE": NAMESPACE,
            "MDS_ACCOUNT": account,
            "MDS_BROKER_ID": "9999",
            "MDS_ENVIRONMENT": "Test",
            "MDS_TRADE_FRONTS": installation.simulator.fronts["trade"],
            "MDS_MARKET_DATA_FRONTS": installation.simulator.fronts[account],
            "MDS_CREDENTIALS_DIR": str(secret),
            "MDS_NATS_URL": url,
            "MDS_HOME": str(folder),
            "MDS_HTTP_HOST": "127.0.0.1",
            "MDS_HTTP_PORT": "0",
        }
        | dict(installation.setup.environment)
    )
