"""What JetStream's API says of streams, consumers and the account, on a real server."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.adapters.nats import inspecting
from mds_operator.adapters.nats.inspecting import inspect_storage, inspect_streams, list_consumers
from mds_operator.adapters.nats.link import LinkError
from mds_operator.adapters.nats.streams import ensure_streams
from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import DEFAULT
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.operator.running import connected, until
from tests.kit import nats_kinds

if TYPE_CHECKING:
    from pathlib import Path

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link
    from mds_operator.domain.nats_seen import ConsumerState
    from tests.kit.nats_server import NatsServer

SMALL = TickStream(max_bytes=1 << 24)


@pytest.fixture
async def md(link: Link) -> Link:
    await ensure_streams(link, build_all(SMALL, DEFAULT))
    return link


async def make_consumer(link: Link, name: str, **config: Any) -> None:
    wish = {"durable_name": name, "ack_policy": "explicit", "mem_storage": True} | config
    await link.ask_jetstream(f"CONSUMER.DURABLE.CREATE.MD.{name}", {"stream_name": "MD", "config": wish})


# --- streams


async def test_a_stream_says_what_stands_in_it_and_how_much_may(md: Link) -> None:
    sequence = [await md.store("md.SHFE.rb2701", b"a tick") for _ in range(3)][-1]

    found = (await inspect_streams(md, ["MD"], time.monotonic))["MD"]

    assert found is not None
    assert (found.messages, found.last_sequence, found.limit_bytes) == (3, sequence, SMALL.max_bytes)
    assert (found.max_age_s, found.replicas, found.replicas_behind) == (SMALL.max_age_s, 1, 0)
    assert found.fill == found.size_bytes / SMALL.max_bytes
    assert found.leader
    assert found.oldest_age_s is not None
    assert found.seen_at <= time.monotonic()


async def test_all_streams_of_an_installation_answer_and_one_that_is_missing_does_too(md: Link) -> None:
    names = [config["name"] for config in build_all(SMALL, DEFAULT)]

    found = await inspect_streams(md, [*names, "GONE"], time.monotonic)

    assert found.keys() == {*names, "GONE"}
    assert [name for name, each in found.items() if each is None] == ["GONE"]


async def test_without_nats_nothing_is_said_of_a_stream(nats_server: NatsServer, md: Link) -> None:
    nats_server.stop()
    await until(lambda: not md.is_connected)

    assert await inspect_streams(md, ["MD"], time.monotonic) == {}


# --- consumers


async def test_a_consumer_that_stopped_has_pending_messages_and_one_that_never_acks_redelivers(
    md: Link,
) -> None:
    await make_consumer(md, "stopped")
    await make_consumer(md, "deaf", ack_wait=1_000_000, deliver_subject="deaf")

    async def ignore(_: Msg) -> None: ...

    await md.subscribe("deaf", ignore)
    await md.store("md.SHFE.rb2701", b"a tick")

    async def read() -> dict[str, ConsumerState]:
        return {each.name: each for each in await list_consumers(md, "MD")}

    found = await read()
    while not found["deaf"].redelivered:
        await asyncio.sleep(0.01)
        found = await read()
    assert (found["stopped"].pending, found["stopped"].ack_pending) == (1, 0)
    assert (found["deaf"].pending, found["deaf"].ack_pending, found["deaf"].redelivered) == (0, 1, 1)
    assert found["deaf"].is_durable


async def test_more_consumers_than_a_page_are_each_read_once(md: Link) -> None:
    names = {f"c{number:03}" for number in range(300)}
    await asyncio.gather(*(make_consumer(md, name) for name in names))

    found = await list_consumers(md, "MD")

    assert len(found) == 300
    assert {each.name for each in found} == names


async def test_pages_are_bounded(md: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "PAGES", 1)
    await asyncio.gather(*(make_consumer(md, f"c{number:03}") for number in range(300)))

    assert len(await list_consumers(md, "MD")) == 256


async def test_the_consumers_of_a_stream_that_is_missing_are_an_error(link: Link) -> None:
    with pytest.raises(LinkError):
        await list_consumers(link, "MD")


# --- the account


async def test_the_account_says_what_it_has_on_disk_and_may_have(tmp_path: Path) -> None:
    limits = "max_file: 64000000, max_mem: 1000000"
    config = (
        f"accounts {{ MDS {{ jetstream: {{{limits}}}, users: [{{user: operator, password: n-operator}}] }} }}"
    )
    with nats_kinds.running(tmp_path, config) as server:
        access = Access(parse_servers(server.url), user="operator", password="n-operator")
        async with connected(access, "test") as link:
            await ensure_streams(link, build_all(SMALL, DEFAULT)[:1])
            await link.store("md.SHFE.rb2701", b"a tick")

            found = await inspect_storage(link, time.monotonic)

    assert found.storage_bytes > 0
    assert (found.storage_limit_bytes, found.memory_limit_bytes) == (64_000_000, 1_000_000)


async def test_an_account_without_limits_has_none(md: Link) -> None:
    found = await inspect_storage(md, time.monotonic)

    assert (found.storage_limit_bytes, found.memory_limit_bytes) == (None, None)
