"""A reader of the chart's NATS: what it was given by the page's `Ticks`, and what was stored."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from mds_protocol.wire import headers
from mds_protocol.wire.subjects import DEFAULT
from tests.component.chart.embedded import connected, password_of
from tests.component.gateway.lone import WITHIN_S, Place
from tests.kit import reading_back
from tests.kit.direct_reading import Server, read_stream
from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.client import Client

ENOUGH = 400
"""Ticks: a second of the market, and each contract more than once."""
OLD = "md.SHFE.old2501"
"""Of a contract that nobody publishes any more."""

until = partial(wait_until_async, within_s=WITHIN_S, every_s=0.02)


@dataclass(slots=True)
class Given:
    """What `Ticks` gave so far: contract and serial, in its order."""

    reader: Any
    marks: list[tuple[str, int]] = field(default_factory=list)
    reading: asyncio.Task[None] | None = None

    async def read(self) -> None:
        async for tick in self.reader:
            self.marks.append((tick["symbol"], int(tick["curr_delta"])))

    async def wait(self, more: int = ENOUGH) -> None:
        wanted = len(self.marks) + more
        await until(f"{wanted} ticks are given", self.read_marks, lambda marks: len(marks) >= wanted)

    async def wait_for_old(self, serial: int) -> None:
        await until(f"{serial} is given", self.read_marks, lambda marks: ("old2501", serial) in marks)

    async def read_marks(self) -> list[tuple[str, int]]:
        """The error that ended the reader, if one did: nothing would ever come."""
        if self.reading and self.reading.done():
            self.reading.result()
        return self.marks

    def by_contract(self) -> dict[str, list[int]]:
        return group(self.marks)


def group(marks: list[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for contract, serial in marks:
        found.setdefault(contract, []).append(serial)
    return found


@asynccontextmanager
async def following(ticks: type, client: Client, *options: Any) -> AsyncIterator[Given]:
    given = Given(ticks(client, *options))
    given.reading = asyncio.create_task(given.read())
    try:
        yield given
    finally:
        given.reading.cancel()
        await asyncio.gather(given.reading, return_exceptions=True)


def read_stored(place: Place) -> list[reading_back.StoredTick]:
    server = Server(place.nats.port, user="reader", password=password_of("reader"))
    return reading_back.read_ticks(server)


async def check_whole(place: Place, given: Given) -> None:
    """Of every contract, all that was stored from the first that was given up to the last, once, in order."""
    read = given.by_contract()
    stored = group([one.mark for one in await asyncio.to_thread(read_stored, place)])
    for contract, serials in read.items():
        held = stored.get(contract, [])
        live = serials if serials[0] in held else serials[1:]  # the first is of MD-LAST, if MD let it go
        begin = held.index(live[0]) if live else 0
        assert live == held[begin : begin + len(live)], (contract, live, held)


async def store_old(client: Client, serial: int) -> None:
    await client.jetstream().publish(OLD, build_old(serial), headers={headers.MSG_ID: f"old-{serial}"})


async def let_go_of_old(client: Client, serial: int) -> None:
    """Its last value is written, and the stream drops its ticks."""
    js = client.jetstream()
    await js.publish(DEFAULT.last(OLD), build_old(serial), headers={headers.MDS_LAST: f"old-{serial}"})
    await until("MD-LAST has it", partial(read_old, client), lambda found: found == serial)
    await js.purge_stream("MD", subject=OLD)


def build_old(serial: int) -> bytes:
    body = {"symbol": "old2501", "exchange_time_ns": serial, "volume": 1, "curr_delta": serial}
    return json.dumps(body).encode()


async def read_old(client: Client) -> int | None:
    reply = await client.request("$JS.API.DIRECT.GET.MD-LAST", json.dumps({"last_by_subj": OLD}).encode())
    return int(json.loads(reply.data)["curr_delta"]) if reply.data else None


async def wait_until_stored(place: Place, more: int) -> None:
    async with connected(place.nats, "reader") as client:
        wanted = await read_last_sequence(client) + more
        await until("more is stored", partial(read_last_sequence, client), lambda last: last >= wanted)


async def read_last_sequence(client: Client) -> int:
    return (await client.jetstream().stream_info("MD")).state.last_seq


async def count_holes(place: Place, begin: int) -> tuple[int, int]:
    """In the exchange's numbers, and in those of the publisher, from a sequence on."""
    server = Server(place.nats.port, user="reader", password=password_of("reader"))
    messages = await asyncio.to_thread(read_stream, server, "MD", "md.>", begin)
    serials = group([reading_back.build_tick(one).mark for one in messages])
    numbers: dict[int, list[int]] = {}
    for one in messages:
        said = headers.parse_publication(one.headers[headers.MDS_PUB])
        numbers.setdefault(said.fence, []).append(said.number)
    lost = sum(max(found) - min(found) + 1 - len(set(found)) for found in serials.values())
    return lost, sum(max(run) - min(run) + 1 - len(set(run)) for run in numbers.values())
