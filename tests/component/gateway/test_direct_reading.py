"""Proofs read a stream while others read it, too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.kit.direct_reading import read_last
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from pathlib import Path

READINGS = 100


async def test_two_readers_at_once_get_each_their_own_answers(tmp_path: Path) -> None:
    server = NatsServer(tmp_path).start()
    try:
        client = await server.connect()
        await client.jetstream().add_stream(name="MD", subjects=["md.>"], allow_direct=True)
        for subject in ("md.a", "md.b"):
            await client.jetstream().publish(subject, subject.encode())
        await client.close()

        def read(subject: str) -> set[bytes]:
            found = [read_last(server.port, "MD", subject) for _ in range(READINGS)]
            return {message.data for message in found if message is not None}

        both = await asyncio.gather(*(asyncio.to_thread(read, subject) for subject in ("md.a", "md.b")))
    finally:
        server.stop()

    assert both == [{b"md.a"}, {b"md.b"}]
