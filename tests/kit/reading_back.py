"""Reads the whole stream back and says what is in it; counting is the oracle's.

The serial of a snapshot (`curr_delta`) joins a stored tick with the delivery that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from mds_protocol.wire import headers
from mds_protocol.wire.events import Takeover
from mds_protocol.wire.fence import Fence
from mds_simulator.counting import join, records
from tests.kit.direct_reading import Message, Server, read_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class StoredTick:
    sequence: int
    time_ns: int
    """The stream's."""
    epoch: int
    account: str
    contract: str
    serial: int
    identity: str
    order_key: tuple[int, int]

    @property
    def mark(self) -> join.Mark:
        return self.contract, self.serial


@dataclass(frozen=True, slots=True)
class StoredFence:
    sequence: int
    time_ns: int
    epoch: int
    account: str


class Counted(msgspec.Struct):
    """Of a tick's body, only what is counted by."""

    symbol: str
    exchange_time_ns: int
    volume: int
    curr_delta: float

    @property
    def contract(self) -> str:
        return self.symbol

    @property
    def serial(self) -> int:
        return int(self.curr_delta)

    @property
    def order_key(self) -> tuple[int, int]:
        return self.exchange_time_ns, self.volume


decode_counted = msgspec.json.Decoder(Counted).decode


def read_ticks(server: Server | int, subject: str = "md.>", first: int = 1) -> list[StoredTick]:
    return [build_tick(message) for message in read_stream(server, "MD", subject, first)]


def read_fences(server: Server | int, subject: str = "mds.fence.>") -> list[StoredFence]:
    return [build_fence(message) for message in read_stream(server, "MD", subject)]


def read_takeovers(port: int) -> list[Takeover]:
    messages = read_stream(port, "MDS-EVENTS", "mds.event.*.takeover.*")
    return [Takeover.decode(message.data) for message in messages]


def build_tick(message: Message) -> StoredTick:
    publication = headers.parse_publication(message.headers[headers.MDS_PUB])
    body = decode_counted(message.data)
    return StoredTick(
        sequence=message.sequence,
        time_ns=parse_ns(message.stored_at),
        epoch=publication.epoch,
        account=publication.account,
        contract=body.contract,
        serial=body.serial,
        identity=message.headers[headers.MSG_ID],
        order_key=body.order_key,
    )


def build_fence(message: Message) -> StoredFence:
    fence = Fence.decode(message.data)
    return StoredFence(message.sequence, parse_ns(message.stored_at), fence.epoch, fence.account)


def parse_ns(text: str) -> int:
    """`2026-11-21T12:18:53.6874Z`: Python's datetime knows microseconds only."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=UTC)
    return int(whole.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))


# --- for the oracle


def build_epochs(fences: Iterable[StoredFence]) -> list[join.Epoch]:
    return records.begin_epochs(join.Epoch(one.epoch, one.account, one.time_ns) for one in fences)


def build_stored(ticks: Iterable[StoredTick]) -> list[join.Stored]:
    return [join.Stored(one.epoch, one.contract, one.serial, one.identity, one.order_key) for one in ticks]


# --- what the oracle does not say


def find_late(ticks: Iterable[StoredTick], fences: Iterable[StoredFence]) -> list[StoredTick]:
    """Ticks of an epoch that stand behind the fence of a later one: what a fence is there to prevent."""
    begins = sorted((fence.sequence, fence.epoch) for fence in fences)
    return [one for one in ticks if one.epoch < _epoch_at(one.sequence, begins)]


def _epoch_at(sequence: int, begins: Sequence[tuple[int, int]]) -> int:
    return max((epoch for begin, epoch in begins if begin < sequence), default=0)


def gap_ns(ticks: Sequence[StoredTick], epoch: int) -> int:
    """Stream time from the last tick of the epochs before to the first of this one, over all contracts."""
    first = next(one for one in ticks if one.epoch == epoch)
    last = next(one for one in reversed(ticks) if one.epoch < epoch and one.sequence < first.sequence)
    return first.time_ns - last.time_ns


def longest_silence_ns(ticks: Iterable[StoredTick], from_ns: int, to_ns: int) -> int:
    """Between two ticks that follow each other in the stream, over all contracts."""
    times = [from_ns, *(one.time_ns for one in ticks if from_ns <= one.time_ns <= to_ns), to_ns]
    return max(after - before for before, after in pairwise(times))
