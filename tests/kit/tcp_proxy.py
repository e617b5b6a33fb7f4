"""A TCP proxy that can hold bytes and deliver them later, also after their sender has gone.

It goes on reading while it holds, so the sender's kernel believes that all was delivered: that is what a
switch with a long queue, a paused virtual machine or a half-open partition looks like from both ends.

    gateway --bytes--> [ queue ] --gate--> server        outgoing
    gateway <--gate--- [ queue ] <-bytes-- server        incoming
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine

READ_BYTES = 1 << 16
LOCAL = "127.0.0.1"


class Held(Enum):
    """What is held while the proxy holds."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    BOTH = "both"


@dataclass(slots=True)
class _Direction:
    """One way of all connections: open or held, and what passed it after it had been held."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    late_publishes: int = 0

    def __post_init__(self) -> None:
        self.gate.set()


class HoldingProxy:
    def __init__(
        self, server_port: int, server_host: str = LOCAL, listen_on: tuple[str, int] = (LOCAL, 0)
    ) -> None:
        self._server = (server_host, server_port)
        self._listen_on = listen_on
        self._outgoing = _Direction()
        self._incoming = _Direction()
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._take, *self._listen_on)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._listener is not None, "the proxy is not open"
        host, port = self._listener.sockets[0].getsockname()
        return f"nats://{host}:{port}"

    def hold(self, held: Held) -> None:
        if held is not Held.INCOMING:
            self._outgoing.gate.clear()
        if held is not Held.OUTGOING:
            self._incoming.gate.clear()

    def release(self) -> None:
        self._outgoing.gate.set()
        self._incoming.gate.set()

    async def cut(self) -> None:
        """End every connection; new ones may come."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def late_publishes(self) -> int:
        """Ticks that were delivered after they had been held: their frames begin with HPUB md."""
        return self._outgoing.late_publishes

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._server)
        except OSError:
            writer.close()
            return
        self._start(_pass_on(reader, server_writer, self._outgoing))
        self._start(_pass_on(server_reader, writer, self._incoming))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Direction) -> None:
    """Ends when all that was read is delivered; that the reader's end has gone changes nothing about it."""
    queue: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
    delivering = asyncio.get_running_loop().create_task(_deliver(queue, writer, way))
    try:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(READ_BYTES):
                queue.put_nowait((data, not way.gate.is_set()))
        queue.put_nowait((b"", False))
        await delivering
    finally:
        delivering.cancel()
        writer.close()


async def _deliver(
    queue: asyncio.Queue[tuple[bytes, bool]], writer: asyncio.StreamWriter, way: _Direction
) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            data, was_held = await queue.get()
            await way.gate.wait()
            if not data:
                return
            if was_held:
                way.late_publishes += data.count(b"HPUB md.")
            writer.write(data)
            await writer.drain()
