"""Each way into NATS, on real servers: for the connection that carries ticks, and for nats-py's two.

On uvloop, as the gateway runs: TLS is started differently there than by asyncio's own loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import uvloop

from mds_gateway.adapters.nats.arriving import ArrivalError, check_way_in
from mds_gateway.adapters.nats.connection import ConnectRefusedError, PublishConnection
from mds_gateway.adapters.nats.control import Control
from mds_gateway.domain.framing import FenceHead, TickParcel
from mds_gateway.domain.ticks import FinishedTick
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.kit import nats_kinds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from mds_gateway.adapters.nats.parsing import Incoming
    from tests.kit.nats_server import NatsServer

STREAM = {
    "name": "MD",
    "subjects": ["md.>", "mds.fence.*.*"],
    "storage": "memory",
    "allow_msg_ttl": True,
}
TICK = FinishedTick(b"md.SHFE.rb2701", (1, 1), b"identity", b"{}", 1, 1, snapshot=False)
WITHIN_S = 20.0  # the end of a test that hangs, never a claim about speed


@dataclass(frozen=True, slots=True)
class Place:
    """A running server, and what leads into it."""

    server: NatsServer
    access: Access


@contextmanager
def open_place(kind: str, folder: Path) -> Iterator[Place]:
    given: dict[str, Any] = {}
    config, scheme = "", "nats"
    if "user" in kind:
        config = nats_kinds.USERS
        given |= {"user": "admin", "password": "n-admin"}
    if "token" in kind:
        config = 'authorization { token: "t-Q9xJp4" }\n'
        given |= {"token": "t-Q9xJp4"}
    if "creds" in kind:
        world = nats_kinds.make_jwt_world()
        (folder / "user.creds").write_bytes(world.creds)
        config = world.config
        given |= {"credentials_file": folder / "user.creds"}
    if "TLS" in kind:
        nats_kinds.make_certificates(folder)
        config, scheme = config + nats_kinds.tls_config(folder), "tls"
        given["ca_file"] = folder / "ca.crt"
    with nats_kinds.running(folder, config) as server:
        yield Place(server, Access(parse_servers(f"{scheme}://127.0.0.1:{server.port}"), **given))


KINDS = (
    "nothing",
    "user and password",
    "token",
    "creds file",
    "TLS",
    "TLS, user and password",
    "TLS, creds file",
)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with open_place(request.param, tmp_path) as found:
        yield found


def run[T](work: Callable[[], Awaitable[T]]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(4 * WITHIN_S):
            return await work()

    return uvloop.run(bounded())


def test_a_tick_is_acknowledged(place: Place) -> None:
    async def work(control: Control) -> Incoming:
        await control.client.request("$JS.API.STREAM.CREATE.MD", json.dumps(STREAM).encode())
        fence = await control.js.publish("mds.fence.desk.all", b"{}")
        heard: asyncio.Queue[Incoming] = asyncio.Queue()
        connection = await PublishConnection.open(
            place.access, heard.put_nowait, lambda _: None, name="test", timeout_s=WITHIN_S
        )
        connection.send(1, FenceHead("ctp-a", 1, b"mds.fence.desk.all", fence.seq), TickParcel([TICK]), 1)
        incoming = await heard.get()
        connection.close("done")
        return incoming

    assert run(lambda: _with_control(place.access, work)).stored == {1: 1}


def test_heartbeats_and_requests_come_back_after_the_server_did(place: Place) -> None:
    async def work(control: Control) -> bytes:
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        await control.listen_to_hearts("beat", lambda _, body: heard.put_nowait(body))
        await control.heart.flush()
        await asyncio.to_thread(place.server.stop)
        await asyncio.to_thread(place.server.start)
        while heard.empty():
            await control.beat("beat", b"here")
            await asyncio.sleep(0.05)
        return await heard.get()

    assert run(lambda: _with_control(place.access, work)) == b"here"


def test_a_lost_server_is_said_once(place: Place) -> None:
    async def work() -> list[str]:
        lost: asyncio.Queue[str] = asyncio.Queue()
        connection = await PublishConnection.open(
            place.access, lambda _: None, lost.put_nowait, name="test", timeout_s=WITHIN_S
        )
        await asyncio.to_thread(place.server.stop)
        first = await lost.get()
        connection.close("too late")
        return [first, *(lost.get_nowait() for _ in range(lost.qsize()))]

    assert len(run(work)) == 1


# --- what must not work

REFUSED = [
    pytest.param(
        "user and password", {"password": "n-wrong"}, "Authorization Violation", id="a wrong password"
    ),
    pytest.param("token", {"token": "t-wrong"}, "Authorization Violation", id="a wrong token"),
    pytest.param("creds file", {"credentials_file": None}, "Authorization Violation", id="no creds file"),
    pytest.param("TLS", {"ca_file": None}, "certificate verify failed", id="an unknown authority"),
]


@pytest.mark.parametrize(("kind", "changed", "said"), REFUSED)
def test_a_refusal_is_final_and_says_why(
    kind: str, changed: dict[str, object], said: str, tmp_path: Path
) -> None:
    with open_place(kind, tmp_path) as place, pytest.raises(ConnectRefusedError, match=said) as refused:
        run(lambda: _open(replace(place.access, **changed)))  # type: ignore[arg-type] # one field each

    assert refused.value.is_final


def test_a_creds_file_of_another_operator_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.creds").write_bytes(nats_kinds.make_jwt_world().creds)
    with open_place("creds file", tmp_path) as place:
        access = replace(place.access, credentials_file=tmp_path / "other.creds")
        with pytest.raises(ArrivalError, match=r"takes no connection: .*Authorization Violation"):
            run(lambda: check_way_in(access, "test", WITHIN_S))


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    with open_place("TLS", tmp_path) as place:
        elsewhere = urlsplit(f"tls://localhost:{place.server.port}")
        with pytest.raises(ConnectRefusedError, match="Hostname mismatch"):
            run(lambda: _open(replace(place.access, servers=(elsewhere,))))


def test_tls_is_not_given_up_where_the_server_has_none(tmp_path: Path) -> None:
    with open_place("nothing", tmp_path) as place:
        access = Access(parse_servers(f"tls://127.0.0.1:{place.server.port}"))
        with pytest.raises(ConnectRefusedError, match="offers no TLS"):
            run(lambda: _open(access))


def test_the_second_server_serves_where_the_first_is_away(tmp_path: Path) -> None:
    with open_place("nothing", tmp_path) as place:
        access = Access(parse_servers(f"nats://127.0.0.1:1,{place.server.url}"))

        assert run(lambda: _open(access)).server["jetstream"] is True


def test_a_server_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    with open_place("nothing", tmp_path) as place:
        place.server.stop()

        async def work() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(check_way_in(place.access, "test", WITHIN_S))
                await asyncio.sleep(0.3)
                await asyncio.to_thread(place.server.start)

        run(work)


def test_a_server_that_hangs_ends_the_try_and_not_the_task() -> None:
    with nats_kinds.stuck_server() as server, pytest.raises(ConnectRefusedError, match="does not answer"):
        run(lambda: _open(Access(parse_servers(server.url)), timeout_s=3.0))


# --- JetStream that is not up yet

UNAVAILABLE = (
    b'{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}'
)
NOT_FOR_ACCOUNT = b'{"error":{"code":503,"err_code":10039,"description":"JetStream not enabled for account"}}'
NOT_ENABLED = b'{"error":{"code":503,"err_code":10076,"description":"JetStream not enabled"}}'
SERVES = b'{"type":"io.nats.jetstream.api.v1.account_info_response"}'
SILENCE = None


class SlowServer:
    """Speaks just enough NATS for a client, and answers questions for JetStream as it is told, in turn."""

    def __init__(self, *answers: bytes | None) -> None:
        self.asked = 0
        self._answers = list(answers)
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Access:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return Access(parse_servers(f"nats://127.0.0.1:{port}"))

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.gather(*self._serving)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"S","version":"2.12.0","headers":true,"max_payload":1048576}\r\n')
        inboxes: dict[bytes, bytes] = {}
        with contextlib.suppress(ConnectionError):
            await self._talk(reader, writer, inboxes)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, inboxes: dict[bytes, bytes]
    ) -> None:
        while line := await reader.readline():
            verb, *fields = line.split()
            if verb == b"PING":
                writer.write(b"PONG\r\n")
            elif verb == b"SUB":
                inboxes[fields[0].removesuffix(b"*")] = fields[-1]
            elif verb == b"PUB":
                await reader.readline()
                self._answer(writer, inboxes, reply=fields[1])

    def _answer(self, writer: asyncio.StreamWriter, inboxes: dict[bytes, bytes], reply: bytes) -> None:
        body = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if body is not None:
            number = next(number for inbox, number in inboxes.items() if reply.startswith(inbox))
            writer.write(b"MSG %b %b %d\r\n%b\r\n" % (reply, number, len(body), body))


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([SILENCE, SILENCE], id="no answer for longer than one request waits"),
        pytest.param([UNAVAILABLE] * 3, id="no leader yet"),
    ],
)
def test_jetstream_that_comes_late_is_waited_for(before: list[bytes | None]) -> None:
    server = SlowServer(*before, SERVES)

    async def work() -> None:
        async with server as access:
            await _with_control(access, _nothing)

    run(work)
    assert server.asked == len(before) + 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(NOT_FOR_ACCOUNT, "JetStream not enabled for account", id="not for this account"),
        pytest.param(NOT_ENABLED, "JetStream not enabled", id="not on this server"),
    ],
)
def test_jetstream_that_is_not_enabled_is_final(answer: bytes, said: str) -> None:
    server = SlowServer(answer)

    async def work() -> None:
        async with server as access:
            await Control.open(access, "test", WITHIN_S)

    with pytest.raises(ArrivalError, match=f"refuses JetStream to this user's account: {said}"):
        run(work)
    assert server.asked == 1


def test_jetstream_that_never_comes_ends_the_start_with_what_it_said() -> None:
    server = SlowServer(UNAVAILABLE)

    async def work() -> None:
        async with server as access:
            await Control.open(access, "test", timeout_s=1.0)

    with pytest.raises(ArrivalError, match=r"did not serve JetStream within 1 s: .*temporarily unavailable"):
        run(work)
    assert server.asked > 1


async def _nothing(_: Control) -> None:
    """It is open: that is all."""


async def _open(access: Access, timeout_s: float = WITHIN_S) -> PublishConnection:
    connection = await PublishConnection.open(
        access, lambda _: None, lambda _: None, name="test", timeout_s=timeout_s
    )
    connection.close("seen")
    return connection


async def _with_control[T](access: Access, work: Callable[[Control], Awaitable[T]]) -> T:
    control = await Control.open(access, "test", WITHIN_S)
    try:
        return await work(control)
    finally:
        await control.close()
