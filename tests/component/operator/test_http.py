"""Pages over a socket of this machine, and the question whether a gateway lives."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp
import pytest

from mds_operator.adapters.http.server import Answer, serve
from mds_operator.adapters.livez import ask_livez
from mds_protocol.failover.observed import Livez

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "127.0.0.1"


def fail() -> Answer:
    raise ValueError("a defect")


PAGES = {
    "/livez": lambda: Answer(HTTPStatus.OK, b"alive\n"),
    "/readyz": lambda: Answer(HTTPStatus.SERVICE_UNAVAILABLE, "不\n".encode()),
    "/metrics": fail,
}
EXCHANGES = [
    pytest.param("GET", "/livez", 200, b"alive\n", id="a page"),
    pytest.param("GET", "/livez?verbose", 200, b"alive\n", id="with a query"),
    pytest.param("GET", "/readyz", 503, "不\n".encode(), id="a bad one"),
    pytest.param("HEAD", "/readyz", 503, b"", id="its head alone"),
    pytest.param("POST", "/livez", 405, b"405: Method Not Allowed", id="another method"),
    pytest.param("GET", "/", 404, b"404: Not Found", id="no such page"),
]


@pytest.mark.parametrize(("method", "path", "status", "body"), EXCHANGES)
async def test_a_request_gets_its_page(method: str, path: str, status: int, body: bytes) -> None:
    async with serve(PAGES, HOST, 0) as port, aiohttp.ClientSession() as session:
        answer = await session.request(method, f"http://{HOST}:{port}{path}")

        assert (answer.status, await answer.read()) == (status, body)


async def test_a_page_with_a_defect_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with serve(PAGES, HOST, 0) as port, aiohttp.ClientSession() as session:
        answer = await session.get(f"http://{HOST}:{port}/metrics")

    assert answer.status == 500
    assert [record.message for record in caplog.records] == ["/metrics cannot be answered"]


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with serve(PAGES, HOST, 0) as port:
        with pytest.raises(OSError, match="in use"):
            async with serve(PAGES, HOST, port):
                pass


# --- /livez of a gateway


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


async def test_the_operators_own_livez_is_an_answer() -> None:
    async with serve(PAGES, "::1", 0) as port:
        assert await ask_livez("::1", port) is Livez.ANSWERED
