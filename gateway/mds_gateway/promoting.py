"""When no operator is there: a standby names itself, by `failover.promotion` and one compare-and-set.

Here only facts are gathered and the one write is made; whether it is made is decided in the protocol.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain.peers import Hearing
from mds_protocol.failover import promotion, timings
from mds_protocol.failover.observed import RouteSeen
from mds_protocol.failover.routing import Stamp, promote
from mds_protocol.wire.subjects import encode_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.domain.peers import Peers, Witness
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.route import Route
    from mds_protocol.wire.settings import Settings, Subscription
    from mds_runtime.nats.revision import Revision

log = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0  # an attempt that failed; by then a route that somebody else wrote has been polled


@dataclass(slots=True)
class _Followed:
    seen: RouteSeen
    revision: Revision
    active: promotion.ActiveWord = field(default_factory=promotion.ActiveWord)
    not_before: float = 0.0

    @property
    def route(self) -> Route:
        return self.seen.route


@dataclass(slots=True)
class Promoting:
    account: str
    peers: Peers
    control: Control
    namespace: str
    hearing: Hearing = field(default_factory=lambda: Hearing(time.monotonic()))
    _followed: dict[str, _Followed] = field(default_factory=dict)
    _writing: set[asyncio.Task[None]] = field(default_factory=set)

    def route(self, subscription: str) -> Route | None:
        followed = self._followed.get(subscription)
        return None if followed is None else followed.route

    def on_route(self, subscription: str, route: Route, revision: Revision) -> None:
        followed = self._followed.get(subscription)
        if followed is not None and not revision.is_after(followed.revision):
            return
        if followed is None or followed.route.epoch != route.epoch:
            seen = RouteSeen(route=route, since=time.monotonic())
            self._followed[subscription] = _Followed(seen, revision)
        else:
            followed.seen = RouteSeen(route=route, since=followed.seen.since)
            followed.revision = revision

    def on_bad_route(self, subscription: str, revision: Revision) -> None:
        """The route before it counts on; a promotion is written over what stands now."""
        followed = self._followed.get(subscription)
        if followed is not None and revision.is_after(followed.revision):
            followed.revision = revision

    def is_replaceable(self, route: Route, now: float) -> bool:
        """Whether another candidate could go on in this account's place, or nobody knows yet."""
        heard = self.peers.heard.values()
        return promotion.is_replaceable(
            self.account, route, heard, listening_since=self.hearing.since, now=now
        )

    def listen(self, now: float) -> None:
        """To be called often: only an uninterrupted hearing makes silence mean something."""
        self.hearing.look(now, is_connected=self.control.is_hearing)

    async def consider(self, settings: Settings, own: Heartbeat, witnesses: Mapping[str, Witness]) -> None:
        now = time.monotonic()
        for subscription in settings.subscriptions:
            followed, witness = self._followed.get(subscription.name), witnesses.get(subscription.name)
            if followed is None or witness is None or followed.route.uid != subscription.uid:
                continue
            standby = self._look(settings, subscription, followed, own, witness, now)
            if now >= followed.not_before and promotion.decide_promotion(standby, now=now).promote:
                followed.not_before = now + WRITE_EVERY_S
                self._start_writing(subscription.name, followed)

    def _look(
        self,
        settings: Settings,
        subscription: Subscription,
        followed: _Followed,
        own: Heartbeat,
        witness: Witness,
        now: float,
    ) -> promotion.StandbySeen:
        named = followed.route.named
        heard = self.peers.heard.get(named) if named is not None else None
        if heard is not None:
            followed.active = promotion.note_active(
                followed.active, heard, followed.seen, subscription.name, now=now
            )
        return promotion.StandbySeen(
            account=self.account,
            seen=followed.seen,
            listening_since=self.hearing.since,
            operator_heard_at=self.peers.operator_heard,
            active_heard_at=heard.at if heard is not None else None,
            active_faulty_since=followed.active.faulty_since,
            stream_has_fresh_ticks=_judge_witness(witness, now),
            is_eligible=not settings.paused and not subscription.paused,
            own=own,
        )

    def _start_writing(self, subscription: str, followed: _Followed) -> None:
        task = asyncio.get_running_loop().create_task(self._write(subscription, followed))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, subscription: str, followed: _Followed) -> None:
        stamp = Stamp(nonce=secrets.token_hex(8), decided_at_ns=time.time_ns())
        route = promote(followed.route, self.account, stamp)
        key = encode_key(self.namespace, subscription)
        log.warning(
            "%s: no operator is heard and %s is gone; taking over", subscription, followed.route.named
        )
        try:
            # What became of it comes back by the watch, also where the answer is lost.
            await self.control.write_route(key, route, followed.revision.number)
        except NatsTrouble as exc:
            log.warning("%s: the route was not written: %s", subscription, exc)


def _judge_witness(witness: Witness, now: float) -> bool | None:
    if witness.answered_at is None:
        return None
    return witness.changed_at is not None and now - witness.changed_at < timings.SILENCE_S
