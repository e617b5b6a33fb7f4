"""Stands in for the operator: makes the streams, writes settings and route, hears the gateways.

The route is changed by compare-and-set, as the operator does it; a write that loses is decided anew on what
stands there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import nats
from nats.errors import Error as NatsError

from mds_protocol.failover.timings import LOOP_LATE_S
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire import streams
from mds_protocol.wire import subjects as subj
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.heartbeat import Heartbeat, OperatorHeartbeat
from mds_protocol.wire.route import Route
from mds_protocol.wire.selection import Rule, Rules
from mds_protocol.wire.settings import Publish, Settings, Subscription
from mds_tryout import deciding, world
from mds_tryout.deciding import Move, Seen
from mds_tryout.errors import TryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js.kv import KeyValue

    from mds_tryout.world import World

CONNECT_WITHIN_S: Final = 10.0
HEARTBEAT_EVERY_S: Final = 0.2
LOOK_EVERY_S: Final = 0.05
POLL_EVERY_S: Final = 1.0
STREAM: Final = streams.TickStream(max_bytes=1 << 30)
UID: Final = "00000000-0000-4000-8000-000000000001"
SUBJECTS: Final = subj.DEFAULT
ROUTE_KEY: Final = subj.encode_key(world.NAMESPACE, world.SUBSCRIPTION)
SUBJECT: Final = Publish().subject
HEARD_KEPT: Final = 6
"""Heartbeats of an account: a second's, for rates."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A heartbeat and when it came, on our monotonic clock."""

    at_s: float
    heartbeat: Heartbeat


class Director:
    """`on_move` hears each move that was written: the account before, the move, the new epoch."""

    def __init__(
        self, client: Client, parts: World, on_move: Callable[[str | None, Move, int], None]
    ) -> None:
        self._client = client
        self._world = parts
        self._on_move = on_move
        self._routes: KeyValue | None = None
        self._revision = 0
        self._wish = False
        self._began_s = time.monotonic()
        # Nobody's silence counts that began before we could have heard: our own loop was late until then.
        self._deaf_until_s = self._began_s
        self.heard: dict[str, deque[Heard]] = {}
        """By account, the newest last."""
        self.route: Route | None = None

    def move(self) -> None:
        """A planned move, at the next look."""
        self._wish = True

    async def prepare(self) -> None:
        """Everything that gateways expect to find."""
        for config in streams.build_all(STREAM, SUBJECTS):
            await _create_stream(self._client, config)
        js = self._client.jetstream()
        self._routes = await js.key_value(subj.ROUTES_BUCKET)
        feeds = await js.key_value(subj.SETTINGS_BUCKET)
        for account in self._world.accounts:
            key = subj.encode_key(world.NAMESPACE, account)
            await feeds.put(key, build_settings(account).encode())

    async def run(self) -> None:
        hearts = f"{SUBJECTS.prefix}.heartbeat.{world.NAMESPACE}.*"
        await self._client.subscribe(hearts, cb=self._on_heart)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._look())
            group.create_task(self._poll())

    async def _beat(self) -> None:
        """Without it, the standbys would promote themselves: for them, the operator is gone."""
        subject = SUBJECTS.operator_heartbeat(world.NAMESPACE)
        sequence = 0
        while True:
            sequence += 1
            body = OperatorHeartbeat(identity="make-try", sequence=sequence).encode()
            with contextlib.suppress(NatsError, OSError):
                await self._client.publish(subject, body)
            await asyncio.sleep(HEARTBEAT_EVERY_S)

    async def _look(self) -> None:
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            if now - slept_at > LOOP_LATE_S:
                self._deaf_until_s = now
            named = self.route.named if self.route else None
            move = deciding.decide(named, self.describe(now), wish=self._wish)
            if move is not None:
                await self._write(named, move)

    async def _poll(self) -> None:
        """A gateway promotes itself when it has not heard us for 2 s, after a suspend for example."""
        while True:
            await asyncio.sleep(POLL_EVERY_S)
            await self.reread()

    def describe(self, now: float) -> list[Seen]:
        return [self._describe_one(name, now) for name in self._world.accounts]

    def _describe_one(self, name: str, now: float) -> Seen:
        if name not in self.heard:
            return Seen(name, now - self._began_s, None)
        heard = self.heard[name][-1]
        silent_s = deciding.measure_silence(heard.at_s, self._deaf_until_s, now)
        return Seen(name, silent_s, heard.heartbeat.state, has_front=heard.heartbeat.market_data.connected)

    async def _write(self, named: str | None, move: Move) -> None:
        epoch = self.route.epoch + 1 if self.route else 1
        route = build_route(epoch, move, self._world.accounts)
        if await self._store(route):
            if move.reason is FailoverReason.DRILL:
                self._wish = False
            self._on_move(named, move, epoch)

    async def _store(self, route: Route) -> bool:
        """False: not stored as far as we know; what stands there was read instead."""
        if self._routes is None:
            raise RuntimeError("`prepare` comes first")
        try:
            revision = await self._routes.update(ROUTE_KEY, route.encode(), last=self._revision)
        except (NatsError, TimeoutError):  # somebody was faster, or no answer came, which means nothing yet
            await self.reread()
            return self.route is not None and self.route.nonce == route.nonce
        self.route, self._revision = route, revision
        return True

    async def reread(self) -> None:
        """An answer that is older than what we know comes too late to matter."""
        if self._routes is None:
            return
        with contextlib.suppress(NatsError, TimeoutError):
            entry = await self._routes.get(ROUTE_KEY)
            if entry.value and (entry.revision or 0) > self._revision:
                self.route, self._revision = Route.decode(entry.value), entry.revision or 0

    async def _on_heart(self, message: Msg) -> None:
        owner = SUBJECTS.parse_heartbeat(message.subject)
        if owner.name in self._world.accounts:
            with contextlib.suppress(WireError):
                heard = Heard(time.monotonic(), Heartbeat.decode(message.data))
                self.heard.setdefault(owner.name, deque(maxlen=HEARD_KEPT)).append(heard)


