"""Looks at NATS for the figures: what stands in streams, who reads it, how soon a tick is seen.

On a link of its own, so that nothing here delays a route, a heartbeat or a loss. Nothing waits for it: a
scrape, a judgement and a status read what the last look brought, and what NATS no longer says is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.nats.canaries import CanaryReader
from mds_operator.adapters.nats.inspecting import inspect_storage, inspect_streams, list_consumers
from mds_operator.adapters.nats.link import LinkError
from mds_operator.domain.canaries import CanaryCase, choose_canary
from mds_operator.domain.consumers_shown import ConsumersShown, choose_shown
from mds_operator.domain.durations import WORK_BOUNDS_S, Durations
from mds_operator.domain.nats_seen import ConsumerList, RoundTrip, forget_old, note_consumers, note_streams
from mds_protocol.wire import streams as wire_streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mds_operator.adapters.nats.link import Link
    from mds_operator.desk import Desk
    from mds_operator.domain.canaries import Canary
    from mds_operator.domain.seen import Key
    from mds_operator.office import Office
    from mds_operator.records import SubscriptionRecord
    from mds_protocol.wire.streams import TickStream

LOOK_EVERY_S: Final = 5.0
"""A scrape comes each 15 s or so: what it reads is then at most a third of that old."""
RENEW_EVERY_S: Final = 3600.0
"""Over TLS: a connection knows the certificate of its beginning, and not that the server has a new one."""

log = logging.getLogger(__name__)


class NatsLooking:
    """Run `run` in a task of its own. What it sees of NATS stands in `office.nats`."""

    def __init__(
        self, office: Office, link: Link, desks: Mapping[str, Desk], streams: tuple[TickStream, ...]
    ) -> None:
        self._office = office
        self._link = link
        self._desks = desks
        self._chart_streams = streams
        self._canaries = CanaryReader(link, self._note_seen)
        self._cases: tuple[CanaryCase, ...] = ()
        self._renewed_at = office.now()
        self.shown = ConsumersShown((), {})
        self.stored_to_seen: dict[Key, Durations] = {}
        """By subscription, from the first look on."""

    @property
    def is_connected(self) -> bool:
        return self._link.is_connected

    @property
    def certificate_expires_at(self) -> float | None:
        return self._link.certificate_expires_at

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._canaries.run())
            group.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # figures must not end what keeps the feeds
                log.exception("a look at NATS failed", extra={"code": "Defect"})
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Once. It takes some seconds at most, also where nothing answers."""
        await self._choose_canaries()
        if self._link.is_connected:
            ticks = self._list_tick_streams()
            await self._look_at_streams(ticks)
            await self._look_at_consumers(ticks)
            await self._look_at_account()
            self._renew_now_and_then()
        office = self._office
        office.nats = forget_old(office.nats, now=office.now())
        self.shown = choose_shown(office.nats.consumers)

    # --- JetStream

    def _list_tick_streams(self) -> set[str]:
        """Those of the chart, and what subscriptions name."""
        named = (entry.subscription.spec.publish.stream for entry in self._list_records())
        return {stream.name for stream in self._chart_streams} | set(named)

    def _list_records(self) -> Iterator[SubscriptionRecord]:
        for desk in self._desks.values():
            yield from desk.subscriptions.values()

    async def _look_at_streams(self, ticks: set[str]) -> None:
        office = self._office
        ours = {
            config["name"]
            for stream in self._chart_streams
            for config in wire_streams.build_all(stream, office.subjects)
        }
        names = ours | ticks
        answers = await inspect_streams(self._link, sorted(names), office.now)
        office.nats = note_streams(office.nats, answers, names, now=office.now())

    async def _look_at_consumers(self, ticks: set[str]) -> None:
        """All at once: a server that does not answer costs one look its time, not each stream."""
        office, found = self._office, {}

        async def look(stream: str) -> None:
            with suppress(LinkError):  # they age
                consumers = await list_consumers(self._link, stream)
                found[stream] = ConsumerList(seen_at=office.now(), consumers=consumers)

        await asyncio.gather(*(look(stream) for stream in sorted(ticks & office.nats.streams.keys())))
        office.nats = note_consumers(office.nats, found, ticks)

    async def _look_at_account(self) -> None:
        office = self._office
        with suppress(LinkError):  # it ages
            office.nats = replace(office.nats, storage=await inspect_storage(self._link, office.now))
        with suppress(LinkError):
            seconds = await self._link.measure_round_trip()
            office.nats = replace(office.nats, round_trip=RoundTrip(seen_at=office.now(), seconds=seconds))

    def _renew_now_and_then(self) -> None:
        now = self._office.now()
        if self.certificate_expires_at is not None and now - self._renewed_at >= RENEW_EVERY_S:
            self._renewed_at = now
            self._link.renew()

    # --- canaries

    async def _choose_canaries(self) -> None:
        cases = tuple(self._gather_cases())
        if len(cases) == len(self._cases) and all(map(CanaryCase.is_same, cases, self._cases)):
            return
        # In a thread: some milliseconds for each whole market.
        canaries = await asyncio.to_thread(self._choose, cases)
        self._cases = cases
        self.stored_to_seen = {
            each.key: self.stored_to_seen.get(each.key, Durations(WORK_BOUNDS_S)) for each in canaries
        }
        self._canaries.use(canaries)

    def _choose(self, cases: tuple[CanaryCase, ...]) -> list[Canary]:
        chosen = (choose_canary(case, subjects=self._office.subjects) for case in cases)
        return [canary for canary in chosen if canary is not None]

    def _gather_cases(self) -> Iterator[CanaryCase]:
        for key, found in sorted(self._office.acceptances.items()):
            desk = self._desks[key.namespace]
            record = desk.subscriptions.get(key.name)
            if record is None or not found.is_accepted or found.selection is None:
                continue
            publish = record.subscription.spec.publish
            accounts = [desk.accounts[name].account for name in sorted(found.accounts & desk.accounts.keys())]
            named = tuple(id_ for account in accounts for id_ in account.spec.health.canaries)
            yield CanaryCase(key, publish.stream, publish.subject, found.selection, named)

    def _note_seen(self, key: Key, took_s: float) -> None:
        durations = self.stored_to_seen.get(key)
        if durations is not None:
            durations.add(took_s)
