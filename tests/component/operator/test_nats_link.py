"""A link that is always on its way back: server late, restarted, or saying no for a while."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import uvloop

from mds_operator.adapters.nats.link import Link, LinkError, NoAnswerError
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.operator.running import connected, running, until
from tests.kit import nats_kinds
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from pathlib import Path

    from nats.aio.msg import Msg

CONFIG = """
authorization {{ users: [
  {{user: operator, password: {password}}},
  {{user: admin, password: n-admin}},
] }}
"""


def make_server(folder: Path, password: str) -> NatsServer:
    (folder / "nats.conf").write_text(CONFIG.format(password=password))
    return NatsServer(folder, "--config", str(folder / "nats.conf"))


def access_to(server: NatsServer) -> Access:
    return Access(parse_servers(server.url), user="operator", password="n-right")


async def test_a_server_that_comes_later_is_reached(tmp_path: Path) -> None:
    server = NatsServer(tmp_path)
    link = Link(Access(parse_servers(server.url)), "test")
    async with running(link.run()):
        await until(lambda: link.trouble is not None and "not connected yet" not in link.trouble)
        assert server.url in (link.trouble or "")
        with pytest.raises(LinkError):
            await link.publish("x", b"")

        server.start()
        await until(lambda: link.is_connected)
        assert link.trouble is None
        server.stop()


async def test_a_refused_password_is_told_and_tried_again(tmp_path: Path) -> None:
    server = make_server(tmp_path, "n-other").start()
    link = Link(access_to(server), "test")
    async with running(link.run()):
        await until(lambda: "authorization" in (link.trouble or "").lower())
        assert "n-right" not in (link.trouble or "")
        server.stop()
        make_config_right(tmp_path)
        server.start()
        await until(lambda: link.is_connected)
        server.stop()


def make_config_right(folder: Path) -> None:
    (folder / "nats.conf").write_text(CONFIG.format(password="n-right"))


async def test_a_client_that_the_server_ended_for_good_is_replaced_with_its_subscriptions(
    tmp_path: Path,
) -> None:
    server = make_server(tmp_path, "n-right").start()
    heard: list[bytes] = []

    async def note(message: Msg) -> None:  # nats-py takes coroutines alone
        heard.append(message.data)

    async with connected(access_to(server), "test") as link:
        await link.subscribe("news", note)
        (tmp_path / "nats.conf").write_text(CONFIG.format(password="n-other"))
        server.stop()
        server.start()
        await until(lambda: "authorization" in (link.trouble or "").lower())
        make_config_right(tmp_path)
        server.stop()
        server.start()
        await until(lambda: link.is_connected)
        await link.publish("news", b"again")
        await until(lambda: heard == [b"again"])
    server.stop()


async def test_nothing_is_kept_to_be_sent_later(nats_server: NatsServer, link: Link) -> None:
    heard: list[bytes] = []

    async def note(message: Msg) -> None:
        heard.append(message.data)

    await link.subscribe("news", note)
    nats_server.stop()
    await until(lambda: not link.is_connected)
    with pytest.raises(LinkError):
        await link.publish("news", b"old")
    nats_server.start()
    await until(lambda: link.is_connected)
    await link.publish("news", b"new")

    await until(lambda: heard == [b"new"])


async def test_a_connection_that_came_back_is_another_one(nats_server: NatsServer, link: Link) -> None:
    before = link.connections
    nats_server.stop()
    await until(lambda: not link.is_connected)
    nats_server.start()
    await until(lambda: link.is_connected)

    await until(lambda: link.connections == before + 1)


async def test_where_nobody_answers_it_says_so(link: Link) -> None:
    with pytest.raises(LinkError, match="nobody answers"):
        await link.request("nobody.there")


async def test_an_answer_that_does_not_come_leaves_it_open(link: Link) -> None:
    async def say_nothing(_: Msg) -> None: ...

    await link.subscribe("silent", say_nothing)

    with pytest.raises(NoAnswerError):
        await link.request("silent", timeout_s=0.1)


async def test_a_defect_in_a_listener_is_logged(link: Link, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: Msg) -> None:
        raise ZeroDivisionError

    await link.subscribe("news", fail)
    await link.publish("news", b"")

    await until(lambda: any(record.exc_info for record in caplog.records))


async def test_a_link_that_ends_says_nothing_of_a_loss(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(Access(parse_servers(nats_server.url)), "test"):
        caplog.clear()
    await asyncio.sleep(0)

    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []


CREDS = "-----BEGIN NATS USER JWT-----\n{}\n------\n-----BEGIN USER NKEY SEED-----\n{}\n------\n"


BROKEN_CREDS = [
    pytest.param(CREDS.format("x", "y"), id="nonsense"),
    pytest.param(CREDS.format("", ""), id="no values"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("content", BROKEN_CREDS)
async def test_a_creds_file_that_is_none_is_trouble_and_no_end(content: str, tmp_path: Path) -> None:
    world = nats_kinds.make_jwt_world()
    path = tmp_path / "user.creds"
    path.write_text(content)
    with nats_kinds.running(tmp_path / "server", world.config) as server:
        link = Link(Access(parse_servers(server.url), credentials_file=path), "test")
        async with running(link.run()):
            await until(lambda: link.trouble != "not connected yet")
            path.write_bytes(world.creds)
            await until(lambda: link.is_connected)


KINDS = ("user", "token", "creds", "TLS")


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_of_credentials_leads_in(kind: str, tmp_path: Path) -> None:
    given: dict[str, object] = {}
    config, scheme = "", "nats"
    match kind:
        case "user":
            config, given = nats_kinds.USERS, {"user": "admin", "password": "n-admin"}
        case "token":
            config, given = 'authorization { token: "t-Q9xJp4" }\n', {"token": "t-Q9xJp4"}
        case "creds":
            world = nats_kinds.make_jwt_world()
            (tmp_path / "user.creds").write_bytes(world.creds)
            config, given = world.config, {"credentials_file": tmp_path / "user.creds"}
        case _:
            nats_kinds.make_certificates(tmp_path)
            config, scheme = nats_kinds.tls_config(tmp_path), "tls"
            given = {"ca_file": tmp_path / "ca.crt"}
    with nats_kinds.running(tmp_path, config) as server:
        access = Access(parse_servers(f"{scheme}://127.0.0.1:{server.port}"), **given)  # type: ignore[arg-type] # fields by name
        async with connected(access, "test") as link:
            assert "streams" in await link.ask_jetstream("INFO")


# --- what it tells of the server


async def test_the_certificates_end_is_read_from_the_connection_that_stands(tmp_path: Path) -> None:
    nats_kinds.make_certificates(tmp_path)
    certificate = (tmp_path / "server.crt").read_text()
    with nats_kinds.running(tmp_path, nats_kinds.tls_config(tmp_path)) as server:
        access = Access(parse_servers(f"tls://127.0.0.1:{server.port}"), ca_file=tmp_path / "ca.crt")
        async with connected(access, "test") as link:
            assert link.certificate_expires_at == read_end(certificate)


def read_end(certificate: str) -> float:
    """As openssl prints it: `notAfter=Dec  1 02:00:00 2026 GMT`."""
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate"],  # noqa: S607 - the machine's
        input=certificate, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    end = datetime.strptime(said.strip().removeprefix("notAfter="), "%b %d %H:%M:%S %Y GMT")  # noqa: DTZ007 - its zone is no %Z
    return end.replace(tzinfo=UTC).timestamp()


def test_the_same_is_so_on_the_operators_own_loop(tmp_path: Path) -> None:
    """uvloop starts TLS by itself."""
    nats_kinds.make_certificates(tmp_path)

    async def work(url: str) -> float | None:
        access = Access(parse_servers(url), ca_file=tmp_path / "ca.crt")
        async with connected(access, "test") as link:
            return link.certificate_expires_at

    with nats_kinds.running(tmp_path, nats_kinds.tls_config(tmp_path)) as server:
        found = uvloop.run(work(f"tls://127.0.0.1:{server.port}"))

    assert found == read_end((tmp_path / "server.crt").read_text())


async def test_without_tls_there_is_no_certificate(link: Link) -> None:
    assert link.certificate_expires_at is None


async def test_while_it_is_away_there_is_none_and_no_round_trip() -> None:
    link = Link(Access(parse_servers("nats://127.0.0.1:1")), "test")

    assert link.certificate_expires_at is None
    with pytest.raises(LinkError):
        await link.measure_round_trip()


async def test_a_round_trip_takes_a_time(link: Link) -> None:
    assert await link.measure_round_trip() > 0


async def test_an_answer_that_comes_too_late_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = NatsServer(tmp_path).start()
    async with connected(Access(parse_servers(server.url)), "test") as link:
        os.kill(server.pid, signal.SIGSTOP)
        with pytest.raises(NoAnswerError):
            await link.measure_round_trip(timeout_s=0.05)
        os.kill(server.pid, signal.SIGCONT)

        assert await link.measure_round_trip(timeout_s=60.0) > 0
    server.stop()
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_a_connection_is_renewed_with_its_subscriptions_and_without_a_complaint(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[bytes] = []

    async def note(message: Msg) -> None:
        heard.append(message.data)

    await link.subscribe("news", note)
    link.renew()
    await until(lambda: link.connections == 2)
    await link.publish("news", b"new")

    await until(lambda: heard == [b"new"])
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []
