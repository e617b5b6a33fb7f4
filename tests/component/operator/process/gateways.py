"""What gateways say over NATS, where none runs: heartbeats, and losses as events."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from nats.js.errors import KeyNotFoundError

from mds_protocol.wire.events import Gap, GapCause
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat, Publication
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import DEFAULT, ROUTES_BUCKET, encode_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.client import Client

BEAT_EVERY_S = 0.2
DAY = "2026-11-28"
_NS_PER_S = 1_000_000_000
_UP = Front(connected=True, logged_in=True)


@dataclass(slots=True)
class PlayedAccount:
    """Streams, and could take over at any time."""

    namespace: str
    name: str
    pod: str
    publications: dict[str, Publication] = field(default_factory=dict)
    sequence: int = 0

    def fence(self, subscription: str, epoch: int) -> None:
        """It says that its fence is stored."""
        self.publications[subscription] = Publication(
            subscription=subscription, epoch=epoch, fence=1, fence_epoch=epoch
        )

    def compose(self) -> Heartbeat:
        self.sequence += 1
        return Heartbeat(
            namespace=self.namespace,
            account=self.name,
            instance=self.pod,
            sequence=self.sequence,
            state=GatewayState.STREAMING,
            market_data=_UP,
            publications=tuple(self.publications.values()),
            probe_age_ms=0,
        )


@dataclass(frozen=True, slots=True)
class Gateways:
    """Of one namespace."""

    client: Client
    namespace: str

    @asynccontextmanager
    async def playing(self, account: str, pod: str) -> AsyncIterator[PlayedAccount]:
        """Its heartbeats are heard meanwhile."""
        played = PlayedAccount(self.namespace, account, pod)
        beating = asyncio.create_task(self._keep_beating(played))
        try:
            yield played
        finally:
            beating.cancel()
            await asyncio.wait([beating])

    async def tell_loss(self, count: int, since: str, until: str) -> None:
        """Of subscription `all`, by the exchange's clock of one day; returns when it is stored."""
        gap = Gap(
            namespace=self.namespace,
            name="all",
            account="ctp-a",
            instance="ctp-a-0f3c1",
            at_ns=time.time_ns(),
            contracts=(),
            from_ns=_to_ns(since),
            to_ns=_to_ns(until),
            count=count,
            cause=GapCause.LOG_TOO_SHORT,
        )
        subject = DEFAULT.event(self.namespace, "gap", "all")
        await self.client.jetstream().publish(subject, gap.encode())

    async def read_route(self, subscription: str) -> Route | None:
        bucket = await self.client.jetstream().key_value(ROUTES_BUCKET)
        try:
            entry = await bucket.get(encode_key(self.namespace, subscription))
        except KeyNotFoundError:
            return None
        return Route.decode(entry.value or b"")

    async def _keep_beating(self, played: PlayedAccount) -> None:
        while True:
            await self.client.publish(
                DEFAULT.heartbeat(self.namespace, played.name), played.compose().encode()
            )
            await asyncio.sleep(BEAT_EVERY_S)


def _to_ns(clock: str) -> int:
    return int(datetime.fromisoformat(f"{DAY}T{clock}+00:00").timestamp()) * _NS_PER_S
