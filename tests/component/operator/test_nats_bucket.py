"""A bucket in memory against its stream: followed, written by compare-and-set, lost and made anew."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.adapters.nats.bucket import Bucket, Entry, Lost, Unchanged, Unknown, Written
from mds_operator.adapters.nats.link import Link, LinkError
from mds_protocol.wire.streams import build_bucket
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.operator.running import connected, running, until
from tests.kit.tcp_proxy import Held, HoldingProxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.kit.nats_server import NatsServer

NAME = "mds-routes"
STREAM = f"KV_{NAME}"
KEY = "desk.all"


@dataclass(slots=True)
class Seen:
    keys: list[str] = field(default_factory=list)


async def make_stream(link: Link) -> None:
    await link.ask_jetstream(f"STREAM.CREATE.{STREAM}", build_bucket(NAME))


@asynccontextmanager
async def following(link: Link) -> AsyncIterator[tuple[Bucket, Seen]]:
    seen = Seen()
    bucket = Bucket(link, NAME, seen.keys.append)
    async with running(bucket.run()):
        await until(lambda: bucket.is_complete)
        yield bucket, seen


@pytest.fixture
async def writer(link: Link) -> Bucket:
    """Another process, which does not follow."""
    await make_stream(link)
    return Bucket(link, NAME, lambda _: None)


async def write(bucket: Bucket, key: str, value: bytes, over: int | None = None) -> int:
    outcome = await bucket.compare_and_set(key, value, over)
    assert isinstance(outcome, Written)
    return outcome.revision


# --- following


async def test_what_is_there_and_what_comes_is_known(link: Link, writer: Bucket) -> None:
    await write(writer, "desk.a", b"1")
    async with following(link) as (bucket, seen):
        assert bucket.entries == {"desk.a": Entry(b"1", 1)}

        await write(writer, "desk.b", b"2")
        await until(lambda: "desk.b" in bucket.entries)

    assert seen.keys == ["desk.a", "desk.b"]


async def test_a_watch_alone_brings_news(link: Link, writer: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = asyncio.Event()

    async def stop() -> None:
        """Asked for when the comparison before has ended."""
        stopped.set()
        await asyncio.get_running_loop().create_future()

    async with following(link) as (bucket, _):
        monkeypatch.setattr(bucket, "compare", stop)
        await until(stopped.is_set)
        await write(writer, KEY, b"1")
        await until(lambda: KEY in bucket.entries)


async def test_comparing_alone_brings_news(link: Link, writer: Bucket) -> None:
    seen = Seen()
    bucket = Bucket(link, NAME, seen.keys.append)
    first = await write(writer, "desk.a", b"1")
    await bucket.compare()
    await write(writer, "desk.a", b"2", over=first)
    await write(writer, "desk.b", b"3")

    await bucket.compare()

    assert {key: entry.value for key, entry in bucket.entries.items()} == {"desk.a": b"2", "desk.b": b"3"}
    assert seen.keys == ["desk.a", "desk.a", "desk.b"]


async def test_a_deleted_key_is_gone_and_can_come_again(link: Link, writer: Bucket) -> None:
    revision = await write(writer, KEY, b"1")
    async with following(link) as (bucket, seen):
        await writer.delete(KEY, revision)
        await until(lambda: KEY not in bucket.entries)
        assert isinstance(await bucket.compare_and_set(KEY, b"2", None), Written)

    assert bucket.entries[KEY].value == b"2"
    assert seen.keys == [KEY, KEY, KEY]


async def test_a_key_that_was_purged_without_a_word_is_gone(link: Link, writer: Bucket) -> None:
    await write(writer, "desk.a", b"1")
    await write(writer, "desk.b", b"1")
    async with following(link) as (bucket, _):
        await link.ask_jetstream(f"STREAM.PURGE.{STREAM}", {"filter": f"$KV.{NAME}.desk.a"})
        await until(lambda: set(bucket.entries) == {"desk.b"})


async def test_a_bucket_that_was_lost_and_made_anew_is_read_anew(link: Link, writer: Bucket) -> None:
    for number in range(5):
        await write(writer, f"desk.a{number}", b"old")
    async with following(link) as (bucket, _):
        await link.ask_jetstream(f"STREAM.DELETE.{STREAM}")
        await make_stream(link)
        await write(Bucket(link, NAME, lambda _: None), "desk.a0", b"new")

        await until(lambda: bucket.entries == {"desk.a0": Entry(b"new", 1)})


async def test_a_bucket_that_is_made_later_is_found(link: Link) -> None:
    bucket = Bucket(link, NAME, lambda _: None)
    async with running(bucket.run()):
        with pytest.raises(LinkError, match="does not exist yet"):
            await bucket.compare()
        assert not bucket.is_complete

        await make_stream(link)
        await until(lambda: bucket.is_complete)


async def test_a_server_that_restarts_is_followed_again(
    link: Link, writer: Bucket, nats_server: NatsServer
) -> None:
    await write(writer, "desk.a", b"1")
    async with following(link) as (bucket, _):
        nats_server.stop()
        await until(lambda: not link.is_connected)
        nats_server.start()
        await until(lambda: link.is_connected)
        await write(writer, "desk.b", b"2")
        await until(lambda: set(bucket.entries) == {"desk.a", "desk.b"})


# --- writing


async def test_of_two_writers_one_is_refused(link: Link, writer: Bucket) -> None:
    revision = await write(writer, KEY, b"1")
    await write(writer, KEY, b"2", over=revision)

    assert isinstance(await Bucket(link, NAME, lambda _: None).compare_and_set(KEY, b"3", revision), Lost)
    assert isinstance(await Bucket(link, NAME, lambda _: None).compare_and_set(KEY, b"3", None), Lost)
    assert await writer.read_leader(KEY) == Entry(b"2", 2)


class LateLink(Link):
    """Another's write is known before the answer to our own, older one comes."""

    __slots__ = ()

    async def ask_jetstream(self, *_: object, **__: object) -> dict[str, Any]:
        newer = base64.b64encode(b"newer").decode()
        at = "2026-11-28T01:02:03Z"
        return {"message": {"subject": f"$KV.{NAME}.{KEY}", "data": newer, "seq": 2, "time": at}}

    async def store(self, *_: object, **__: object) -> int:
        return 1


