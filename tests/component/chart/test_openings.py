"""A reader begins at any moment, under load: of each contract the newest tick, then every one, none twice.

The page's own `Ticks` reads. Contracts have ticks in the stream, or a last value alone, as on a Monday
morning; last values are written while it begins. It is judged by what was published, by nothing that it says.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

import pytest

from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import DEFAULT
from tests.component.chart.flood import CONTRACTS, Market
from tests.component.chart.programs import load_ticks
from tests.kit.nats_server import WITHIN_S, NatsServer, create_streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nats.aio.client import Client

OPENINGS: Final = 200
AT_ONCE: Final = 25
"""In each round."""
TICKS: Final = 800
"""In each round."""
SEED: Final = 20261129
Given = defaultdict[str, list[int]]
"""Serials by contract."""
NOTHING: Final = Counter[str]()


class CountedTicks(load_ticks()):  # type: ignore[misc]
    """Knows how often it had to begin."""

    begun = 0

    async def find_start(self) -> Any:
        self.begun += 1
        return await super().find_start()


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[tuple[Client, Client]]:
    """A publisher and a reader, where the streams are."""
    server = NatsServer(tmp_path).start()
    try:
        async with await server.connect() as publisher, await server.connect() as reader:
            await create_streams(publisher, build_all(TickStream(max_bytes=1 << 28), DEFAULT))
            yield publisher, reader
    finally:
        server.stop()


@pytest.mark.slow("200 openings, each of which reads what is published until its round ends")
async def test_of_200_openings_under_load_none_misses_a_tick_or_has_one_twice(
    clients: tuple[Client, Client],
) -> None:
    publisher, reader = clients
    chance = random.Random(SEED)  # noqa: S311 - no secret
    market = Market(publisher, chance)
    gone: list[str] = []
    openings = from_last_values = 0
    while openings < OPENINGS:
        ticks = market.draw(TICKS)
        before, end = market.stored.copy(), market.stored + Counter(ticks)
        moments = [before.total() + chance.randrange(TICKS) for _ in range(AT_ONCE)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(open_and_read(reader, market, at, end)) for at in moments]
            await market.flood(ticks)
        for stored, given in (task.result() for task in tasks):
            assert judge(stored, given, end) == []
            openings += stored != NOTHING
            from_last_values += sum(before[contract] in given[contract] for contract in gone)
        gone = await market.close()

    assert from_last_values > 0


async def open_and_read(
    client: Client, market: Market, moment: int, end: Counter[str]
) -> tuple[Counter[str], Given]:
    """What was stored when it began, and the serials that it was given, up to the last of each contract.

    Where NATS did not answer in time it went on behind its position, and owes no newest.
    """
    await market.wait_until_stored(moment)
    stored, given, missing = market.stored.copy(), Given(list), set(CONTRACTS)
    ticks = CountedTicks(client)
    # What is not given is found by who judges.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            async for tick in ticks:
                given[tick["symbol"]].append(tick["serial"])
                missing -= {tick["symbol"]} if tick["serial"] == end[tick["symbol"]] else set()
                if not missing:
                    break
    return stored if ticks.begun == 1 else NOTHING, given


def judge(stored: Counter[str], given: Given, end: Counter[str]) -> list[str]:
    """It begins with the newest that was stored, or a newer one; then every one to the end, once."""
    return [
        f"{contract}: {serials}, where {stored[contract]} was stored and {end[contract]} is the last"
        for contract in CONTRACTS
        if not (serials := given[contract])
        or serials[0] < stored[contract]
        or serials != list(range(serials[0], end[contract] + 1))
    ]
