"""A stream that is full lets its oldest message go. Nobody may notice: neither the feed nor its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from mds_gateway.domain.actions import TookOver
from tests.component.gateway.bridges import open_rig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.component.gateway.bridges import Rig

pytestmark = pytest.mark.usefixtures("patient")

SMALL_BYTES: Final = 1 << 20
WRAPS: Final = 100


async def count_wraps(rig: Rig) -> float:
    """How often all that the stream can hold was let go."""
    state = (await rig.read_stream_info())["state"]
    return float((state["first_seq"] - 1) / max(1, state["messages"]))


async def feed_until_wrapped(rig: Rig, wraps: float) -> None:
    while await count_wraps(rig) < wraps:
        await rig.feed_some(20_000)


@pytest.mark.slow("a hundred wraps of a megabyte")
async def test_a_stream_wraps_a_hundred_times_at_full_rate_and_nobody_notices(tmp_path: Path) -> None:
    async with open_rig(tmp_path, stream={"max_bytes": SMALL_BYTES}) as rig:
        active = rig.accounts["a"]
        await rig.move("a")
        await rig.feed_until_active("a")

        await feed_until_wrapped(rig, WRAPS)
        counts = await rig.judge()

        assert (counts.lost, counts.repeated, counts.disordered) == ((), (), ())
        assert counts.stored == counts.delivered > 0
        assert active.losses == []
        assert active.refused == 0
        assert [type(what) for what in active.happened] == [TookOver]


async def test_by_messages_as_by_bytes(tmp_path: Path) -> None:
    async with open_rig(tmp_path, stream={"max_msgs": 2_000}) as rig:
        active = rig.accounts["a"]
        await rig.move("a")
        await rig.feed_until_active("a")

        await feed_until_wrapped(rig, 10)
        counts = await rig.judge()

        assert counts.is_clean
        assert (active.losses, active.refused) == ([], 0)


@pytest.mark.slow("nine takeovers over twenty wraps")
async def test_takeovers_kills_and_lost_connections_while_a_stream_wraps(tmp_path: Path) -> None:
    async with open_rig(tmp_path, accounts=("a", "b", "c"), stream={"max_bytes": 4 * SMALL_BYTES}) as rig:
        await rig.move("a")
        await rig.feed_until_active("a")
        for to in ("b", "a") * 4:
            await rig.feed_some(rig.random.randrange(5_000, 15_000))
            await rig.move(to)
            await rig.feed_until_active(to)
        await rig.feed_some(10_000)
        await rig.proxy.cut()
        await rig.feed(until=lambda: rig.accounts["a"].bridge.connections == 2)
        await rig.feed_until_active("a")
        await rig.feed_some(10_000)
        rig.accounts["a"].end()
        await rig.move("c")
        await rig.feed_until_active("c")
        await feed_until_wrapped(rig, 20)
        counts = await rig.judge()

        assert (counts.lost, counts.repeated, counts.disordered, counts.invented) == ((), (), (), ())
        assert [account.losses for account in rig.accounts.values()] == [[], [], []]


@pytest.mark.parametrize("how", ["purged", "limit lowered"])
async def test_a_fence_that_goes_loses_nothing_and_tells_no_loss(tmp_path: Path, how: str) -> None:
    async with open_rig(tmp_path, stream={"max_bytes": 64 * SMALL_BYTES}) as rig:
        active = rig.accounts["a"]
        await rig.move("a")
        await rig.feed_until_active("a")
        await rig.feed_some(20_000)

        if how == "purged":
            await rig.client.jetstream().purge_stream("MD")
        else:
            await rig.change_stream(max_bytes=SMALL_BYTES)
        await rig.feed(until=lambda: len(active.happened) > 1)
        await rig.feed_until_active("a")
        await rig.feed_some(20_000)
        counts = await rig.judge()

        assert active.refused > 0
        assert (counts.lost, counts.repeated, counts.disordered) == ((), (), ())
        assert active.losses == []
