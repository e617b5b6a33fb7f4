"""Raw connections to NATS: the one that carries ticks, and what it shares with the one that reads them back.

nats-py costs several microseconds and an allocation storm per message; these write pre-framed batches and
read by the bufferful. They never reconnect by themselves: what was in flight is in doubt then, and only the
claim knows what to do.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

import msgspec

from mds_gateway.adapters.nats.parsing import Incoming, ProtocolError, Reader, Signals
from mds_runtime.nats.addresses import AccessError
from mds_runtime.nats.words import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_gateway.domain.feed import Parcel
    from mds_gateway.domain.framing import SharedHead
    from mds_runtime.nats.access import Access

# Bytes that a dead peer never acknowledged end the connection so soon, not after the kernel's minutes.
TCP_USER_TIMEOUT_MS = 3_000
PING_EVERY_S = 2.0
UNANSWERED_PINGS = 2
# What a server says to credentials that it does not take. After those it hangs up.
_REFUSALS = ("authorization violation", "user authentication", "account authentication")


class ConnectRefusedError(ConnectionError):
    """No server of the list was usable. `is_final`: one gave a reason that waiting does not change."""

    def __init__(self, problem: str, *, is_final: bool = False) -> None:
        super().__init__(problem)
        self.is_final = is_final


class FrameReader[I: Signals](Protocol):
    """Turns what the server sends into what one read brought; keeps the incomplete frame at the end."""

    def feed(self, data: bytes) -> I: ...


class NatsConnection[I: Signals](asyncio.Protocol, ABC):
    """An open, authenticated connection. `on_lost` is called once, from the loop, whatever ended it."""

    def __init__(self, on_incoming: Callable[[I], None], on_lost: Callable[[str], None]) -> None:
        self._on_incoming = on_incoming
        self._on_lost = on_lost
        self._reader = self.make_reader()
        self._transport: asyncio.Transport | None = None
        self._info: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.inbox = f"_INBOX.{secrets.token_hex(8)}".encode()
        """Replies to any one token below it come back here."""
        self._unanswered = 0
        self._ping: asyncio.TimerHandle | None = None
        self._end: str | None = None
        self._end_is_final = False

    @staticmethod
    @abstractmethod
    def make_reader() -> FrameReader[I]: ...

    @classmethod
    async def open(
        cls,
        access: Access,
        on_incoming: Callable[[I], None],
        on_lost: Callable[[str], None],
        *,
        name: str,
        timeout_s: float,
    ) -> Self:
        """Connects to the first server that answers."""
        problems: list[str] = []
        is_final = False
        for server in access.servers:
            connection = cls(on_incoming, on_lost)
            try:
                async with asyncio.timeout(timeout_s):
                    await connection._sign_on(access, str(server.hostname), server.port or 0, name)
            except (OSError, TimeoutError, AccessError) as exc:
                problem = connection._missing() if isinstance(exc, TimeoutError) else describe(exc)
                connection.close("never came up")
                problems.append(f"{server.hostname}:{server.port}: {problem}")
                is_final = is_final or _is_final(exc)
            else:
                return connection
        raise ConnectRefusedError("; ".join(problems), is_final=is_final)

    @property
    def server(self) -> Mapping[str, Any]:
        """What the server said of itself."""
        return self._info.result()

    def write(self, frames: bytes) -> None:
        """Whole frames; into the void once the connection has ended."""
        if self._transport is not None and self._end is None:
            self._transport.write(frames)

    def close(self, why: str) -> None:
        """Ends it now. What the kernel still holds may yet reach the server: only a new fence stops that."""
        if self._transport is not None:
            self._transport.abort()
        self._finish(why)

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # NB: uvloop's transports do not derive from asyncio.Transport, so no isinstance here.
        self._transport = cast("asyncio.Transport", transport)
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        try:
            incoming = self._reader.feed(data)
        except ProtocolError as exc:
            self._end_is_final = True
            self.close(str(exc))
            return
        if incoming.pings and self._transport is not None:
            self._transport.write(b"PONG\r\n" * incoming.pings)
        self._note_state(incoming)
        if incoming.has_content:
            self._on_incoming(incoming)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(f"connection lost: {exc or 'closed by the server'}")

    # ---

    async def _sign_on(self, access: Access, host: str, port: int, name: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, port)
        info = await self._info
        if access.wants_tls or info.get("tls_required"):
            if not info.get("tls_required") and not info.get("tls_available"):
                raise ConnectRefusedError("the server offers no TLS", is_final=True)
            self._transport = await loop.start_tls(
                self._opened, self, access.tls_context(), server_hostname=host
            )
        if not info.get("headers"):
            raise ConnectRefusedError("the server has headers switched off", is_final=True)
        connect = {
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
            "name": name,
            "lang": "python",
            "version": "mds",
            "protocol": 1,
            **access.connect_fields(info.get("nonce")),
        }
        self._opened.write(
            b"CONNECT %b\r\nSUB %b.* 1\r\nPING\r\n" % (msgspec.json.encode(connect), self.inbox)
        )
        await self._ready
        self._schedule_ping()

    def _missing(self) -> str:
        """What was waited for when the time was over."""
        if self._transport is None:
            return "no answer"
        # NB: a future that was waited for when the time was over is done, too: cancelled.
        if _has_come(self._info):
            return "takes CONNECT but does not answer"
        return "says nothing, as no NATS server does"

    @property
    def _opened(self) -> asyncio.Transport:
        if self._transport is None:
            raise ConnectRefusedError(self._end or "closed")
        return self._transport

    def _note_state(self, incoming: Signals) -> None:
        if incoming.error is not None:
            self._end_is_final = incoming.error.lower().startswith(_REFUSALS)
            self.close(f"the server says: {incoming.error}")
        elif incoming.info is not None and not self._info.done():
            self._note_info(incoming.info)
        elif incoming.pongs:
            self._unanswered = 0
            if not self._ready.done():
                self._ready.set_result(None)

    def _note_info(self, text: bytes) -> None:
        try:
            self._info.set_result(msgspec.json.decode(text, type=dict[str, Any]))
        except msgspec.MsgspecError:
            self._end_is_final = True
            self.close("says INFO, but not as NATS does")

    def _schedule_ping(self) -> None:
        self._ping = asyncio.get_running_loop().call_later(PING_EVERY_S, self._send_ping)

    def _send_ping(self) -> None:
        if self._unanswered >= UNANSWERED_PINGS:
            self.close(f"no answer to {UNANSWERED_PINGS} pings")
            return
        self._unanswered += 1
        if self._transport is not None:
            self._transport.write(b"PING\r\n")
        self._schedule_ping()

    def _finish(self, why: str) -> None:
        if self._end is not None:
            return
        self._end = why
        if self._ping is not None:
            self._ping.cancel()
        came_up = _has_come(self._ready)
        for waiting in (self._info, self._ready):
            if not waiting.done():
                waiting.set_exception(ConnectRefusedError(why, is_final=self._end_is_final))
                waiting.exception()  # somebody may have given up waiting: not an error of its own
        if came_up:
            self._on_lost(why)


class PublishConnection(NatsConnection[Incoming]):
    """Publishes in bulk, hears acks in bulk, nothing else."""

    @staticmethod
    def make_reader() -> Reader:
        return Reader()

    def send(self, batch: int, head: SharedHead, parcel: Parcel, published_ns: int) -> None:
        heads = head.of_batch(b"%b.%d" % (self.inbox, batch), parcel.count)
        self.write(parcel.frame(heads, published_ns))


def _has_come(waiting: asyncio.Future[Any]) -> bool:
    return waiting.done() and not waiting.cancelled() and waiting.exception() is None


def _is_final(exc: Exception) -> bool:
    """Whether another try would end the same way."""
    if isinstance(exc, ConnectRefusedError):
        return exc.is_final
    return isinstance(exc, ssl.SSLError | AccessError)
