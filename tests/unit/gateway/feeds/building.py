"""Ticks for the tests of a feed, and a feed brought to where a test begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mds_gateway.domain.feed import LANE, CaughtUp
from mds_gateway.domain.framing import FenceHead
from mds_gateway.domain.ticks import FinishedTick
from tests.unit.gateway.feeds.frames import read_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_gateway.domain.feed import Feed, Parcel, Reports, TimedParcel
    from mds_protocol.failover.takeover import Last
    from tests.unit.gateway.feeds.makers import Feeds

KEEP_S: Final = 10.0
FENCE: Final = 42
HEAD: Final = FenceHead("ctp-a", 3, b"mds.fence.desk.all", FENCE)
LAST_PREFIX: Final = b"mds.last."
SECOND_NS: Final = 1_000_000_000


def make_tick(
    number: int,
    contract: int = 0,
    *,
    at: int | None = None,
    volume: int | None = None,
    body: bytes = b"{}",
    received_ns: int = 0,
    snapshot: bool = False,
    gave_way: int = 0,
    exchange: str = "X",
) -> FinishedTick:
    """Number `number` to arrive; `at` is its exchange time, the number by default, and that its volume."""
    time = number if at is None else at
    key = time, time if volume is None else volume
    name, identity = b"md.X.c%d" % contract, b"%d-%d" % (contract, time)
    return FinishedTick(name, key, identity, body, received_ns, number, snapshot, gave_way, exchange=exchange)


class Fed:
    """A feed with what its callers would keep: the time, the number of the next batch."""

    def __init__(self, feeds: Feeds, *, keep_s: float = KEEP_S, max_bytes: int = 1 << 30) -> None:
        self.feed: Feed[Any] = feeds.make_feed(keep_s=keep_s, max_bytes=max_bytes, last_prefix=LAST_PREFIX)
        self.now = 100.0
        self.batches = 0
        self._make_run = feeds.make_run

    def receive(self, *ticks: FinishedTick) -> Reports:
        return self.feed.extend(self._make_run(list(ticks)), self.now)

    def connect(self) -> None:
        self.feed.on_connected(self.now)

    def catch_up(self, last: Mapping[bytes, Last[bytes]] | None = None) -> tuple[Reports, CaughtUp]:
        """What was told when the search began, and its end."""
        self.feed.begin_behind(FENCE)
        told = self.feed.catch_up(last or {})
        while (caught_up := self.feed.go_on()) is None:
            pass
        return told, caught_up

    def go_live(self, last: Mapping[bytes, Last[bytes]] | None = None) -> CaughtUp:
        self.connect()
        self.feed.hold(self.now)
        return self.catch_up(last)[1]

    def take(self, room: int = 4_000) -> TimedParcel | None:
        self.batches += 1
        return self.feed.take(LANE, self.batches, room)

    def send(self, room: int = 4_000) -> list[bytes]:
        """One batch: what a server would see of it, by identity."""
        parcel = self.take(room)
        return [] if parcel is None else read_identities(parcel)

    def send_all(self) -> list[bytes]:
        sent: list[bytes] = []
        while batch := self.send():
            sent += batch
        return sent


def read_identities(parcel: Parcel) -> list[bytes]:
    heads = HEAD.of_batch(b"_INBOX.ab.7", parcel.count)
    return [message.identity for message in read_frames(parcel.frame(heads, 12))]


def identities(ticks: Iterable[FinishedTick]) -> list[bytes]:
    return [tick.identity for tick in ticks]
