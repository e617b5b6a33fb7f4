"""From storing a tick to seeing it, on a real server."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.nats.canaries import CanaryReader
from mds_operator.adapters.nats.inspecting import list_consumers
from mds_operator.adapters.nats.streams import ensure_streams
from mds_operator.domain.canaries import Canary
from mds_operator.domain.seen import Key
from mds_protocol.wire.streams import TickStream, build_tick_stream
from mds_protocol.wire.subjects import DEFAULT
from tests.component.operator.running import running, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from mds_operator.adapters.nats.link import Link
    from tests.kit.nats_server import NatsServer

ALL, NIGHT = Key("desk", "all"), Key("desk", "night")
RB, CU = Canary(ALL, "MD", "md.SHFE.rb2701"), Canary(NIGHT, "MD", "md.SHFE.cu2701")
SECOND_NS = 1_000_000_000
FAR_NS = 4_000_000_000 * SECOND_NS
"""In the year 2096."""


@pytest.fixture
async def md(link: Link) -> Link:
    await ensure_streams(link, [build_tick_stream(TickStream(max_bytes=1 << 24), DEFAULT)])
    return link


class Seen:
    def __init__(self) -> None:
        self.took_s: dict[Key, list[float]] = {}

    def note(self, key: Key, took_s: float) -> None:
        self.took_s.setdefault(key, []).append(took_s)

    def counts(self) -> dict[Key, int]:
        return {key: len(found) for key, found in self.took_s.items()}


@asynccontextmanager
async def reading(
    link: Link, *canaries: Canary, clock_ns: Callable[[], int] = time.time_ns
) -> AsyncIterator[tuple[CanaryReader, Seen]]:
    """From the moment on when its consumer stands."""
    seen = Seen()
    reader = CanaryReader(link, seen.note, clock_ns)
    async with running(reader.run()):
        reader.use(canaries)
        await wait_for_consumer(link, *canaries)
        yield reader, seen


async def wait_for_consumer(link: Link, *canaries: Canary) -> None:
    wanted = sorted(each.subject for each in canaries)
    while wanted not in [
        each["config"].get("filter_subjects")
        for each in (await link.ask_jetstream("CONSUMER.LIST.MD", {"offset": 0})).get("consumers") or []
    ]:
        pass


async def test_each_subscription_hears_of_its_own_canary_and_of_nothing_else(md: Link) -> None:
    async with reading(md, RB, CU) as (_, seen):
        await md.store("md.SHFE.al2701", b"{}")
        await md.store(RB.subject, b"{}")
        await md.store(CU.subject, b"{}")
        await md.store(RB.subject, b"{}")
        await until(lambda: seen.counts() == {ALL: 2, NIGHT: 1})


async def test_what_was_stored_before_is_not_late(md: Link) -> None:
    await md.store(RB.subject, b"{}")
    async with reading(md, RB) as (_, seen):
        await md.store(RB.subject, b"{}")
        await until(lambda: seen.counts() == {ALL: 1})


async def test_the_time_is_between_the_streams_clock_and_ours(md: Link) -> None:
    async with reading(md, RB, clock_ns=lambda: FAR_NS) as (_, seen):
        sequence = await md.store(RB.subject, b"{}")
        stored = await md.ask_jetstream("STREAM.MSG.GET.MD", {"seq": sequence})
        await until(lambda: bool(seen.counts()))

    stored_at = datetime.fromisoformat(stored["message"]["time"]).timestamp()
    assert seen.took_s[ALL] == [pytest.approx(FAR_NS / SECOND_NS - stored_at, abs=0.001)]


async def test_where_the_servers_clock_is_ahead_it_takes_no_time(md: Link) -> None:
    async with reading(md, RB, clock_ns=lambda: 0) as (_, seen):
        await md.store(RB.subject, b"{}")
        await until(lambda: seen.took_s == {ALL: [0.0]})


async def test_other_canaries_are_followed_as_soon_as_they_are_chosen(md: Link) -> None:
    async with reading(md, RB) as (reader, seen):
        reader.use([CU])
        await wait_for_consumer(md, CU)
        await md.store(RB.subject, b"{}")
        await md.store(CU.subject, b"{}")
        await until(lambda: seen.counts() == {NIGHT: 1})


async def test_it_goes_on_after_nats_was_away(nats_server: NatsServer, md: Link) -> None:
    async with reading(md, RB) as (_, seen):
        await md.store(RB.subject, b"{}")
        await until(lambda: seen.counts() == {ALL: 1})
        nats_server.stop()
        await until(lambda: not md.is_connected)
        nats_server.start()
        await until(lambda: md.is_connected)
        await wait_for_consumer(md, RB)
        await md.store(RB.subject, b"{}")
        await until(lambda: seen.counts() == {ALL: 2})


async def test_its_consumer_is_known_for_the_operators_own(md: Link) -> None:
    async with reading(md, RB):
        assert [each.is_ours for each in await list_consumers(md, "MD")] == [True]
