"""What is lost: ticks that were received, that the stream does not have and will not get.

    GapCause.OVERFLOW        more came than could be finished or sent: the newest tick of each contract won
    GapCause.SUPERSEDED      refused, and not sent again, as something newer of the contract was stored
    GapCause.LOG_TOO_SHORT   gone from the log before it could be sent

What may be lost is known only when the stream itself has been read: until then it is in doubt (`Doubt`) or
was evicted from the log (`Evicted`). What nobody received at all is no loss of one account's: `absence`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Self

import msgspec

from mds_protocol.wire.events import GapCause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mds_gateway.domain.sending import GivenUp
    from mds_gateway.domain.ticks import FinishedTick
    from mds_protocol.failover.takeover import Last

FORGET_OUTAGE_S = 30.0  # a feed that moves after an outage has moved by then


@dataclass(frozen=True, slots=True)
class Loss:
    """To be reported. `from_ns` and `to_ns` are exchange times: of the first and the last tick lost."""

    cause: GapCause
    contracts: frozenset[bytes]
    """By subject. Empty: not known."""
    from_ns: int
    to_ns: int
    count: int | None
    """None: nobody can know; at least one."""
    after: int | None
    """The newest sequence of the stream that surely lies before the hole. None: not known."""

    @classmethod
    def of(cls, cause: GapCause, ticks: Sequence[FinishedTick], count: int | None, after: int) -> Self:
        times = [tick.order_key[0] for tick in ticks]
        return cls(cause, frozenset(tick.contract for tick in ticks), min(times), max(times), count, after)


@dataclass(slots=True)
class Doubt:
    """Sent and not known to be stored.

    What a fence refused is in no doubt: once it refuses it refuses for good, so nothing newer was stored and
    all of it goes again. After any other refusal a later tick of the contract may have been taken.
    """

    ticks: list[FinishedTick] = field(default_factory=list)
    batches: set[int] = field(default_factory=set)
    refused: int = 0
    fence: int = 0
    """Behind which the first of them were sent."""

    def add(self, given_up: GivenUp, fence: int) -> None:
        if given_up.ticks and not self.ticks:
            self.fence = fence
        self.ticks += given_up.ticks
        self.batches |= given_up.batches

    def settle(self, sent_again: Sequence[FinishedTick]) -> Loss | None:
        """Return the refused ticks that cannot go again, as something newer of their contract was stored.

        Which of a batch were refused is not known one by one, so this is an upper bound of a loss.
        """
        if not self.refused:
            return None
        again = {tick.identity for tick in sent_again}
        passed_by = [tick for tick in self.ticks if tick.identity not in again]
        count = min(self.refused, len(passed_by))
        return Loss.of(GapCause.SUPERSEDED, passed_by, count, self.fence) if count else None


@dataclass(slots=True)
class Evicted:
    """Ticks that left the log before they could be stored. Bounded: two a contract, without bodies.

    A standby keeps them, too, while it is cut off: where NATS was away for all, it may have to tell them.
    """

    floor: int = 0
    """Of a standby: the arrival number at the cut. Whoever publishes had NATS until then."""
    is_standby: bool = False
    forget_at: float = inf
    """When whoever published has gone on and has told it, or the stream has them."""
    counts: Counter[bytes] = field(default_factory=Counter)
    first: dict[bytes, FinishedTick] = field(default_factory=dict)
    last: dict[bytes, FinishedTick] = field(default_factory=dict)

    def add(self, ticks: Iterable[FinishedTick], settled: int, told: int) -> None:
        """Of these, what arrived after the last one that the stream answered.

        `told` is the last one of which it was told what gave way to it.
        """
        floor = max(settled, self.floor)
        for tick in ticks:
            if tick.arrival > floor:
                self._add(tick, tick.gave_way if tick.arrival > told else 0)

    def _add(self, tick: FinishedTick, gave_way: int) -> None:
        self.counts[tick.contract] += 1 + gave_way
        bare = msgspec.structs.replace(tick, body=b"")
        self.first.setdefault(tick.contract, bare)
        self.last[tick.contract] = bare

    def settle(self, stored: Mapping[bytes, Last[bytes]], fence: int) -> Loss | None:
        """Return what is lost of it: not what the account before us stored, though we never sent it.

        An upper bound: of a contract of which some were stored and some were not, all count.
        """
        for contract, newest in list(self.last.items()):
            known = stored.get(contract)
            if known is not None and newest.order_key <= known.order_key:
                del self.counts[contract], self.first[contract], self.last[contract]
        if not self.counts or (self.is_standby and self._has_gone_on(stored)):
            return None
        ticks = [*self.first.values(), *self.last.values()]
        return Loss.of(GapCause.LOG_TOO_SHORT, ticks, self.counts.total(), fence)

    def _has_gone_on(self, stored: Mapping[bytes, Last[bytes]]) -> bool:
        """Whether somebody stored something after all of this, and so has told it already."""
        until = max(tick.order_key[0] for tick in self.last.values())
        return any(known.order_key[0] > until for known in stored.values())


def tell_overflow(
    dropped: Sequence[FinishedTick], followers: Sequence[FinishedTick], after: int
) -> Loss | None:
    """What was dropped: finished ticks, and what gave way to `followers` before it was finished.

    The latter were never dated: their times are those of the ticks that took their places.
    """
    count = len(dropped) + sum(tick.gave_way for tick in followers)
    if not count:
        return None
    return Loss.of(
        GapCause.OVERFLOW, [*dropped, *(tick for tick in followers if tick.gave_way)], count, after
    )


def tell_unpublished(gone: Sequence[FinishedTick], stored_ns: int, after: int) -> Loss | None:
    """Of ticks that left a standby's log as another account was to store them: whether nobody did.

    Nothing in the stream is as new as the newest of them. How many went before it nobody has counted.
    """
    newest_ns = gone[-1].order_key[0]
    if not 0 < stored_ns < newest_ns:
        return None
    return Loss(GapCause.LOG_TOO_SHORT, frozenset(), stored_ns, newest_ns, None, after)


def is_uncounted(told: object) -> bool:
    """Whether it is a loss of which nobody can know the count: it lies between two publishers."""
    return isinstance(told, Loss) and told.count is None
