"""The last steps of a snapshot to one client: filter, fault, conflation, lag, the write, the record of it.

What this class wrote is what `GET /delivered` shows, and nothing else is.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_simulator import wire
from mds_simulator.front.delivered import Deliveries, DeliveryKind, Receiver

if TYPE_CHECKING:
    from mds_simulator.front.connection import Connection
    from mds_simulator.front.faults import Faults
    from mds_simulator.front.shaping import Shaper

_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Parcel:
    """Snapshots for one client: contract number, serial and bytes stand at the same place."""

    contracts: list[int]
    serials: list[int]
    ticks: list[bytes]
    kind: DeliveryKind = DeliveryKind.LIVE


class Outbox:
    def __init__(
        self, connection: Connection, receiver: Receiver, deliveries: Deliveries, unsent_limit_bytes: int
    ) -> None:
        self._connection = connection
        self._receiver = receiver
        self._deliveries = deliveries
        self._unsent_limit_bytes = unsent_limit_bytes
        self._late: deque[tuple[float, Parcel]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._newest: dict[int, tuple[int, bytes]] = {}
        self._conflation: asyncio.TimerHandle | None = None

    def put(self, parcel: Parcel, faults: Faults, shaper: Shaper) -> None:
        if faults.silent:
            return
        if not faults.passes_all:
            parcel = _shaped(parcel, shaper)
        if not parcel.ticks:
            return
        if faults.conflate_ms and parcel.kind is DeliveryKind.LIVE:
            self._conflate(parcel, faults)
        else:
            self._delay(parcel, faults.lag_ms)

    def close(self) -> None:
        for timer in (self._timer, self._conflation):
            if timer is not None:
                timer.cancel()

    def _conflate(self, parcel: Parcel, faults: Faults) -> None:
        self._newest.update(
            zip(parcel.contracts, zip(parcel.serials, parcel.ticks, strict=True), strict=True)
        )
        if self._conflation is None:
            loop = asyncio.get_running_loop()
            self._conflation = loop.call_later(faults.conflate_ms / _MS, self._flush_newest, faults.lag_ms)

    def _flush_newest(self, lag_ms: int) -> None:
        self._conflation = None
        newest, self._newest = self._newest, {}
        serials, ticks = zip(*newest.values(), strict=True)
        self._delay(Parcel(list(newest), list(serials), list(ticks)), lag_ms)

    def _delay(self, parcel: Parcel, lag_ms: int) -> None:
        """A lag that shrinks must not let new snapshots overtake old ones."""
        if not lag_ms and not self._late:
            self._write(parcel)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + lag_ms / _MS
        self._late.append((max(due, self._late[-1][0]) if self._late else due, parcel))
        if self._timer is None:
            self._timer = loop.call_at(self._late[0][0], self._write_late)

    def _write_late(self) -> None:
        loop = asyncio.get_running_loop()
        while self._late and self._late[0][0] <= loop.time():
            self._write(self._late.popleft()[1])
        self._timer = loop.call_at(self._late[0][0], self._write_late) if self._late else None

    def _write(self, parcel: Parcel) -> None:
        sent = self._connection.send(wire.pack_frame(wire.Kind.TICKS, b"".join(parcel.ticks)))
        if not sent:
            return
        self._deliveries.add(time.time_ns(), self._receiver, parcel.kind, parcel.contracts, parcel.serials)
        if self._unsent_limit_bytes and self._connection.unsent_bytes > self._unsent_limit_bytes:
            self._connection.cut()


def _shaped(parcel: Parcel, shaper: Shaper) -> Parcel:
    kept = Parcel([], [], [], parcel.kind)
    for number, serial, tick in zip(parcel.contracts, parcel.serials, parcel.ticks, strict=True):
        shaped = shaper.shape(number, tick)
        if shaped is not None:
            kept.contracts.append(number)
            kept.serials.append(serial)
            kept.ticks.append(shaped)
    return kept
