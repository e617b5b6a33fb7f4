"""GETs answered on the loop that does the work.

On that loop on purpose: if it hangs, so does `/livez`, which is just what a kubelet should learn.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHUTDOWN_S = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


type Page = Callable[[], Answer]
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve(pages: Mapping[str, Page], host: str, port: int) -> AsyncIterator[int]:
    """Gives the port, which matters if 0 was asked for. OSError: it cannot be listened on."""
    application = web.Application(client_max_size=0)
    for path, page in pages.items():
        application.router.add_get(path, _build_handler(path, page))
    # The end of the process must not wait for a scraper that is slow to read.
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _build_handler(path: str, page: Page) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        answer = _make(path, page)
        return web.Response(
            status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type}
        )

    return handle


def _make(path: str, page: Page) -> Answer:
    try:
        return page()
    except Exception:  # the root of a request
        log.exception("%s cannot be answered", path, extra={"code": "PageFailed"})
        return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"this page has a defect; the log has more\n")
