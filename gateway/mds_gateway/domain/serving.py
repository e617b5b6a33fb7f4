"""The subscriptions that an account serves: what leaves next of them, and whose an answer is.

All share one connection and its window. Where little of it is left they are served in turn, one batch each.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mds_gateway.domain.feed import LANE, Counts
from mds_gateway.domain.framing import FenceHead, SharedHead
from mds_gateway.domain.latency import Hops
from mds_gateway.domain.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mds_gateway.domain.actions import Action
    from mds_gateway.domain.claiming import Claiming
    from mds_gateway.domain.feed import Feed, Parcel, Run
    from mds_protocol.failover.fencing import Fence
    from mds_protocol.wire.encodings import Encoding
    from mds_protocol.wire.route import Route


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one subscription's ticks go."""

    subscription: str
    uid: str
    stream: str
    wildcard: str
    fence_subject: str
    route_key: str
    encoding: Encoding


@dataclass(slots=True)
class Served:
    """One subscription with its claim, and what its ticks share on the wire."""

    destination: Destination
    claiming: Claiming
    head: FenceHead | None = None
    """Of its fence; absent before the first."""
    name: str = field(init=False)
    feed: Feed[Run] = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.feed = self.destination.subscription, self.claiming.feed

    @property
    def route(self) -> Route | None:
        return self.claiming.route

    @property
    def is_active(self) -> bool:
        return self.claiming.fence is not None

    def is_of(self, route: Route) -> bool:
        """Whether the route is this subscription's, and not that of a namesake before it."""
        return route.uid == self.destination.uid

    def on_fence_stored(self, fence: Fence, now: float) -> tuple[Action, ...]:
        actions = self.claiming.on_fence_stored(fence, now)
        if self.claiming.fence == fence:
            subject = self.destination.fence_subject.encode()
            self.head = FenceHead(fence.account, fence.epoch, subject, fence.sequence)
        return actions


class Departure(NamedTuple):
    """One batch that leaves now."""

    batch: int
    head: SharedHead
    parcel: Parcel
    is_last: bool
    """Nothing more of its subscription waits."""


class Serving:
    def __init__(self) -> None:
        self.by_name: dict[str, Served] = {}
        self.window: Window[Served] = Window()
        self.hops = Hops()
        self._turns: deque[str] = deque()
        """In the order in which they may send next."""
        self._batches = 0
        self._of_dropped = Counts()
        self._stored_of_dropped: Counter[tuple[str, str]] = Counter()
        """A counter never falls, also where a subscription is edited."""

    def __iter__(self) -> Iterator[Served]:
        return iter(list(self.by_name.values()))

    def get(self, subscription: str) -> Served | None:
        return self.by_name.get(subscription)

    def holds(self, served: Served) -> bool:
        """Whether it is served still: an answer may come to what was asked before it was dropped."""
        return self.by_name.get(served.name) is served

    def add(self, served: Served) -> None:
        self.by_name[served.name] = served
        self._turns.append(served.name)

    def drop(self, subscription: str) -> None:
        """What is in flight keeps its places in the window until it is answered."""
        feed = self.by_name.pop(subscription).feed
        self._of_dropped.add(feed.counts)
        self._stored_of_dropped.update(_by_subscription(subscription, feed))
        self._turns.remove(subscription)

    # --- what leaves, and what comes back

    @property
    def turns(self) -> tuple[str, ...]:
        """Whom to ask for a batch, and in which order."""
        return tuple(self._turns)

    def take(self, subscription: str, *, now: float, now_ns: int) -> Departure | None:
        """Return what it sends now."""
        served, batch = self.by_name[subscription], self._batches + 1
        parcel = served.claiming.take(LANE, batch, self.window.free)
        if parcel is None or served.head is None:
            return None
        self._note_sent(batch, served, parcel, now)
        self.hops.on_sent(batch, parcel.count, parcel.first_received_ns, now_ns=now_ns, now=now)
        # Who has sent comes last the next time: the first would take all where little room is left.
        self._turns.remove(subscription)
        self._turns.append(subscription)
        return Departure(batch, served.head, parcel, is_last=not served.feed.waiting)

    def take_last(self, subscription: str, *, now: float) -> Departure | None:
        """Return what it writes now of its last values: nothing while ticks wait, whosever they are."""
        served, batch = self.by_name[subscription], self._batches + 1
        if self.waiting or served.head is None:
            return None
        parcel = served.claiming.take_last(batch, self.window.free, now)
        if parcel is None:
            return None
        self._note_sent(batch, served, parcel, now)
        return Departure(batch, served.head.of_last_values, parcel, is_last=True)

    def _note_sent(self, batch: int, served: Served, parcel: Parcel, now: float) -> None:
        self._batches = batch
        self.window.note_sent(batch, served, parcel.count, now)

    def note_stored(self, batch: int, count: int, now: float) -> Served | None:
        """Return whose it is, if that one is served still."""
        self.hops.on_stored(batch, count, now=now)
        return self._note_answered(batch, count)

    def note_refused(self, batch: int) -> Served | None:
        """The same of one message that was refused."""
        self.hops.on_refused(batch)
        return self._note_answered(batch, 1)

    def _note_answered(self, batch: int, count: int) -> Served | None:
        served = self.window.note_answered(batch, count)
        return served if served is not None and self.holds(served) else None

    def forget_connection(self) -> None:
        self.window.forget_connection()
        self.hops.on_connection_lost()

    # --- all of them together

    @property
    def is_active(self) -> bool:
        return any(served.is_active for served in self)

    @property
    def routes(self) -> list[Route]:
        return [served.route for served in self if served.route is not None]

    @property
    def counts(self) -> list[Counts]:
        return [self._of_dropped, *(served.feed.counts for served in self)]

    @property
    def stored(self) -> dict[tuple[str, str], int]:
        """By subscription and exchange, ticks that the stream has acknowledged."""
        counts = self._stored_of_dropped.copy()
        for served in self:
            counts.update(_by_subscription(served.name, served.feed))
        return counts

    @property
    def renewals(self) -> Mapping[str, int]:
        return {served.name: served.claiming.renewals for served in self}

    @property
    def waiting(self) -> int:
        return sum(served.feed.waiting for served in self)

    @property
    def log_bytes(self) -> int:
        return sum(served.feed.log_bytes for served in self)


def _by_subscription(subscription: str, feed: Feed[Run]) -> dict[tuple[str, str], int]:
    return {(subscription, exchange): count for exchange, count in feed.stored.items()}
