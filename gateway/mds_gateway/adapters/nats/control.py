"""The two nats-py connections beside the ticks: one for requests and KV, one for heartbeats alone.

Heartbeats have a connection of their own so that a slow reply can never delay them: their absence moves a
feed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import nats
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js.errors import APIError, KeyNotFoundError, NotFoundError

from mds_gateway.adapters.nats import reading, stream
from mds_gateway.adapters.nats.arriving import ArrivalError, check_way_in
from mds_gateway.adapters.nats.fetching import fetch_held
from mds_gateway.adapters.nats.identities import read_identities
from mds_gateway.adapters.nats.trouble import FOREIGN, maps_trouble
from mds_protocol.wire import fence as wire_fence
from mds_protocol.wire import headers
from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import CONTRACTS_BUCKET, ROUTES_BUCKET
from mds_runtime.nats.connection import ClientConnection
from mds_runtime.nats.words import describe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from mds_gateway.domain.renewing import StreamRoom
    from mds_gateway.domain.serving import Destination
    from mds_protocol.failover.fencing import Fence
    from mds_protocol.failover.takeover import Last
    from mds_protocol.wire.subjects import ProductKey
    from mds_runtime.nats.access import Access

log = logging.getLogger(__name__)

RECONNECT_WAIT_S = 0.25
PING_EVERY_S = 2
REQUEST_TIMEOUT_S = 2.0
CONTRACTS_TIMEOUT_S = 10.0  # 25,000 are some megabytes
ASK_AGAIN_S = 0.25
UNAVAILABLE = 503
NOT_ENABLED = frozenset({10039, 10076})
"""JetStream's codes: not for this account, not on this server. Waiting does not change them."""

type Listen = Callable[[str, bytes], None]
"""Told the subject and the message."""
type Respond = Callable[[str, bytes], Awaitable[bytes | None]]
"""Told the same; returns the answer. None: somebody else answers."""


@dataclass(slots=True)
class Control:
    """Open connections. Implements `bridge.StreamOperations`. Each request fails with `NatsTrouble` alone."""

    access: Access
    name: str
    client: Client
    heart: Client
    js: JetStreamContext

    @classmethod
    async def open(cls, access: Access, name: str, timeout_s: float) -> Self:
        await check_way_in(access, f"{name} first contact", timeout_s)
        client = await _connect(access, f"{name} control", timeout_s)
        try:
            await _await_jetstream(client, access, timeout_s)
        except ArrivalError:
            await client.close()
            raise
        heart = await _connect(access, f"{name} heartbeat", timeout_s)
        return cls(access, name, client, heart, client.jetstream(timeout=REQUEST_TIMEOUT_S))

    @property
    def connection(self) -> ClientConnection:
        """For whoever follows a stream."""
        return ClientConnection(self.client)

    async def close(self) -> None:
        for connection in (self.client, self.heart):
            with contextlib.suppress(NatsError, OSError, TimeoutError):
                await connection.close()

    # --- the stream

    @maps_trouble
    async def read_standing(self, destination: Destination) -> tuple[Route | None, Fence | None]:
        """The route and the newest fence, as their leaders have them. None for a route that is none."""
        fence = await stream.read_fence(self.js, destination.stream, destination.fence_subject)
        try:
            message = await self.js.get_last_msg(
                f"KV_{ROUTES_BUCKET}", f"$KV.{ROUTES_BUCKET}.{destination.route_key}"
            )
        except NotFoundError:
            return None, fence
        try:
            return Route.decode(message.data or b""), fence
        except WireError as exc:
            # Whoever follows the key tells people; a claim that waits for another route would never end.
            log.debug("route %s: %s", destination.route_key, exc)
            return None, fence

    @maps_trouble
    async def write_fence(self, destination: Destination, fence: wire_fence.Fence, over: int) -> Fence | None:
        return await stream.write_fence(self.js, destination.stream, destination.fence_subject, fence, over)

    @maps_trouble
    async def read_last(self, destination: Destination, up_to: int) -> Mapping[bytes, Last[bytes]]:
        wanted = reading.Wanted(
            destination.stream, destination.wildcard, destination.fence_subject, up_to, destination.encoding
        )
        return await reading.read_last(self.access, wanted, f"{self.name} reading")

    @maps_trouble
    async def read_room(self, destination: Destination) -> StreamRoom:
        return await stream.read_room(self.js, destination.stream)

    @maps_trouble
    async def write_route(self, key: str, route: Route, revision: int) -> None:
        """By compare-and-set: of two writers one is refused."""
        conditions = {headers.EXPECTED_SEQUENCE: str(revision)}
        await self.js.publish(f"$KV.{ROUTES_BUCKET}.{key}", route.encode(), headers=conditions)

    @maps_trouble
    async def read_epoch_sequences(
        self, destination: Destination, subjects: list[str], epoch: int
    ) -> dict[str, int]:
        """For a witness: the sequence of each subject's last tick, where it belongs to the epoch."""
        found: dict[str, int] = {}
        for subject in subjects:
            with contextlib.suppress(NotFoundError):
                message = await self.js.get_last_msg(destination.stream, subject, direct=True)
                value = (message.headers or {}).get(headers.MDS_PUB, "")
                if message.seq and headers.parse_publication(value).epoch == epoch:
                    found[subject] = message.seq
        return found

    @maps_trouble
    async def read_identities(
        self, destination: Destination, subjects: list[str], back_s: float
    ) -> Mapping[bytes, set[bytes]]:
        return await read_identities(self.client, destination.stream, subjects, back_s)

    @maps_trouble
    async def probe(self, stream_name: str, subject: str) -> None:
        await stream.probe(self.js, stream_name, subject)

    @maps_trouble
    async def publish_event(self, subject: str, body: bytes, identity: str) -> None:
        """Stored once, however often it is asked for within the stream's window for duplicates."""
        await self.js.publish(subject, body, timeout=REQUEST_TIMEOUT_S, headers={headers.MSG_ID: identity})

    # --- contracts

    @maps_trouble
    async def write_contracts(self, product: ProductContracts) -> bool:
        """By compare-and-set, if they differ and the trading day is not older. True: written."""
        bucket = await self.js.key_value(CONTRACTS_BUCKET)
        key = product.key.encode()
        try:
            entry = await bucket.get(key)
        except KeyNotFoundError:
            await bucket.create(key, product.encode())
            return True
        standing = ProductContracts.decode(entry.value or b"")
        if standing.contracts == product.contracts or standing.trading_day > product.trading_day:
            return False
        await bucket.update(key, product.encode(), last=entry.revision)
        return True

    @maps_trouble
    async def holds_contracts(self, key: ProductKey) -> bool:
        bucket = await self.js.key_value(CONTRACTS_BUCKET)
        try:
            await bucket.get(key.encode())
        except KeyNotFoundError:
            return False
        return True

    @maps_trouble
    async def read_contracts(self, prefix: str) -> list[ProductContracts]:
        """All products of a gateway type and environment."""
        wish = {
            "deliver_policy": "last_per_subject",
            "filter_subject": f"$KV.{CONTRACTS_BUCKET}.{prefix}.>",
        }
        held = await fetch_held(self.client, f"KV_{CONTRACTS_BUCKET}", wish, CONTRACTS_TIMEOUT_S)
        return [ProductContracts.decode(message.data) for message in held]

    # --- core NATS

    @property
    def is_hearing(self) -> bool:
        """Whether heartbeats can come and go."""
        return self.heart.is_connected

    @maps_trouble
    async def beat(self, subject: str, body: bytes) -> None:
        """Only while connected: nats-py would keep it and send it later, as if it were fresh."""
        if self.heart.is_connected:
            await self.heart.publish(subject, body)

    @maps_trouble
    async def listen_to_hearts(self, subject: str, listen: Listen) -> None:
        async def hear(message: Msg) -> None:
            listen(message.subject, message.data)

        await self.heart.subscribe(subject, cb=hear)

    @maps_trouble
    async def answer(self, subject: str, respond: Respond) -> None:
        """From now on: every request that can be answered."""

        async def hear(message: Msg) -> None:
            if not message.reply or (reply := await respond(message.subject, message.data)) is None:
                return
            try:
                await message.respond(reply)
            except FOREIGN as exc:
                log.debug("a reply was not sent: %s", describe(exc))

        await self.client.subscribe(subject, cb=hear)

    async def tell(self, subject: str, body: bytes) -> None:
        """Core publish: nobody has to listen, and while NATS is away nobody can."""
        with contextlib.suppress(NatsError, OSError):
            if self.client.is_connected:
                await self.client.publish(subject, body)


