"""The last tick per contract, read back from a real server: all of it, only up to the fence, or an error."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from mds_gateway.adapters.nats import reading
from mds_gateway.adapters.nats.connection import PublishConnection
from mds_gateway.adapters.nats.reading import ReadError, Wanted, read_last
from mds_gateway.domain import window
from mds_gateway.domain.framing import FenceHead, TickParcel
from mds_gateway.domain.ticks import FinishedTick
from mds_protocol.failover.takeover import Last
from mds_protocol.wire.encodings import Encoding
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.kit.nats_server import NatsServer, create_streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from nats.aio.client import Client

    from mds_gateway.adapters.nats.parsing import Incoming

FENCE = "mds.fence.desk.all"
STREAM: dict[str, Any] = {
    "name": "MD",
    "subjects": ["md.>", "mds.fence.*.*"],
    "storage": "memory",
    "allow_msg_ttl": True,
    "allow_direct": False,  # somebody else's stream need not allow it
}
CONTRACTS = 2 * reading.BATCH + 7
WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats")).start()
    yield server
    server.stop()


def run[T](server: NatsServer, work: Callable[[Client], Awaitable[T]]) -> T:
    """With a stream that is empty at first."""

    async def bounded() -> T:
        async with asyncio.timeout(WITHIN_S):
            client = await server.connect()
            try:
                await client.request("$JS.API.STREAM.DELETE.MD", b"", timeout=WITHIN_S)
                await create_streams(client, [STREAM])
                return await work(client)
            finally:
                await client.close()

    return uvloop.run(bounded())


def read(server: NatsServer, fence: int, wildcard: str = "md.>") -> Awaitable[dict[bytes, Last[bytes]]]:
    access, wanted = Access(parse_servers(server.url)), Wanted("MD", wildcard, FENCE, fence, Encoding.JSON)
    return read_last(access, wanted, "test", connect_timeout_s=WITHIN_S, timeout_s=WITHIN_S)


def build_tick(number: int, volume: int) -> FinishedTick:
    body = b'{"exchange_time_ns":%d,"volume":%d}' % (number, volume)
    identity = b"%d-%d" % (number, volume)
    return FinishedTick(
        b"md.SHFE.c%d" % number, (number, volume), identity, body, 1, number + 1, snapshot=False
    )


async def store(server: NatsServer, ticks: list[FinishedTick], fence: int) -> None:
    """As a gateway does it, and all of it is stored in the end."""
    arrived: asyncio.Queue[Incoming] = asyncio.Queue()
    connection = await PublishConnection.open(
        Access(parse_servers(server.url)), arrived.put_nowait, lambda _: None, name="test", timeout_s=WITHIN_S
    )
    head = FenceHead("ctp-a", 1, FENCE.encode(), fence)
    for start in range(0, len(ticks), window.LIMIT):
        part = ticks[start : start + window.LIMIT]
        connection.send(start, head, TickParcel(part), 1)
        stored = 0
        while stored < len(part):
            incoming = await arrived.get()
            assert incoming.refusals == []
            stored += incoming.stored.get(start, 0)
    connection.close("all stored")


async def write_fence(client: Client) -> int:
    return (await client.jetstream().publish(FENCE, b"{}", timeout=WITHIN_S)).seq


def test_all_contracts_are_read_in_several_batches_each_at_its_newest(server: NatsServer) -> None:
    async def work(client: Client) -> dict[bytes, Last[bytes]]:
        fence = await write_fence(client)
        newest = [build_tick(number, 2) for number in range(CONTRACTS)]
        await store(server, [build_tick(number, 1) for number in range(0, CONTRACTS, 3)], fence)
        await store(server, newest, fence)
        return await read(server, await write_fence(client))

    last = run(server, work)

    assert last == {
        tick.contract: Last(tick.order_key, tick.identity, tick.body)
        for tick in (build_tick(number, 2) for number in range(CONTRACTS))
    }


def test_what_was_stored_behind_the_fence_is_not_read(server: NatsServer) -> None:
    async def work(client: Client) -> dict[bytes, Last[bytes]]:
        await store(server, [build_tick(1, 1)], await write_fence(client))
        fence = await write_fence(client)
        await store(server, [build_tick(2, 1)], fence)
        return await read(server, fence)

    assert list(run(server, work)) == [b"md.SHFE.c1"]


def test_ticks_of_other_subjects_that_go_on_do_not_keep_it_from_its_end(server: NatsServer) -> None:
    async def work(client: Client) -> dict[bytes, Last[bytes]]:
        fence = await write_fence(client)
        await store(server, [build_tick(number, 1) for number in range(3000)], fence)
        fence = await write_fence(client)
        with publishing_for_ever(server):
            return await read(server, fence)

    assert len(run(server, work)) == 3000


@contextmanager
def publishing_for_ever(server: NatsServer) -> Iterator[None]:
    """From a thread of its own, so that it goes on whatever the reader's loop does."""
    began, ended = threading.Event(), threading.Event()

    def publish() -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN_S) as connection:
            connection.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n')
            body = b'{"exchange_time_ns":1,"volume":1}'
            some = b"PUB md.DCE.m2701 %d\r\n%b\r\n" % (len(body), body) * 10
            while not ended.is_set():
                connection.sendall(some)
                began.set()
            # What the server has not read yet must not reach the next test's stream.
            connection.sendall(b"PING\r\n")
            heard = b""
            while b"PONG\r\n" not in heard:
                heard += connection.recv(1 << 16)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        assert began.wait(WITHIN_S)
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    "wildcard", [pytest.param("md.>", id="an empty stream"), pytest.param("md.*.*.*", id="nothing on them")]
)
def test_nothing_stored_is_nothing_read(server: NatsServer, wildcard: str) -> None:
    async def work(client: Client) -> dict[bytes, Last[bytes]]:
        return await read(server, await write_fence(client), wildcard)

    assert run(server, work) == {}


def test_without_its_fence_a_read_is_never_complete(server: NatsServer) -> None:
    async def work(client: Client) -> dict[bytes, Last[bytes]]:
        fence = await write_fence(client)
        await store(server, [build_tick(1, 1)], fence)
        await client.jetstream().purge_stream("MD", subject=FENCE)
        return await read(server, fence)

    with pytest.raises(ReadError, match="without the fence"):
        run(server, work)


def test_a_stream_that_is_gone_is_said(server: NatsServer) -> None:
    async def work(client: Client) -> None:
        await client.request("$JS.API.STREAM.DELETE.MD", b"", timeout=WITHIN_S)
        with pytest.raises(ReadError, match="MD gives no consumer: stream not found"):
            await read(server, 1)

    run(server, work)


def test_a_server_that_is_gone_fails_it_at_once(tmp_path: Path) -> None:
    server = NatsServer(tmp_path).start()
    server.stop()

    with pytest.raises(ConnectionError):
        uvloop.run(_await(read(server, 1)))


async def _await[T](work: Awaitable[T]) -> T:
    return await work
