"""The account at the end: what the fronts handed out against what the stream holds, tick by tick.

Independent of the gateways' own counters: each tick of the simulated exchange carries a serial, the fronts
record what they wrote to whom, the stream is read anew. A tick that is not stored is lost if its publisher
had it: whoever published the next one of the contract, or at the end the last of all. If only others had it,
a front dropped it or a process died with it; that is counted apart. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mds_tryout.counting import StoredTick

type TickId = tuple[str, int]
"""Contract and serial."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A tick that a front wrote to an account."""

    contract: str
    serial: int
    at_s: float
    account: str
    is_live: bool
    """False: sent at subscribing, or again; it owes nobody anything."""

    @property
    def id(self) -> TickId:
        return self.contract, self.serial


@dataclass(frozen=True, slots=True)
class Verdict:
    stored: int
    contracts: int
    lost: tuple[Delivered, ...]
    """In the order in which the publisher was given them."""
    missed: int
    """Delivered, but never to who published then."""
    repeated: int
    disordered: int
    foreign: int
    """Stored and never delivered: the join itself would be wrong."""

    @property
    def is_clean(self) -> bool:
        return self.stored > 0 and not (self.lost or self.repeated or self.disordered or self.foreign)


def judge(stored: Sequence[StoredTick], delivered: Iterable[Delivered]) -> Verdict:
    """`stored` in the order of the stream."""
    shelf = _Shelf(stored)
    handed_out = sorted(delivered, key=attrgetter("at_s"))
    lacking = [tick for tick in handed_out if tick.id not in shelf.ids and shelf.owes(tick)]
    lost = {tick.id: tick for tick in reversed(lacking) if tick.account == shelf.publisher_after(tick)}
    return Verdict(
        stored=len(stored),
        contracts=len(shelf.publishers),
        lost=tuple(sorted(lost.values(), key=attrgetter("at_s"))),
        missed=len({tick.id for tick in lacking} - lost.keys()),
        repeated=len(stored) - len(shelf.ids),
        disordered=shelf.disordered,
        foreign=len(shelf.ids - {tick.id for tick in handed_out}),
    )


class _Shelf:
    """What is stored, by contract: who published which serial."""

    def __init__(self, stored: Sequence[StoredTick]) -> None:
        self.ids: set[TickId] = set()
        self.publishers: dict[str, dict[int, str]] = {}
        self.disordered = 0
        self._first_s = stored[0].stored_s if stored else 0.0
        self._last_publisher = stored[-1].account if stored else None
        newest: dict[str, StoredTick] = {}
        for tick in stored:
            before = newest.get(tick.contract)
            self.disordered += before is not None and tick.order_key < before.order_key
            newest[tick.contract] = tick
            self.ids.add((tick.contract, tick.serial))
            self.publishers.setdefault(tick.contract, {}).setdefault(tick.serial, tick.account)
        self._serials = {contract: sorted(found) for contract, found in self.publishers.items()}

    def owes(self, tick: Delivered) -> bool:
        """From a contract's first stored tick on; of one that has none, from the first of all on."""
        serials = self._serials.get(tick.contract)
        return tick.is_live and (tick.serial > serials[0] if serials else tick.at_s > self._first_s)

    def publisher_after(self, tick: Delivered) -> str | None:
        serials = self._serials.get(tick.contract, [])
        place = bisect_right(serials, tick.serial)
        if place == len(serials):
            return self._last_publisher
        return self.publishers[tick.contract][serials[place]]
