"""Looks into the streams: whether a silent publisher still stores ticks, and whether this account could.

Each subscription and each stream by itself: one that does not answer must not keep the others waiting.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain.peers import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_gateway.domain.peers import Peers
    from mds_gateway.domain.serving import Destination, Served, Serving

log = logging.getLogger(__name__)

LOOK_AFTER_S = 0.4  # of the active's silence: the answer is there when 700 ms have passed


class Streams(Protocol):
    async def read_epoch_sequences(
        self, destination: Destination, subjects: list[str], epoch: int
    ) -> dict[str, int]: ...

    async def probe(self, stream_name: str, subject: str) -> None: ...


class Witnessing:
    def __init__(
        self,
        streams: Streams,
        serving: Serving,
        peers: Peers,
        account: str,
        canary_subjects: Callable[[str], list[str]],
    ) -> None:
        """`canary_subjects` tells what to look for of a subscription."""
        self._witnesses: dict[str, Witness] = {}
        self._probed_at: float | None = None
        self._streams = streams
        self._serving = serving
        self._peers = peers
        self._account = account
        self._canary_subjects = canary_subjects

    @property
    def by_subscription(self) -> Mapping[str, Witness]:
        return self._witnesses

    def add(self, subscription: str) -> None:
        self._witnesses[subscription] = Witness()

    def drop(self, subscription: str) -> None:
        self._witnesses.pop(subscription, None)

    def probe_age_s(self, now: float) -> float | None:
        """Since a stream last stored our probe."""
        return None if self._probed_at is None else now - self._probed_at

    async def witness(self) -> None:
        await asyncio.gather(*(self._look_at(served) for served in self._serving))

    async def _look_at(self, served: Served) -> None:
        witness, now = self._witnesses.get(served.name), time.monotonic()
        if witness is None:  # dropped since the look began
            return
        route = served.route
        silent = None if route is None or not route.named else self._peers.age_s(route.named, now)
        if route is None or route.named in (None, self._account) or (silent or 0) < LOOK_AFTER_S:
            witness.reset()
            return
        try:
            found = await self._streams.read_epoch_sequences(
                served.destination, self._canary_subjects(served.name), route.epoch
            )
        except NatsTrouble as exc:
            log.debug("stream of %s: %s", served.name, exc)
            return
        witness.on_answer(found, time.monotonic())

    async def probe(self, subject: str, *, is_connected: bool) -> None:
        """By every account, active or not: whoever shall take over next must be known to be able to.

        One stream captures an account's probe; a subscription that names another one fails alone.
        """
        streams = {served.destination.stream for served in self._serving}
        is_stored = await asyncio.gather(*(self._probe(stream, subject) for stream in streams))
        if any(is_stored) and is_connected:
            self._probed_at = time.monotonic()

    async def _probe(self, stream: str, subject: str) -> bool:
        try:
            await self._streams.probe(stream, subject)
        except NatsTrouble as exc:
            log.debug("probe of stream %s: %s", stream, exc)
            return False
        return True
