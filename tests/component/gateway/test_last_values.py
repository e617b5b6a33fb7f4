"""Last values on a real NATS: each contract's newest tick, whoever publishes, and ticks as ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest
from nats.js.errors import NotFoundError

from mds_gateway.domain import last_values
from mds_protocol.wire import headers
from mds_protocol.wire.subjects import DEFAULT
from tests.component.gateway.bridges import CONTRACTS, open_rig
from tests.kit.nats_server import WITHIN_S

if TYPE_CHECKING:
    from pathlib import Path

    from nats.js.api import RawStreamMsg

    from tests.component.gateway.bridges import Rig

pytestmark = pytest.mark.usefixtures("patient")

SUBJECTS: Final = [f"md.all.c{number}" for number in range(CONTRACTS)]
A_FEW: Final = 5


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a session is seen soon, and what is due takes a while to be written."""
    monkeypatch.setattr(last_values, "QUIET_S", 0.2)
    monkeypatch.setattr(last_values, "PAUSE_S", 0.1)
    monkeypatch.setattr(last_values, "BATCH", A_FEW)


async def count_written(rig: Rig) -> int:
    """Last values that the stream was ever given, but for those that it let go."""
    info = await rig.client.jetstream().stream_info("MD", subjects_filter=DEFAULT.last(">"))
    return sum((info.state.subjects or {}).values())


async def find(rig: Rig, subject: str) -> RawStreamMsg | None:
    try:
        return await rig.client.jetstream().get_last_msg("MD", subject)
    except NotFoundError:
        return None


async def is_written(rig: Rig) -> bool:
    """Whether each contract's last value is its newest tick in the stream, to the byte."""
    for subject in SUBJECTS:
        tick, value = await find(rig, subject), await find(rig, DEFAULT.last(subject))
        if tick is None or value is None:
            return False
        found = value.headers or {}
        assert headers.MSG_ID not in found
        if (found[headers.MDS_LAST], value.data) != ((tick.headers or {})[headers.MSG_ID], tick.data):
            return False
    return True


async def wait_until_written(rig: Rig) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await is_written(rig):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


async def wait_until_some_are_written(rig: Rig) -> None:
    before = await count_written(rig)
    async with asyncio.timeout(WITHIN_S):
        while await count_written(rig) == before:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def test_when_ticks_have_ended_each_contract_has_its_newest(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        active = rig.accounts["a"]
        await rig.move("a")
        await rig.feed_until_active("a")
        await rig.feed_some(5_000)

        await wait_until_written(rig)
        counts = await rig.judge()
        of_feed = active.bridge.serving.by_name["all"].feed.counts

        assert counts.is_clean
        assert (of_feed.published, of_feed.acked) == (counts.stored, counts.stored)
        assert (of_feed.refused, of_feed.duplicates, active.losses) == (0, 0, [])


async def test_a_takeover_while_they_are_written_loses_nothing(tmp_path: Path) -> None:
    async with open_rig(tmp_path, accounts=("a", "b")) as rig:
        await rig.move("a")
        await rig.feed_until_active("a")
        await rig.feed_some(5_000)
        for to in ("b", "a", "b"):
            await wait_until_some_are_written(rig)
            await rig.move(to)
            await rig.feed_until_active(to)
            await rig.feed_some(1_000)

        await wait_until_written(rig)
        counts = await rig.judge()

        assert counts.is_clean
        assert [account.losses for account in rig.accounts.values()] == [[], []]


async def test_a_killed_accounts_values_are_written_by_the_next_without_a_tick(tmp_path: Path) -> None:
    async with open_rig(tmp_path, accounts=("a", "b")) as rig:
        await rig.move("a")
        await rig.feed_until_active("a")
        await rig.feed_some(5_000)
        await rig.judge()
        rig.accounts["a"].end()

        await rig.move("b")

        await wait_until_written(rig)


async def test_a_full_stream_has_them_too_and_nobody_notices(tmp_path: Path) -> None:
    async with open_rig(tmp_path, stream={"max_msgs": 2_000}) as rig:
        active = rig.accounts["a"]
        await rig.move("a")
        await rig.feed_until_active("a")
        for _ in range(2):
            await rig.feed_some(5_000)
            await wait_until_written(rig)
        counts = await rig.judge()

        assert counts.is_clean
        assert (active.losses, active.refused) == ([], 0)


async def test_a_stream_that_takes_none_takes_the_ticks_all_the_same(tmp_path: Path) -> None:
    subjects = ["md.>", "mds.fence.*.*", "mds.probe.*.*"]
    async with open_rig(tmp_path, stream={"subjects": subjects}) as rig:
        active = rig.accounts["a"]
        await rig.move("a")
        await rig.feed_until_active("a")
        await rig.feed_some(5_000)
        await rig.feed(until=lambda: "no stream takes the subject" in str(active.bridge.last_error))
        await rig.feed_some(5_000)
        counts = await rig.judge()

        assert counts.is_clean
        assert (active.refused, active.bridge.connections, len(active.happened)) == (0, 1, 1)
