"""The bytes of requests and answers, over a real socket of this machine."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from mds_runtime.environment import StartError
from mds_runtime.http import health
from mds_runtime.http.pages import LONGEST_HEAD_BYTES, Answer, serve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_runtime.http.pages import Page

HOST = "127.0.0.1"


def fail() -> Answer:
    raise ValueError("a defect")


PAGES = {
    "/livez": lambda: Answer(HTTPStatus.OK, b"alive\n"),
    "/readyz": lambda: Answer(HTTPStatus.SERVICE_UNAVAILABLE, "不\n".encode()),
    "/metrics": fail,
}


async def exchange(request: bytes, pages: Mapping[str, Page] = PAGES) -> bytes:
    async with serve(pages, HOST, 0) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(request)
        if not request.endswith(b"\r\n\r\n"):
            writer.write_eof()
        answer = await reader.read()
        writer.close()
    return answer


EXCHANGES = [
    pytest.param(b"GET /livez HTTP/1.1\r\n\r\n", b"200 OK", b"alive\n", id="a page"),
    pytest.param(b"GET /livez?verbose HTTP/1.1\r\n\r\n", b"200 OK", b"alive\n", id="with a query"),
    pytest.param(
        b"GET /readyz HTTP/1.0\r\n\r\n", b"503 Service Unavailable", "不\n".encode(), id="a bad one"
    ),
    pytest.param(b"HEAD /readyz HTTP/1.1\r\n\r\n", b"503 Service Unavailable", b"", id="its head alone"),
    pytest.param(
        b"POST /livez HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", b"only GET\n", id="another method"
    ),
    pytest.param(
        b"GET / HTTP/1.1\r\n\r\n",
        b"404 Not Found",
        b"try one of: /livez /readyz /metrics\n",
        id="no such page",
    ),
]


@pytest.mark.parametrize(("request_", "status", "body"), EXCHANGES)
async def test_a_request_gets_its_page(request_: bytes, status: bytes, body: bytes) -> None:
    head, _, found = (await exchange(request_)).partition(b"\r\n\r\n")

    assert head.splitlines()[0] == b"HTTP/1.1 " + status
    assert found == body


async def test_the_length_of_a_head_is_that_of_its_page() -> None:
    assert b"Content-Length: 4\r\n" in await exchange(b"HEAD /readyz HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /livez", id="half a head"),
        pytest.param(b"x" * (2 * LONGEST_HEAD_BYTES), id="too much"),
    ],
)
async def test_what_is_no_request_gets_no_answer(request_: bytes) -> None:
    with suppress(ConnectionResetError):  # where the server hung up while we still wrote
        assert await exchange(request_) == b""


async def test_it_says_where_it_listens(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        async with serve(PAGES, HOST, 0) as port:
            pass

    assert [record.message for record in caplog.records] == [f"http on {HOST}:{port}"]


async def test_a_port_that_is_taken_is_no_start() -> None:
    async with serve(PAGES, HOST, 0) as port:
        with pytest.raises(StartError, match=rf"MDS_HTTP_HOST, MDS_HTTP_PORT: .* {HOST}:{port} \(.*in use"):
            async with serve(PAGES, HOST, port):
                pass


async def test_a_page_with_a_defect_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    answer = await exchange(b"GET /metrics HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert [record.message for record in caplog.records] == ["/metrics cannot be answered"]


# --- health

HEALTH = [
    pytest.param("/livez", [], b"200 OK", b"alive\n", id="alive"),
    pytest.param("/readyz", [], b"200 OK", b"ready\n", id="ready"),
    pytest.param("/livez", ["a", "b"], b"503 Service Unavailable", b"a\nb\n", id="dead"),
    pytest.param("/readyz", ["a"], b"503 Service Unavailable", b"a\n", id="not ready"),
]


@pytest.mark.parametrize(("path", "problems", "status", "body"), HEALTH)
async def test_problems_are_lines_of_a_503(
    path: str, problems: Sequence[str], status: bytes, body: bytes
) -> None:
    other: Sequence[str] = ["of the other page"]
    death, lacks = (problems, other) if path == "/livez" else (other, problems)
    pages = health.build_pages(health.make_registry(), lambda: death, lambda: lacks)

    head, _, found = (await exchange(f"GET {path} HTTP/1.1\r\n\r\n".encode(), pages)).partition(b"\r\n\r\n")

    assert head.splitlines()[0] == b"HTTP/1.1 " + status
    assert found == body


async def test_metrics_are_prometheus_text_with_the_figures_of_the_process() -> None:
    pages = health.build_pages(health.make_registry(), list, list)

    answer = await exchange(b"GET /metrics HTTP/1.1\r\n\r\n", pages)

    assert b"Content-Type: text/plain; version=" in answer
    assert b"\nprocess_resident_memory_bytes " in answer
