"""Which subscriptions are acted upon, judged over all namespaces whenever something of it changed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.nats.link import LinkError
from mds_operator.adapters.nats.streams import ensure_streams, read_stream_info
from mds_operator.domain.acceptance import judge_subscriptions
from mds_operator.domain.claims import gather_tables
from mds_operator.domain.tick_streams import read_stream
from mds_protocol.wire import streams as wire_streams
from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_operator.adapters.nats.bucket import Bucket
    from mds_operator.desk import Desk
    from mds_operator.domain.claims import ContractTable
    from mds_operator.domain.tick_streams import StreamSeen
    from mds_operator.office import Office
    from mds_protocol.wire.streams import TickStream

SETTLE_S: Final = 0.5
"""Edits and contracts come in bursts; one judgement answers them all."""
STREAMS_EVERY_S: Final = 10.0
UNANSWERED_EVERY_S: Final = 1.0

log = logging.getLogger(__name__)


class Accepting:
    """`note` when a subscription, an account or a contract changed."""

    def __init__(
        self, office: Office, desks: Mapping[str, Desk], contracts: Bucket, streams: tuple[TickStream, ...],
        is_ready: Callable[[], bool],
    ) -> None:  # fmt: skip
        """`is_ready`: whether the objects were read once."""
        self._office = office
        self._desks = desks
        self._contracts = contracts
        self._chart_streams = streams
        self._is_ready = is_ready
        self._streams: dict[str, StreamSeen | None] = {}
        """Those that subscriptions name, as last seen. One that is absent is not known yet."""
        self._told_differences: set[str] = set()
        self._asked_for: set[str] = set()
        """Streams that NATS was asked for at least once, with or without an answer."""
        self._products: dict[str, ProductContracts] = {}
        self._tables: Mapping[str, ContractTable] = {}
        self._tables_are_old = True
        self._changed = asyncio.Event()

    def note(self) -> None:
        self._changed.set()

    def note_contracts(self, key: str) -> None:
        """One product's contracts were written, or deleted."""
        entry = self._contracts.entries.get(key)
        self._products.pop(key, None)
        if entry is not None:
            try:
                self._products[key] = ProductContracts.decode(entry.value)
            except WireError as error:
                log.warning("contracts %s: %s", key, error, extra={"code": "ContractsUnreadable"})
        self._tables_are_old = True
        self._changed.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_judging())
            group.create_task(self._keep_streams())

    async def _keep_judging(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(SETTLE_S)
            # A table that was not read yet makes two subscriptions look alike, an account that was not read
            # looks absent. What changed waits for them.
            if self._contracts.is_complete and self._is_ready():
                self._changed.clear()
                await self._judge()

    async def _judge(self) -> None:
        office = self._office
        if self._tables_are_old:
            # The same table as long as nothing changed: what it resolves to is remembered by it.
            self._tables_are_old = False
            self._tables = gather_tables(self._products.values())
        # Before anybody is named for it: a new one may name a stream that does not exist.
        await self._look_at(self._named_streams() - self._asked_for)
        before = office.acceptances
        # In a thread: tenths of a second for a whole market, and meanwhile heartbeats must be heard.
        office.acceptances = await asyncio.to_thread(
            judge_subscriptions,
            [entry.subscription for desk in self._desks.values() for entry in desk.subscriptions.values()],
            [entry.account for desk in self._desks.values() for entry in desk.accounts.values()],
            dict(self._streams),
            self._tables,
            subjects=office.subjects,
        )
        for key, found in office.acceptances.items():
            if before.get(key) != found:
                self._desks[key.namespace].ask_subscription(key.name)
        office.has_judged = True

    async def _keep_streams(self) -> None:
        """Make what the chart names, and look at what subscriptions name."""
        while True:
            await self._office.control.wait_connected()
            is_made = await self._make_streams()
            before, names = dict(self._streams), self._named_streams()
            for gone in self._streams.keys() - names:
                del self._streams[gone]
            self._asked_for &= names
            is_known = await self._look_at(names)
            if self._streams != before:
                self._changed.set()
            await asyncio.sleep(STREAMS_EVERY_S if is_made and is_known else UNANSWERED_EVERY_S)

    async def _make_streams(self) -> bool:
        """Whether NATS answered for all of them."""
        for stream in self._chart_streams:
            try:
                made = await ensure_streams(
                    self._office.control, wire_streams.build_all(stream, self._office.subjects)
                )
            except LinkError as error:
                log.warning("streams: %s", error, extra={"code": "StreamsUnknown"})
                return False
            for name in made.created:
                log.info("stream %s is made", name, extra={"code": "StreamMade"})
            for refused in made.refused:
                log.warning("%s", refused.message, extra={"code": "StreamRefused"})
            for differs in map(str, made.differences):
                if differs not in self._told_differences:
                    log.warning("%s; it is left as it is", differs, extra={"code": "StreamDiffers"})
            self._told_differences = {str(each) for each in made.differences}
        return True

    def _named_streams(self) -> set[str]:
        """By all subscriptions, accepted or not."""
        return {
            entry.subscription.spec.publish.stream
            for desk in self._desks.values()
            for entry in desk.subscriptions.values()
        }

    async def _look_at(self, names: set[str]) -> bool:
        """Whether each answered. One that does not keeps nobody from the others."""
        self._asked_for |= names
        return all(await asyncio.gather(*(self._look_at_one(name) for name in names)))

    async def _look_at_one(self, name: str) -> bool:
        try:
            info = await read_stream_info(self._office.control, name)
        except LinkError as error:
            log.warning("stream %s: %s", name, error, extra={"code": "StreamsUnknown"})
            return False
        if info is not None:
            self._streams[name] = read_stream(info.config)
        elif any(stream.name == name for stream in self._chart_streams):
            self._streams.pop(name, None)  # ours to make, in a moment or when what refuses it is mended
        else:
            self._streams[name] = None
        return True
