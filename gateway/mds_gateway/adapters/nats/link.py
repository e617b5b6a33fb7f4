"""Keeps the connection that carries the ticks up, and says when it comes and goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.connection import ConnectRefusedError, PublishConnection

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.parsing import Incoming
    from mds_runtime.nats.access import Access

CONNECT_TIMEOUT_S = 2.0
RECONNECT_EVERY_S = 0.25


class Listener(Protocol):
    def on_incoming(self, incoming: Incoming) -> None: ...
    def on_no_connection(self, why: str) -> None: ...
    def on_connected(self) -> None: ...
    def on_disconnected(self, why: str) -> None: ...


class TickLink:
    def __init__(self, access: Access, name: str, listener: Listener) -> None:
        self.connection: PublishConnection | None = None
        """None while there is none."""
        self.connections = 0
        """Times that it came up."""
        self._access = access
        self._name = name
        self._listener = listener

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._run_one_connection()
                await asyncio.sleep(RECONNECT_EVERY_S)
        finally:
            self.close("the gateway ends")

    def close(self, why: str) -> None:
        """Give the connection up; another one is made."""
        if self.connection is not None:
            self.connection.close(why)

    async def _run_one_connection(self) -> None:
        lost: asyncio.Queue[str] = asyncio.Queue()
        try:
            self.connection = await PublishConnection.open(
                self._access,
                self._listener.on_incoming,
                lost.put_nowait,
                name=self._name,
                timeout_s=CONNECT_TIMEOUT_S,
            )
        except ConnectRefusedError as exc:
            self._listener.on_no_connection(str(exc))
            return
        self.connections += 1
        self._listener.on_connected()
        why = await lost.get()
        self.connection = None
        self._listener.on_disconnected(why)
