"""A market that numbers the ticks of each contract from 1, and writes last values, as a gateway does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from mds_protocol.wire import headers
from mds_protocol.wire.subjects import DEFAULT
from tests.component.chart.reader import until
from tests.kit.nats_server import WITHIN_S

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from nats.aio.client import Client

CONTRACTS: Final = tuple(f"md.SHFE.c{number:02d}" for number in range(40))
LONGEST_BURST: Final = 40
LAST_VALUES_EACH: Final = 3
"""Bursts."""


@dataclass(slots=True)
class Market:
    client: Client
    chance: random.Random
    sent: Counter[str] = field(default_factory=Counter)
    """The newest serial by contract."""
    stored: Counter[str] = field(default_factory=Counter)
    """The same, and the stream has it."""
    kept: Counter[str] = field(default_factory=Counter)
    """That of the last value."""
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    def draw(self, count: int) -> list[str]:
        """The contracts of so many ticks, of each at least one."""
        drawn = [*CONTRACTS, *self.chance.choices(CONTRACTS, k=count - len(CONTRACTS))]
        self.chance.shuffle(drawn)
        return drawn

    async def flood(self, ticks: list[str]) -> None:
        """In bursts of random length; last values stand between the ticks of some."""
        at = 0
        while at < len(ticks):
            burst = ticks[at : at + self.chance.randint(1, LONGEST_BURST)]
            at += len(burst)
            for contract in burst:
                self.sent[contract] += 1
                await self._send(contract, headers.MSG_ID, contract)
                if self.chance.randint(1, LAST_VALUES_EACH * LONGEST_BURST) == 1:
                    await self._write_last_values(CONTRACTS)
            await self._settle()

    async def close(self) -> list[str]:
        """The contracts of which there is the last value alone any more: some, or all."""
        gone = self.chance.sample(CONTRACTS, self.chance.choice((10, 20, len(CONTRACTS))))
        await self._write_last_values(gone)
        await self._settle()
        await until("MD-LAST has them", partial(read_kept, self.client), lambda kept: kept == self.kept)
        for contract in gone:
            await self.client.jetstream(timeout=WITHIN_S).purge_stream("MD", subject=contract)
        return gone

    async def wait_until_stored(self, count: int) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: self.stored.total() >= count)

    async def _write_last_values(self, contracts: Iterable[str]) -> None:
        """Of those that changed."""
        for contract in contracts:
            if self.kept[contract] < self.sent[contract]:
                self.kept[contract] = self.sent[contract]
                await self._send(DEFAULT.last(contract), headers.MDS_LAST, contract)

    async def _send(self, subject: str, header: str, contract: str) -> None:
        serial = self.sent[contract]
        # Some neighbours have one order key.
        body = {"symbol": contract, "exchange_time_ns": serial // 3, "volume": serial // 2, "serial": serial}
        identity = {header: f"{contract}-{serial}"}
        await self.client.publish(subject, json.dumps(body).encode(), headers=identity)

    async def _settle(self) -> None:
        """The stream has all that was sent: it stores in the order in which the server reads a connection."""
        await self.client.jetstream(timeout=WITHIN_S).publish("mds.probe.desk.flood", b"")
        self.stored = self.sent.copy()
        async with self.moved:
            self.moved.notify_all()


async def read_kept(client: Client) -> Counter[str]:
    """The serials in MD-LAST, by contract."""
    js = client.jetstream(timeout=WITHIN_S)
    held = (await js.stream_info("MD-LAST", subjects_filter="md.>")).state.subjects or {}
    found = {subject: await js.get_last_msg("MD-LAST", subject, direct=True) for subject in held}
    return Counter({subject: json.loads(message.data or b"")["serial"] for subject, message in found.items()})
