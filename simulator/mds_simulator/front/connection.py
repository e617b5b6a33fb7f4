"""One client's connection: the handshake, whole frames in, frames out, the way it ends."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from mds_simulator import wire
from mds_simulator.front.error_codes import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_log = logging.getLogger(__name__)


class Desk(Protocol):
    """What serves the requests of one connection; the market-data and the trading side each have one."""

    def handle(self, frame: wire.Frame) -> Iterable[bytes]:
        """The answers, as frames. Raises WireError for what a library would never send."""

    def ended(self) -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    def __init__(
        self,
        make_desk: Callable[[Connection], Desk],
        *,
        side: bytes,
        queries_per_second: int,
        is_frozen: Callable[[], bool],
    ) -> None:
        self._side = side
        self._queries_per_second = queries_per_second
        self._is_frozen = is_frozen
        self._reader = wire.FrameReader()
        self._greeted = False
        self._transport: asyncio.Transport | None = None
        self.desk = make_desk(self)

    # --- asyncio.Protocol -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a stream transport is needed, not {type(transport).__name__}")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._take(frame)
        except wire.WireError as exc:
            _log.warning("a client does not speak our protocol: %s", exc)
            self.disconnect(Reason.BAD_PACKET)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended changes nothing
        self._transport = None
        self.desk.ended()

    # --- what the front uses --------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport else 0

    def send(self, frame: bytes) -> bool:
        """False if nothing was sent: the connection is gone, not greeted yet, or the front is frozen."""
        if self._transport is None or not self._greeted or self._transport.is_closing() or self._is_frozen():
            return False
        self._transport.write(frame)
        return True

    def disconnect(self, reason: int) -> None:
        """Says why, then closes: the library reports this reason."""
        if self._transport is not None:
            self._transport.write(wire.pack_frame(wire.Kind.DISCONNECT, wire.REASON.pack(reason)))
            self._transport.close()

    def cut(self) -> None:
        """Closes without a word, whatever is unsent: the library reports a failed read."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, frame: wire.Frame) -> None:
        if not self._greeted:
            self._greet(frame)
        elif frame.kind is not wire.Kind.HEARTBEAT:
            for answer in self.desk.handle(frame):
                self.send(answer)

    def _greet(self, frame: wire.Frame) -> None:
        if frame.kind is not wire.Kind.HELLO or len(frame.body) != wire.HELLO.size:
            raise wire.WireError(f"the first frame is {frame.kind.name}, not HELLO")
        magic, version, side = wire.HELLO.unpack(frame.body)
        if (magic, version) != (wire.MAGIC, wire.VERSION):
            raise wire.WireError(
                f"the library speaks version {version}, this front {wire.VERSION}; rebuild it"
            )
        if side != self._side:
            raise wire.WireError("a trading library at a market-data front, or the reverse")
        self._greeted = True
        self.send(
            wire.pack_frame(wire.Kind.WELCOME, wire.WELCOME.pack(wire.VERSION, self._queries_per_second))
        )
