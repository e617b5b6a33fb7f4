"""The port of the hot path: what is kept of a subscription's ticks, what is sent of it, what became of that.

    source --Run--> extend ...  log, order, queue  ... take --Parcel--> connection
                                                    settle <--Fate-- answers

The unit is never a tick but a run of them on the way in and a parcel on the way out, so that a feed in C++
can keep its ticks where Python does not see them. `feeding.TickFeed` is the one in Python; every feed must
pass tests/unit/gateway/feeds.

A feed does not know who may write: `claiming` tells it when its ticks may go out, and asks it at a takeover
for what the stream lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mds_gateway.domain.actions import HeldBack
    from mds_gateway.domain.losing import Loss
    from mds_protocol.failover.takeover import Last

LANE = 0
"""The one that there is. A contract keeps its lane; of several, each would have its own order and answers."""

type Reports = tuple[Loss | HeldBack, ...]
"""What is to be told of ticks that did not go out."""


class Run(Protocol):
    """Finished ticks of one subscription in the order of their arrival; at least one.

    Opaque but for this to all but the source that made it and the feed that takes it.
    """

    @property
    def count(self) -> int: ...
    @property
    def size_bytes(self) -> int:
        """Of the bodies."""

    @property
    def first_received_ns(self) -> int: ...
    @property
    def last_arrival(self) -> int: ...


class Head(NamedTuple):
    """What one message begins with: where its acknowledgement goes, and the headers that all share."""

    reply: bytes
    headers: bytes


class Parcel(Protocol):
    """Messages that leave together as one batch; at least one. It writes its own frames."""

    @property
    def count(self) -> int: ...
    @property
    def size_bytes(self) -> int:
        """Of the bodies."""

    def frame(self, heads: Sequence[Head], published_ns: int) -> bytes:
        """Return the bytes of the batch: `heads[i]` begins its message `i`, as the place there demands."""


class TimedParcel(Parcel, Protocol):
    """Of ticks."""

    @property
    def first_received_ns(self) -> int: ...


class Kept(NamedTuple):
    """A tick of the log."""

    contract: bytes
    order_key: tuple[int, int]
    identity: bytes


class Fate(Enum):
    """What became of messages that were sent."""

    STORED = auto()
    DUPLICATE = auto()
    """The stream had them already."""
    REFUSED = auto()
    """By the fence, which refuses for good: nothing behind them was stored either."""
    IN_DOUBT = auto()
    """Refused for another reason: what was sent behind them may be stored, and so be in their way."""


@dataclass(slots=True)
class Counts:
    """Of ticks, since the feed began."""

    published: int = 0
    acked: int = 0
    duplicates: int = 0
    refused: int = 0
    replayed: int = 0
    conflated: int = 0
    superseded: int = 0

    def add(self, other: Counts) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What the stream lacked is on its way, and live ticks go out behind it."""

    sent_again: int
    reports: Reports


class Feed[R: Run](Protocol):
    """One subscription's ticks. `R` is the run that its source makes. Times are monotonic seconds."""

    counts: Counts

    @property
    def waiting(self) -> int:
        """Ticks that are to be sent and were not taken yet."""

    @property
    def has_unanswered(self) -> bool:
        """Whether a batch is under way that was not given up."""

    @property
    def stored(self) -> Mapping[str, int]:
        """By exchange, ticks that the stream has acknowledged, and of which batch is known."""

    @property
    def log_bytes(self) -> int: ...
    def log_reach_s(self, now: float) -> float:
        """How far the log goes back."""

    def list_kept(self, contracts: AbstractSet[bytes]) -> Sequence[Kept]:
        """What the log holds of a few contracts, in the order of arrival."""

    # --- in

    def extend(self, run: R, now: float) -> Reports:
        """Keep a run; while live it goes out, too."""

    def note_login(self, now_ns: int) -> None:
        """The front sends the newest tick of each contract from now on; also called when the feed begins.

        `now_ns` is by the clock that stamps ticks.
        """

    def use_log_bounds(self, *, keep_s: float, max_bytes: int, now: float) -> None: ...

    # --- out

    def take(self, lane: int, batch: int, room: int) -> TimedParcel | None:
        """Return what leaves now as this batch: at most `room` messages, all of one lane."""

    def take_last(self, batch: int, room: int, now: float) -> Parcel | None:
        """Return what is written now of the last values (`last_values`): nothing while ticks wait.

        Such a batch is settled as any other and counts as no tick. Refused, but not by the fence, it was not
        under way: ticks go on.
        """

    def settle(self, batch: int, fate: Fate, count: int, newest: int = 0) -> bool:
        """Note what became of so many of a batch; return whether it was under way.

        `newest`: where the stream has them, the sequence of the last one.

        A batch of which something is refused is given up, with all others: they belong to the same fence.
        """

    # --- what may go out

    def on_connected(self, now: float) -> None: ...

    def on_disconnected(self) -> None:
        """Nothing can be sent or answered any more."""

    def stand_by(self, *, is_connected: bool) -> None:
        """Another account has the feed, or nobody: send nothing, keep what a takeover may need."""

    def begin_behind(self, fence: int) -> None:
        """A fence of ours was stored, and nothing is unanswered: numbers begin anew behind its sequence."""

    def hold(self, now: float) -> None:
        """The feed becomes ours: until it is live, what leaves the log may be lost."""

    def give_up(self) -> None:
        """Send nothing more, and leave what was sent in doubt until the stream has been read again."""

    def catch_up(self, last: Mapping[bytes, Last[bytes]]) -> Reports:
        """Begin to look for what the stream lacks; `last` is its newest tick of each contract, body too."""

    def go_on(self) -> CaughtUp | None:
        """Look through the next slice of the log; at its end the feed is live."""
