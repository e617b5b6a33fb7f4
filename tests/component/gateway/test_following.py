"""A key of a real bucket, watched and polled; also when NATS comes back without what it had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvloop

from mds_gateway.adapters.nats.following import KeyFollower
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from pathlib import Path

    from nats.js import JetStreamContext

    from mds_gateway.domain.revision import Revision

BUCKET = "feeds"
KEY = "desk.ctp-a"
WITHIN_S = 120.0


async def write(js: JetStreamContext, value: bytes) -> None:
    bucket = await js.create_key_value(bucket=BUCKET)
    await bucket.put(KEY, value)


def test_a_bucket_that_was_lost_and_made_anew_is_read_as_newer(tmp_path: Path) -> None:
    """Its numbers begin again; settings and routes that stand in it must be used all the same."""
    server = NatsServer(tmp_path).start()

    async def work() -> dict[bytes, Revision]:
        client = await server.connect()
        js = client.jetstream()
        heard: asyncio.Queue[tuple[bytes, Revision]] = asyncio.Queue()
        newest: dict[bytes, Revision] = {}

        async def wait_for(value: bytes) -> None:
            while value not in newest:
                said, revision = await heard.get()
                newest[said] = revision

        follower = KeyFollower(js, BUCKET, lambda: [KEY], lambda _, value, at: heard.put_nowait((value, at)))
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

    try:
        found = uvloop.run(asyncio.wait_for(work(), WITHIN_S))
    finally:
        server.stop()

    assert found[b"anew"].number < found[b"second"].number
    assert found[b"anew"].is_after(found[b"second"])
