"""The rendered configuration in a real nats-server: it starts, holds the streams, and lets nobody do more."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import Subjects
from tests.component.chart.embedded import connected, password_of, render_files, running
from tests.kit.nats_server import create_streams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.component.chart.rendering import Helm
    from tests.kit.nats_server import NatsServer

GATEWAY_PAGE = Path(__file__).parents[3] / "docs" / "gateway.md"
REPLY_S = 60  # the end of a test that hangs, never a claim about speed
USERS = ("operator", "gateway", "reader")


@pytest.fixture(scope="module")
def files(helm: Helm) -> dict[str, str]:
    return render_files(helm)


@pytest.fixture(scope="module")
def server(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with running(files, tmp_path_factory.mktemp("nats")) as server:
        asyncio.run(_fill(server))
        yield server


async def _fill(server: NatsServer) -> None:
    async with connected(server, "operator") as client:
        await create_streams(client, build_all(TickStream(), Subjects("mds")))
        js = client.jetstream(timeout=REPLY_S)
        for subject in (
            "md.SHFE.rb2701",
            "mds.last.md.SHFE.rb2701",
            "mds.event.desk.gap.all",
            "$KV.mds-routes.desk.all",
        ):
            await js.publish(subject, b"{}")


@dataclass(frozen=True, slots=True)
class Try:
    """Something that a user does, and whether it may."""

    user: str
    how: str  # publish or subscribe
    subject: str
    allowed: bool

    @property
    def line(self) -> str:
        return f"PUB {self.subject} 1\r\nx" if self.how == "publish" else f"SUB {self.subject} 1"


def _tries(user: str, how: str, *subjects: str, allowed: bool) -> list[Try]:
    return [Try(user, how, subject, allowed) for subject in subjects]


TRIES = [
    *_tries("operator", "publish", "mds.fence.desk.all", "$JS.API.STREAM.PURGE.X", allowed=True),
    *_tries("operator", "subscribe", "mds.heartbeat.>", "mds.rpc.>", allowed=True),
    *_tries("gateway", "publish", "md.SHFE.rb2701", "mds.fence.desk.all", allowed=True),
    *_tries("gateway", "publish", "mds.last.md.SHFE.rb2701", allowed=True),
    *_tries("gateway", "publish", "mds.heartbeat.desk.ctp-a", "mds.event.desk.gap.all", allowed=True),
    *_tries("gateway", "publish", "$KV.mds-routes.desk.all", "$KV.mds-contracts.CTP.x", allowed=True),
    *_tries("gateway", "publish", "$KV.mds-feeds.desk.ctp-a", "mds.rpc.desk.ctp-a.health", allowed=False),
    *_tries("gateway", "publish", "live.md.SHFE.rb2701", "$SYS.REQ.SERVER.PING", allowed=False),
    *(
        Try("gateway", "publish", f"$JS.API.STREAM.{verb}.MD", allowed=False)
        for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE", "RESTORE", "SNAPSHOT")
    ),
    *_tries("gateway", "subscribe", "mds.heartbeat.>", "mds.rpc.desk.ctp-a.*", allowed=True),
    *_tries("gateway", "subscribe", "md.>", "$SYS.>", allowed=False),
    *_tries("reader", "subscribe", "live.md.SHFE.*", "mds.heartbeat.desk.*", "mds.event.>", allowed=True),
    *_tries("reader", "subscribe", "md.>", "mds.last.>", "mds.rpc.>", ">", allowed=False),
    *_tries("reader", "publish", "mds.rpc.desk._active.health", allowed=True),
    *_tries("reader", "publish", "md.SHFE.rb2701", "mds.fence.desk.all", allowed=False),
    *_tries("reader", "publish", "mds.last.md.SHFE.rb2701", allowed=False),
    *_tries("reader", "publish", "mds.heartbeat.desk.ctp-a", "$KV.mds-routes.desk.all", allowed=False),
    *_tries("reader", "publish", "$JS.API.STREAM.DELETE.MD", "$JS.API.STREAM.CREATE.X", allowed=False),
]


class RawClient:
    """Speaks the protocol itself: the server answers in order, so a refusal comes before the PONG."""

    def __init__(self, port: int, login: dict[str, str]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_S)
        self._socket.sendall(b"CONNECT " + json.dumps(login | {"verbose": False}).encode() + b"\r\n")

    def ask(self, what: str) -> bytes:
        """What the server says to these lines."""
        self._socket.sendall(what.encode() + b"\r\nPING\r\n")
        return self.hear()

    def hear(self) -> bytes:
        """What it says, up to its PONG or its end."""
        said = b""
        while not said.endswith(b"PONG\r\n") and (more := self._socket.recv(65536)):
            said += more
        return said

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("user", USERS)
def test_each_user_may_do_what_the_page_says_and_no_more(server: NatsServer, user: str) -> None:
    tries = [item for item in TRIES if item.user == user]
    with closing(RawClient(server.port, {"user": user, "pass": password_of(user)})) as client:
        # Plain messages: what JetStream would carry out, had it been a request, is not carried out.
        said = [client.ask(item.line) for item in tries]

    seen = [b"-ERR 'Permissions Violation" not in answer for answer in said]
    assert seen == [item.allowed for item in tries], said


def test_without_a_password_nobody_gets_in(server: NatsServer) -> None:
    with closing(RawClient(server.port, {})) as client:
        assert b"-ERR 'Authorization Violation'" in client.hear()


async def test_a_reader_reads_ticks_the_snapshot_and_routes(server: NatsServer) -> None:
    async with connected(server, "reader") as client:
        js = client.jetstream(timeout=REPLY_S)
        for subject, stream in (
            ("md.>", "MD"),
            ("mds.last.>", "MD"),
            ("md.>", "MD-LAST"),
            ("mds.event.>", "MDS-EVENTS"),
            ("$KV.mds-routes.>", "KV_mds-routes"),
        ):
            following = await js.subscribe(subject, stream=stream, ordered_consumer=True)
            assert (await following.next_msg(REPLY_S)).data


async def test_the_streams_of_the_values_fit_into_the_store(server: NatsServer) -> None:
    async with connected(server, "operator") as client:
        reply = await client.request("$JS.API.STREAM.INFO.MD", b"", timeout=REPLY_S)

    assert json.loads(reply.data)["config"]["max_bytes"] == TickStream().max_bytes


def test_a_gateway_may_publish_and_subscribe_what_its_page_says(files: dict[str, str]) -> None:
    page = re.search(r"begin: permissions -->\n(.*?)\n<!-- end", GATEWAY_PAGE.read_text(), re.DOTALL)
    assert page
    may = {
        row[1]: set(re.findall(r"`([^`]+)`", row[2])) for row in re.finditer(r"\| (\w+) \| (.*) \|", page[1])
    }
    ours = files["auth.conf"].partition('user: "gateway"')[2].partition('user: "reader"')[0]

    assert may["publish"] == _quoted(ours, "allow: [", "]")
    assert may["subscribe"] == _quoted(ours, "subscribe: [", "]")


def _quoted(text: str, begin: str, end: str) -> set[str]:
    found: Any = text.partition(begin)[2].partition(end)[0]
    return set(re.findall(r'"([^"]+)"', found))