async def test_what_is_older_does_not_replace_what_is_newer() -> None:
    bucket = Bucket(LateLink(Access(()), "late"), NAME, lambda _: None)
    await bucket.read_leader(KEY)

    assert await bucket.compare_and_set(KEY, b"older", None) == Written(1)
    assert bucket.entries == {KEY: Entry(b"newer", 2)}


async def test_the_same_value_is_not_written_again(writer: Bucket) -> None:
    first = await writer.put_if_changed(KEY, b"1")
    second = await writer.put_if_changed(KEY, b"1")
    third = await writer.put_if_changed(KEY, b"2")

    assert (first, second, third) == (Written(1), Unchanged(1), Written(2))


async def test_a_key_that_is_not_there_is_none(writer: Bucket) -> None:
    assert await writer.read_leader(KEY) is None


async def test_a_write_without_an_answer_is_unknown_and_the_leader_tells(
    nats_server: NatsServer, writer: Bucket
) -> None:
    async with (
        HoldingProxy(nats_server.port) as proxy,
        connected(Access(parse_servers(proxy.url)), "held") as held,
    ):
        bucket = Bucket(held, NAME, lambda _: None)
        await write(bucket, KEY, b"1")
        proxy.hold(Held.BOTH)
        outcome = await bucket.compare_and_set(KEY, b"2", 1)
        proxy.release()
        await until(lambda: held.is_connected)

    assert isinstance(outcome, Unknown)
    entry = await writer.read_leader(KEY)
    assert entry in (Entry(b"1", 1), Entry(b"2", 2))


async def test_without_a_connection_a_write_is_unknown_at_once(nats_server: NatsServer, link: Link) -> None:
    nats_server.stop()
    await until(lambda: not link.is_connected)

    outcome = await Bucket(link, NAME, lambda _: None).compare_and_set(KEY, b"1", None)

    assert isinstance(outcome, Unknown)
    assert "lost" in outcome.why or "NATS" in outcome.why
