"""One front: a listening port, its clients, its faults, and the record of what it delivered."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Final, Self

from mds_simulator import wire
from mds_simulator.front.connection import Connection, Desk
from mds_simulator.front.delivered import Deliveries, DeliveryKind
from mds_simulator.front.faults import Faults
from mds_simulator.front.market_data import MarketDataDesk
from mds_simulator.front.shaping import Shaper
from mds_simulator.front.trading import TradingDesk

if TYPE_CHECKING:
    from mds_simulator.exchange.board import StatusChange
    from mds_simulator.exchange.market import Batch, Market
    from mds_simulator.front.accounts import Registry

_HEARTBEAT: Final = wire.pack_frame(wire.Kind.HEARTBEAT)
_sessions: Final = count(1)


class Side(StrEnum):
    MARKET_DATA = "md"
    TRADING = "td"


@dataclass(frozen=True, slots=True)
class FrontSettings:
    side: Side
    name: str
    host: str
    port: int  # 0: any free one

    @classmethod
    def parse(cls, text: str) -> Self:
        """`md:NAME=HOST:PORT` or `td:NAME=HOST:PORT`."""
        side, _, rest = text.partition(":")
        name, _, address = rest.partition("=")
        host, _, port = address.rpartition(":")
        if side not in set(Side) or not name or not host or not port.isdecimal():
            raise ValueError("a front is md:NAME=HOST:PORT or td:NAME=HOST:PORT")
        return cls(Side(side), name, host, int(port))


@dataclass(frozen=True, slots=True)
class FrontLimits:
    """0: no limit."""

    queries_per_second: int = 1
    sending_list: int = 10_000  # snapshots that may wait for a slow client; then it is cut
    delivered: int = 20_000_000


class Front:
    def __init__(
        self,
        settings: FrontSettings,
        limits: FrontLimits,
        market: Market,
        registry: Registry,
        *,
        number: int,
        seed: int,
    ) -> None:
        self.settings = settings
        self.market = market
        self.registry = registry
        self.front_id = number
        self.deliveries = Deliveries(limits.delivered)
        self.unsent_limit_bytes = limits.sending_list * wire.TICK_BYTES
        self._limits = limits
        self._random = Random(f"{seed} {settings.name}")  # noqa: S311 - reproducible faults, not a secret
        self._desks: set[MarketDataDesk | TradingDesk] = set()
        self._server: asyncio.Server | None = None
        self._port = settings.port
        self._held: socket.socket | None = None
        self.faults = Faults()
        self.shaper = self._make_shaper()

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def port(self) -> int:
        return self._port

    @property
    def is_up(self) -> bool:
        return self._server is not None

    def set_faults(self, faults: Faults) -> None:
        if faults.patience_ms != self.faults.patience_ms:
            self.faults = replace(self.faults, frozen=False)  # it speaks once more, or again
            for desk in self._desks:
                desk.connection.send(
                    wire.pack_frame(wire.Kind.PATIENCE, wire.PATIENCE.pack(faults.patience_ms))
                )
        if faults.refuse_subscribe != self.faults.refuse_subscribe:
            for desk in self._desks:
                if isinstance(desk, MarketDataDesk):
                    desk.tell_refusal(faults.refuse_subscribe)
        self.faults = faults
        self.shaper = self._make_shaper()

    def _make_shaper(self) -> Shaper:
        return Shaper(self.faults, self.market.contracts, self._random)

    # --- its life -------------------------------------------------------------------------------------------

    async def up(self) -> None:
        """Listens; the port stays the same for ever, also if it was chosen by the system."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._connection,
                self.settings.host,
                self._port,
                reuse_address=True,
                reuse_port=self.settings.port == 0,
            )
            if self._port == 0:
                self._held = _hold(self._server.sockets[0])
                self._port = self._held.getsockname()[1]

    async def down(self) -> None:
        """Stops listening and cuts every client: the process or the machine is gone."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for desk in tuple(self._desks):
                desk.connection.cut()
            await server.wait_closed()

    async def close(self) -> None:
        await self.down()
        if self._held is not None:
            self._held.close()

    def drop(self, reason: int, user: str | None) -> int:
        """Ends the connections of one user or of all with this reason; how many."""
        chosen = [desk for desk in self._desks if user in {None, desk.who.user}]
        for desk in chosen:
            desk.connection.disconnect(reason)
        return len(chosen)

    def forget(self, desk: MarketDataDesk | TradingDesk) -> None:
        self._desks.discard(desk)

    def _connection(self) -> Connection:
        return Connection(
            self._desk,
            side=b"m" if self.settings.side is Side.MARKET_DATA else b"t",
            queries_per_second=self._limits.queries_per_second,
            is_frozen=lambda: self.faults.frozen,
        )

    def _desk(self, connection: Connection) -> Desk:
        desk_type = MarketDataDesk if self.settings.side is Side.MARKET_DATA else TradingDesk
        desk = desk_type(self, connection, next(_sessions))
        self._desks.add(desk)
        return desk

    # --- what it sends unasked ------------------------------------------------------------------------------

    def publish(self, batch: Batch, kind: DeliveryKind = DeliveryKind.LIVE) -> None:
        for desk in self._desks:
            if isinstance(desk, MarketDataDesk):
                desk.publish(batch, kind)

    def publish_status(self, changes: list[StatusChange]) -> None:
        for desk in self._desks:
            if isinstance(desk, TradingDesk):
                desk.publish_status(changes)

    def send_heartbeats(self) -> None:
        for desk in self._desks:
            desk.connection.send(_HEARTBEAT)

    def clients(self) -> list[dict[str, object]]:
        return [
            {
                "user": desk.who.user,
                "subscribed": len(desk.subscribed) if isinstance(desk, MarketDataDesk) else 0,
                "unsent_bytes": desk.connection.unsent_bytes,
            }
            for desk in self._desks
        ]


def _hold(listener: socket.socket) -> socket.socket:
    """Keeps the port while the front is down: the system would give it to somebody else.

    Whoever only binds gets no connection; they are refused.
    """
    held = socket.socket(listener.family)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(listener.getsockname())
    return held
