"""One gateway with all that it needs: NATS with users, a simulator, settings, and a route that names it."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nats
from nats.errors import NoRespondersError

from mds_protocol.wire import selection, streams
from mds_protocol.wire import settings as wire
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import DEFAULT, ROUTES_BUCKET, SETTINGS_BUCKET, encode_key
from mds_simulator.testing import start_simulator
from tests.component.gateway.starting import Told, start_gateway
from tests.component.gateway.wrong_starts import GOOD_LOGIN
from tests.kit import nats_kinds
from tests.kit.nats_server import create_streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

    from nats.aio.client import Client

    from mds_simulator.testing import RunningSimulator
    from tests.component.gateway.starting import RunningGateway
    from tests.kit.nats_server import NatsServer

USER = {"user": "admin", "password": "n-admin"}
ACCOUNT = "ctp-a"
RATE = 400
WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """NATS and a front, ready for gateways."""

    folder: Path
    nats: NatsServer
    simulator: RunningSimulator
    login: Mapping[str, str] = field(default_factory=lambda: USER)
    """Of who may do everything."""
    gateway_login: Mapping[str, bytes | None] = field(default_factory=lambda: GOOD_LOGIN)

    def run[T](self, work: Callable[[Client], Awaitable[T]]) -> T:
        """One connection for one piece of work."""

        async def connected() -> T:
            async with asyncio.timeout(WITHIN_S):
                client = await nats.connect(self.nats.url, connect_timeout=WITHIN_S, **self.login)
                try:
                    return await work(client)
                finally:
                    await client.close()

        return asyncio.run(connected())

    def ask(self, subject: str, body: bytes = b"") -> dict[str, Any] | None:
        """The reply; None: nobody answers."""

        async def work(client: Client) -> dict[str, Any] | None:
            try:
                reply: dict[str, Any] = json.loads(
                    (await client.request(subject, body, timeout=WITHIN_S)).data
                )
            except (NoRespondersError, TimeoutError):
                return None
            return reply

        return self.run(work)


@contextmanager
def open_place(folder: Path) -> Iterator[Place]:
    with (
        nats_kinds.running(folder / "nats", nats_kinds.USERS) as server,
        start_simulator(
            *("--contracts", "20", "--rate", str(RATE), "--always-open", "--queries-per-second", "0")
        ) as simulator,
    ):
        place = Place(folder / "nats", server, simulator)
        place.run(prepare)
        yield place


async def prepare(client: Client) -> None:
    """Streams, settings, and a route that names the account."""
    await create_streams(client, streams.build_all(streams.TickStream(max_bytes=1 << 28), DEFAULT))
    route = Route(
        uid="all",
        epoch=1,
        named=ACCOUNT,
        candidates=(ACCOUNT,),
        reason="Initial",
        nonce="1",
        decided_at_ns=1_795_219_200_000_000_000,
    )
    js = client.jetstream()
    await write_settings(client)
    await js.publish(f"$KV.{ROUTES_BUCKET}.{encode_key('desk', 'all')}", route.encode())


async def write_settings(client: Client, **streams_of_others: str) -> None:
    """Of subscription `all`, and of others by name, each with its stream."""
    everything = selection.Rules(select=(selection.Rule(),))
    settings = wire.Settings(
        namespace="desk",
        account=ACCOUNT,
        uid="account",
        environment="Test",
        subscriptions=(
            wire.Subscription(name="all", uid="all", rules=everything),
            *(
                wire.Subscription(name=name, uid=name, rules=everything, publish=wire.Publish(stream=stream))
                for name, stream in streams_of_others.items()
            ),
        ),
    )
    subject = f"$KV.{SETTINGS_BUCKET}.{encode_key('desk', ACCOUNT)}"
    await client.jetstream().publish(subject, settings.encode())


@contextmanager
def start_active(
    place: Place, folder: Path, env: dict[str, str | None] | None = None
) -> Iterator[RunningGateway]:
    """A gateway that publishes."""
    folder.mkdir(parents=True, exist_ok=True)
    fronts = place.simulator.fronts
    told = Told(
        {"MDS_TRADE_FRONTS": fronts["trade"], "MDS_MARKET_DATA_FRONTS": fronts["a"]} | (env or {}),
        place.gateway_login,
    )
    with start_gateway(folder, place.nats.url, told) as gateway:
        gateway.wait_for("/metrics", 'mds_gateway_active{subscription="all"} 1.0')
        gateway.wait_until_ready()
        yield gateway
