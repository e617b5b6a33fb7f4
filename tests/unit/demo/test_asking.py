"""What a person reads when Prometheus or Alertmanager does not answer as it should."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from mds_demo import failover
from mds_demo.asking import Stack
from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWERS = {
    "/api/v1/query?query=up": b'{"data": {"result": [{"metric": {}, "value": [1, "1"]}]}}',
    "/api/v2/alerts?filter=alertname%3D%22A%22&filter=namespace%3D%22mds%22": b'[{"status": {}}]',
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = ANSWERS.get(self.path)
        self.send_response(200 if found else 503)
        self.end_headers()
        self.wfile.write(found or b"the query log is full\n")

    def log_message(self, *_: object) -> None:
        """It is not of interest."""


@pytest.fixture
def stack() -> Iterator[Stack]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield Stack(*2 * (f"http://127.0.0.1:{server.server_port}",))
        server.shutdown()
        thread.join()


async def test_both_are_asked_by_their_apis(stack: Stack) -> None:
    assert await stack.query("up") == [{"metric": {}, "value": [1, "1"]}]
    assert await stack.list_alerts('alertname="A"', 'namespace="mds"') == [{"status": {}}]


async def test_an_error_is_told_with_who_where_and_what_it_said(stack: Stack) -> None:
    with pytest.raises(
        DemoError, match=r"Prometheus at http://\S+ answers 503: the query log is full; kubectl"
    ):
        await stack.query("down")


async def test_a_wait_that_was_in_vain_tells_what_was_wanted_and_what_was_said() -> None:
    async def is_so() -> bool:
        raise DemoError("Prometheus does not answer", remedy="look at it")

    with pytest.raises(DemoError, match=r"no figures within 0 s: Prometheus does not answer; kubectl"):
        await failover.wait(is_so, 0.0, "no figures")


async def test_a_wait_ends_with_what_it_waits_for() -> None:
    async def is_so() -> bool:
        return True

    async with asyncio.timeout(10):
        await failover.wait(is_so, 0.0, "no figures")