async def connect(parts: World, url: str) -> Client:
    """Waits for the server, which was started a moment ago."""
    deadline = time.monotonic() + CONNECT_WITHIN_S
    while True:
        try:
            return await nats.connect(
                url,
                name="make-try",
                connect_timeout=1,
                reconnect_time_wait=LOOK_EVERY_S,  # nats-py waits that long after the first refusal, too
                allow_reconnect=False,
                error_cb=_ignore,
            )
        except (NatsError, OSError) as exc:
            if time.monotonic() > deadline:
                raise TryError(
                    f"nats-server does not answer at {url}",
                    log=parts.log("nats-server"),
                    remedy="read its log",
                ) from exc
            await asyncio.sleep(LOOK_EVERY_S)


async def _ignore(_: Exception) -> None:
    """nats-py would print it; a server that is gone shows as a process that died."""


async def _create_stream(client: Client, config: dict[str, Any]) -> None:
    reply = await client.request(
        f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode(), timeout=CONNECT_WITHIN_S
    )
    error = json.loads(reply.data).get("error")
    if error:
        raise TryError(
            f"stream {config['name']} is refused by nats-server: {error.get('description')}",
            remedy="this is a defect of the try; please report it",
        )


def build_settings(account: str) -> Settings:
    """What the operator would write for one account: everything, for one subscription."""
    return Settings(
        namespace=world.NAMESPACE,
        account=account,
        uid=f"{UID[:-1]}{account[-1]}",
        environment="Test",
        subscriptions=(Subscription(name=world.SUBSCRIPTION, uid=UID, rules=Rules(select=(Rule(),))),),
    )


def build_route(epoch: int, move: Move, accounts: tuple[str, ...]) -> Route:
    return Route(
        uid=UID,
        epoch=epoch,
        named=move.to,
        candidates=accounts,
        reason=move.reason,
        nonce=secrets.token_hex(8),
        decided_at_ns=time.time_ns(),
    )
