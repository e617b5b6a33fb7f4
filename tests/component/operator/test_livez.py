"""Whether a gateway lives, asked over a socket of this machine."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.livez import ask_livez
from mds_protocol.failover.observed import Livez
from mds_runtime.http.pages import Answer, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "127.0.0.1"


@asynccontextmanager
async def answering(reply: bytes | None) -> AsyncIterator[int]:
    """A pod that says these bytes; None: it takes connections and says nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reply is not None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply)
        else:
            await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]


REPLIES = [
    pytest.param(b"HTTP/1.1 200 OK\r\n\r\nalive\n", Livez.ANSWERED, id="alive"),
    pytest.param(
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Livez.NO_ANSWER, id="not alive by its own word"
    ),
    pytest.param(None, Livez.NO_ANSWER, id="nothing"),
    pytest.param(b"", Livez.NO_ANSWER, id="hangs up"),
    pytest.param(b"SSH-2.0-x\r\n", Livez.NO_ANSWER, id="something else"),
    pytest.param(b"x" * (1 << 17), Livez.NO_ANSWER, id="a line without end"),
]


@pytest.mark.parametrize(("reply", "found"), REPLIES)
async def test_only_a_200_is_an_answer(reply: bytes | None, found: Livez) -> None:
    async with answering(reply) as port:
        assert await ask_livez(HOST, port) is found


async def test_a_pod_that_is_gone_does_not_answer() -> None:
    async with answering(b"") as port:
        pass

    assert await ask_livez(HOST, port) is Livez.NO_ANSWER


async def test_our_own_livez_is_an_answer() -> None:
    pages = {"/livez": lambda: Answer(HTTPStatus.OK, b"alive\n")}

    async with serve(pages, "::1", 0) as port:
        assert await ask_livez("::1", port) is Livez.ANSWERED
