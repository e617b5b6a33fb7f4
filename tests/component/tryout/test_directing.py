from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat
from mds_protocol.wire.route import Route
from mds_protocol.wire.settings import Settings
from mds_protocol.wire.subjects import ROUTES_BUCKET, SETTINGS_BUCKET
from mds_tryout import directing, options, world
from mds_tryout.deciding import Move
from mds_tryout.directing import ROUTE_KEY, SUBJECTS, Director
from mds_tryout.world import World
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from nats.aio.client import Client

FRONT = Front(connected=True, logged_in=True)


class Stage:
    """A director beside a NATS server, and heartbeats by hand."""

    def __init__(self, client: Client, parts: World) -> None:
        self.client = client
        self.moves: asyncio.Queue[tuple[str | None, Move, int]] = asyncio.Queue()
        self.director = Director(client, parts, lambda *what: self.moves.put_nowait(what))

    async def beat(self, *accounts: str) -> None:
        for account in accounts:
            heartbeat = Heartbeat(
                namespace=world.NAMESPACE,
                account=account,
                instance=f"{account}-x",
                sequence=1,
                state=GatewayState.STREAMING,
                market_data=FRONT,
            )
            await self.client.publish(SUBJECTS.heartbeat(world.NAMESPACE, account), heartbeat.encode())

    async def next_move(self) -> tuple[str | None, str, int]:
        async with asyncio.timeout(60):
            before, move, epoch = await self.moves.get()
        return before, move.to, epoch

    async def read_route(self) -> Route:
        bucket = await self.client.jetstream(timeout=60).key_value(ROUTES_BUCKET)
        return Route.decode((await bucket.get(ROUTE_KEY)).value or b"")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
async def stage(server: NatsServer, tmp_path: Path) -> AsyncIterator[Stage]:
    parts = World(tmp_path, tmp_path, ("broker-a", "broker-b"), options.parse([]))
    client = await directing.connect(parts, server.url)
    stage = Stage(client, parts)
    await stage.director.prepare()
    running = asyncio.create_task(stage.director.run())
    yield stage
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.close()


async def test_every_account_finds_its_settings(stage: Stage) -> None:
    bucket = await stage.client.jetstream(timeout=60).key_value(SETTINGS_BUCKET)

    entry = await bucket.get(f"{world.NAMESPACE}.broker-b")

    assert Settings.decode(entry.value or b"").account == "broker-b"


async def test_the_feed_moves_when_the_named_account_falls_silent(stage: Stage) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await stage.beat("broker-a", "broker-b")
    first = await stage.next_move()
    while stage.moves.empty() and loop.time() - began_s < 60:
        await stage.beat("broker-b")
        await asyncio.sleep(0.1)

    assert first == (None, "broker-a", 1)
    assert await stage.next_move() == ("broker-a", "broker-b", 2)
    assert loop.time() - began_s > 0.69
    assert (await stage.read_route()).reason == FailoverReason.SILENT


async def test_a_route_that_somebody_else_wrote_is_read_and_not_overwritten(stage: Stage) -> None:
    await stage.beat("broker-a", "broker-b")
    await stage.next_move()
    bucket = await stage.client.jetstream(timeout=60).key_value(ROUTES_BUCKET)
    promoted = directing.build_route(
        2, Move("broker-b", FailoverReason.OPERATOR_GONE), ("broker-a", "broker-b")
    )
    await bucket.put(ROUTE_KEY, promoted.encode())

    await stage.beat("broker-a", "broker-b")
    stage.director.move()

    assert await stage.next_move() == ("broker-b", "broker-a", 3)
    assert (await stage.read_route()).epoch == 3
