"""nats-py's client as a connection to follow by: what it keeps for later, and answers that are none."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from nats.errors import Error as NatsError

from mds_runtime.nats.connection import ClientConnection

if TYPE_CHECKING:
    from nats.aio.client import Client


async def test_nothing_is_asked_before_it_is_connected() -> None:
    client = SimpleNamespace(is_connected=False)
    waiting = asyncio.create_task(ClientConnection(cast("Client", client)).wait_connected())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()

    client.is_connected = True
    await waiting


async def test_an_answer_that_is_none_of_jetstreams_fails_as_nats_does() -> None:
    async def request(*_: object, **__: object) -> SimpleNamespace:
        return SimpleNamespace(data=b"hello")

    connection = ClientConnection(cast("Client", SimpleNamespace(request=request)))

    with pytest.raises(NatsError, match=r"STREAM\.INFO\.MD was answered by somebody else"):
        await connection.ask_jetstream("STREAM.INFO.MD", {})