async def _connect(access: Access, name: str, timeout_s: float) -> Client:
    options: dict[str, Any] = {
        **access.build_options(),
        "name": name,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": RECONNECT_WAIT_S,
        "ping_interval": PING_EVERY_S,
        "max_outstanding_pings": 2,
        "allow_reconnect": True,
        "connect_timeout": 2,
        "error_cb": _note_error,
    }
    where = access.where
    try:
        async with asyncio.timeout(timeout_s):
            return await nats.connect(**options)
    except TimeoutError as exc:
        raise ArrivalError(f"NATS at {where} was not reached within {timeout_s:g} s") from exc
    except (NatsError, OSError) as exc:
        raise ArrivalError(f"NATS at {where} takes no connection: {describe(exc)}") from exc


async def _note_error(exc: Exception) -> None:
    """nats-py would print every failed attempt to reconnect; what matters shows in the heartbeat's errors."""
    log.debug("nats-py: %s", describe(exc))


class _NotYetError(Exception):
    """JetStream does not serve now, and may in a moment: a big store that is read, a leader to be elected."""


async def _await_jetstream(client: Client, access: Access, timeout_s: float) -> None:
    """Asks until it serves; what the server says for good ends it at once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    where = access.where
    while True:
        try:
            return await _check_jetstream(client, where)
        except _NotYetError as exc:
            if loop.time() + ASK_AGAIN_S > deadline:
                raise ArrivalError(
                    f"NATS at {where} did not serve JetStream within {timeout_s:g} s: {exc};"
                    " see its log, and allow publish $JS.API.> and subscribe _INBOX.>"
                ) from exc
            await asyncio.sleep(ASK_AGAIN_S)


async def _check_jetstream(client: Client, where: str) -> None:
    try:
        reply = await client.request("$JS.API.INFO", b"", timeout=REQUEST_TIMEOUT_S)
    except NoRespondersError as exc:
        raise ArrivalError(f"NATS at {where} has no JetStream; start nats-server with --jetstream") from exc
    except (NatsError, TimeoutError) as exc:
        if client.last_error is None:
            raise _NotYetError(describe(exc)) from exc
        raise ArrivalError(
            f"NATS at {where} does not let this user ask JetStream: {describe(client.last_error)};"
            " allow publish $JS.API.> and subscribe _INBOX.>"
        ) from exc
    error = json.loads(reply.data).get("error")
    if error is None:
        return
    problem = describe(APIError(**error))
    if error.get("code") == UNAVAILABLE and error.get("err_code") not in NOT_ENABLED:
        raise _NotYetError(problem)
    raise ArrivalError(f"NATS at {where} refuses JetStream to this user's account: {problem}")
