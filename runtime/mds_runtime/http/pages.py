"""GETs answered on the loop that does the work, one a connection.

On that loop on purpose: if it hangs, so does `/livez`, which is just what a kubelet should learn.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from mds_runtime.environment import StartError, variable_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REQUEST_TIMEOUT_S: Final = 5.0
SHUTDOWN_S: Final = 1.0
"""The end of the process must not wait for a scraper that is slow to read."""
LONGEST_HEAD_BYTES: Final = 8_192

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


type Page = Callable[[], Answer]


@asynccontextmanager
async def serve(pages: Mapping[str, Page], host: str, port: int) -> AsyncIterator[int]:
    """Give the port, which matters if 0 was asked for. StartError: it cannot be listened on."""
    server = await _listen(_Pages(pages), host, port)
    try:
        shown_host, shown_port = server.sockets[0].getsockname()[:2]
        log.info("http on %s:%d", shown_host, shown_port, extra={"code": "Listening"})
        yield shown_port
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_S):
                await server.wait_closed()


async def _listen(pages: _Pages, host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.start_server(pages.answer, host, port, limit=LONGEST_HEAD_BYTES)
    except OSError as exc:
        raise StartError(
            f"{variable_of('http_host')}, {variable_of('http_port')}: cannot listen on {host}:{port}"
            f" ({exc.strerror or exc}); choose another address or port"
        ) from None


class _Pages:
    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone, or never was an HTTP client
        finally:
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.split(b" ", 1)[0].split(b"?", 1)[0].decode("latin-1")
        page = self._pages.get(path)
        if page is None:
            answer = Answer(HTTPStatus.NOT_FOUND, f"try one of: {' '.join(self._pages)}\n".encode())
        elif method not in (b"GET", b"HEAD"):
            answer = Answer(HTTPStatus.METHOD_NOT_ALLOWED, b"only GET\n")
        else:
            answer = _make(path, page)
        return _render(answer, with_body=method != b"HEAD")


def _make(path: str, page: Page) -> Answer:
    try:
        return page()
    except Exception:  # the root of a request
        log.exception("%s cannot be answered", path, extra={"code": "PageFailed"})
        return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"this page has a defect; the log has more\n")


def _render(answer: Answer, *, with_body: bool) -> bytes:
    allow = "Allow: GET, HEAD\r\n" if answer.status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
        f"Content-Type: {answer.content_type}\r\n"
        f"Content-Length: {len(answer.body)}\r\n"
        f"{allow}"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (answer.body if with_body else b"")
