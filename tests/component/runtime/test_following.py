"""A stream and a key of a bucket, followed on a real server: also when it comes back without what it had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import uvloop

from mds_runtime.nats.connection import ClientConnection
from mds_runtime.nats.following import keep_following
from mds_runtime.nats.keys import KeyFollower
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

    from nats.js import JetStreamContext

    from mds_runtime.nats.revision import Revision

BUCKET = "feeds"
KEY = "desk.ctp-a"
WITHIN_S = 120.0


def fail(_: str, error: Exception) -> None:
    raise AssertionError(error)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    started = NatsServer(tmp_path).start()
    yield started
    started.stop()


def run[T](work: Coroutine[None, None, T]) -> T:
    return uvloop.run(asyncio.wait_for(work, WITHIN_S))


async def write(js: JetStreamContext, value: bytes) -> None:
    bucket = await js.create_key_value(bucket=BUCKET)
    await bucket.put(KEY, value)


def test_a_bucket_that_was_lost_and_made_anew_is_read_as_newer(server: NatsServer) -> None:
    """Its numbers begin again; settings and routes that stand in it must be used all the same."""

    async def work() -> dict[bytes, Revision]:
        client = await server.connect()
        js = client.jetstream()
        heard: asyncio.Queue[tuple[bytes, Revision]] = asyncio.Queue()
        newest: dict[bytes, Revision] = {}

        async def wait_for(value: bytes) -> None:
            while value not in newest:
                said, revision = await heard.get()
                newest[said] = revision

        follower = KeyFollower(
            ClientConnection(client),
            BUCKET,
            lambda: [KEY],
            lambda _, value, at: heard.put_nowait((value, at)),
            fail,
        )
        for value in (b"first", b"second"):
            await write(js, value)
        following = asyncio.create_task(follower.run())
        await wait_for(b"second")
        await js.delete_key_value(BUCKET)
        await write(js, b"anew")
        await wait_for(b"anew")
        following.cancel()
        await client.close()
        return newest

    found = run(work())

    assert found[b"anew"].number < found[b"second"].number
    assert found[b"anew"].is_after(found[b"second"])


def test_a_value_that_the_listener_fails_at_does_not_end_the_following(server: NatsServer) -> None:
    async def work() -> list[str]:
        client = await server.connect()
        js = client.jetstream()
        failed: asyncio.Queue[str] = asyncio.Queue()
        arrived = asyncio.Event()

        def take(_: str, value: bytes, __: Revision) -> None:
            if value == b"bad":
                raise OverflowError("date value out of range")
            arrived.set()

        follower = KeyFollower(
            ClientConnection(client),
            BUCKET,
            lambda: [KEY],
            take,
            lambda bucket, error: failed.put_nowait(f"{bucket}: {error}"),
        )
        await write(js, b"bad")
        following = asyncio.create_task(follower.run())
        told = [await failed.get(), await failed.get()]
        await write(js, b"good")
        await arrived.wait()
        assert not following.done()
        following.cancel()
        await client.close()
        return told

    told = run(work())

    assert told == ["feeds: date value out of range"] * 2


# --- a stream, without a poll beside it


def test_a_consumer_that_died_without_a_word_is_made_anew(server: NatsServer) -> None:
    async def work() -> list[bytes]:
        client = await server.connect()
        js = client.jetstream()
        await js.add_stream(name="S", subjects=["s"], storage="memory")
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        following = asyncio.create_task(
            keep_following(
                ClientConnection(client),
                "S",
                lambda: {"deliver_policy": "last"},
                lambda message, _: heard.put_nowait(message.data),
            )
        )
        await js.publish("s", b"before")
        found = [await heard.get()]
        [consumer] = await js.consumers_info("S")
        await js.delete_consumer("S", consumer.name)
        await js.publish("s", b"after")
        while found[-1] != b"after":
            found.append(await heard.get())
        following.cancel()
        await client.close()
        return found

    found = run(work())

    assert (found[0], found[-1]) == (b"before", b"after")


def test_a_stream_that_is_not_there_yet_is_waited_for(server: NatsServer) -> None:
    async def work() -> bytes:
        client = await server.connect()
        js = client.jetstream()
        asked: asyncio.Queue[None] = asyncio.Queue()
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        def build_wish() -> dict[str, str]:
            asked.put_nowait(None)
            return {"deliver_policy": "all"}

        connection = ClientConnection(client)
        following = asyncio.create_task(
            keep_following(connection, "S", build_wish, lambda message, _: heard.put_nowait(message.data))
        )
        for _ in range(2):
            await asked.get()
        await js.add_stream(name="S", subjects=["s"], storage="memory")
        await js.publish("s", b"here")
        found = await heard.get()
        following.cancel()
        await client.close()
        return found

    found = run(work())

    assert found == b"here"
