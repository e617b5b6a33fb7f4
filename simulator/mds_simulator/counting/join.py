"""Counts by delivery: joins what the fronts handed to whom with what the stream holds. The oracle.

A snapshot's serial (CurrDelta) is the truth here: no product code uses it, it is in no identity, and the
simulator counts it up by one for each contract. Pure: records in, counts out.

    deliveries of an account's front to it     1 2 3 4 5 6 7 8 9     (serials of one contract)
    stored, epoch 1 of account a               1 2 3 4
    stored, epoch 2 of account b                       5 6   8 9     7 is lost, if b's front delivered it
                                                                     to b; else a's front alone had it
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Mark = tuple[str, int]  # contract, serial


@dataclass(frozen=True, slots=True)
class Delivered:
    """One snapshot that a front handed to an account. Leave out what the account must refuse as invalid."""

    account: str
    contract: str
    serial: int
    at_ns: int
    replay: bool = False  # the night again: old, so never due


@dataclass(frozen=True, slots=True)
class Stored:
    """One tick of the stream, in the order of the stream."""

    epoch: int
    contract: str
    serial: int
    identity: str
    order_key: tuple[int, int]  # exchange time, cumulative volume


@dataclass(frozen=True, slots=True)
class Epoch:
    """Who published, from the moment that its fence was stored."""

    number: int
    account: str
    active_ns: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Promised to be empty: lost, repeated, disordered, invented. The rest is shown beside them."""

    lost: tuple[Mark, ...] = ()
    repeated: tuple[Mark, ...] = ()
    disordered: tuple[Mark, ...] = ()
    invented: tuple[Mark, ...] = ()  # stored, but no front delivered it to the account that published it
    died_with: tuple[Mark, ...] = ()  # only the account before the takeover had it
    front_missed: tuple[Mark, ...] = ()  # another account's front delivered it, the active's never did
    stored: int = 0
    delivered: int = 0

    @property
    def is_clean(self) -> bool:
        """Nothing stored would prove nothing."""
        return self.stored > 0 and not (self.lost or self.repeated or self.disordered or self.invented)


@dataclass(slots=True)
class _Range:
    """For one contract in one epoch: after the last stored before it, up to the last stored in it."""

    after: int = 0
    upto: int = 0


@dataclass(slots=True)
class _Findings:
    lost: set[Mark] = field(default_factory=set)
    died_with: set[Mark] = field(default_factory=set)
    front_missed: set[Mark] = field(default_factory=set)


def count(
    delivered: Iterable[Delivered], stored: Sequence[Stored], epochs: Sequence[Epoch], *, until_ns: int
) -> Counts:
    """`until_ns`: later deliveries are not due yet; leave the active account time to store the last ones."""
    fresh = [one for one in delivered if not one.replay and one.at_ns <= until_ns]
    held = _marks_by_account(delivered)
    findings = _judge_epochs(fresh, stored, epochs)
    account_of = {epoch.number: epoch.account for epoch in epochs}
    return Counts(
        lost=tuple(sorted(findings.lost)),
        repeated=_repeated(stored),
        disordered=_disordered(stored),
        invented=tuple(
            (one.contract, one.serial)
            for one in stored
            if (one.contract, one.serial) not in held[account_of[one.epoch]]
        ),
        died_with=tuple(sorted(findings.died_with)),
        front_missed=tuple(sorted(findings.front_missed)),
        stored=len(stored),
        delivered=len(fresh),
    )


def _repeated(stored: Sequence[Stored]) -> tuple[Mark, ...]:
    """One identity more than once, wherever it stands."""
    seen: Counter[str] = Counter()
    again = []
    for one in stored:
        seen[one.identity] += 1
        if seen[one.identity] > 1:
            again.append((one.contract, one.serial))
    return tuple(again)


def _disordered(stored: Sequence[Stored]) -> tuple[Mark, ...]:
    """Per contract, an order key below the one before. Equal keys may stand in any order."""
    found = []
    for ticks in _by_contract(stored).values():
        found += [(b.contract, b.serial) for a, b in pairwise(ticks) if b.order_key < a.order_key]
    return tuple(found)


def _judge_epochs(fresh: Sequence[Delivered], stored: Sequence[Stored], epochs: Sequence[Epoch]) -> _Findings:
    kept = {(one.contract, one.serial) for one in stored}
    had = _marks_by_account(fresh)
    begun = _marks_by_account(one for one in fresh if not epochs or one.at_ns >= epochs[0].active_ns)
    findings = _Findings()
    for place, epoch in enumerate(epochs):
        is_last = place + 1 == len(epochs)
        ranges = _ranges(stored, epoch)
        due = set(_due(fresh, epoch, ranges, first=place == 0, last=is_last))
        findings.lost |= due - kept
        findings.front_missed |= {
            (contract, serial)
            for account, marks in begun.items()
            if account != epoch.account
            for contract, serial in marks - had[epoch.account]
            if ranges[contract].after < serial < ranges[contract].upto
        }
        if not is_last:
            successor = epochs[place + 1]
            left = _left(fresh, epoch.account, ranges, successor.active_ns)
            findings.died_with |= left - kept - had[successor.account]
    return findings


def _due(
    fresh: Sequence[Delivered], epoch: Epoch, ranges: Mapping[str, _Range], *, first: bool, last: bool
) -> Iterable[Mark]:
    """What the account of this epoch had to store.

    After the last one stored of the contract, whenever it was delivered: a standby's log holds it. In the
    first epoch there is nothing to follow, so only what came while it was active. What comes after the last
    one stored of an epoch falls to the next account, by what its own front delivered.
    """
    for one in fresh:
        bounds = ranges[one.contract]
        if one.account != epoch.account or one.serial <= bounds.after:
            continue
        if not last and one.serial > bounds.upto:
            continue
        if first and one.at_ns < epoch.active_ns:
            continue
        yield (one.contract, one.serial)


def _left(fresh: Sequence[Delivered], account: str, ranges: Mapping[str, _Range], until_ns: int) -> set[Mark]:
    """What an account had and had not stored when its successor's fence was.

    What it gets later, as a standby, is nobody's legacy.
    """
    return {
        (one.contract, one.serial)
        for one in fresh
        if one.account == account and one.at_ns <= until_ns and one.serial > ranges[one.contract].upto
    }


def _ranges(stored: Sequence[Stored], epoch: Epoch) -> defaultdict[str, _Range]:
    ranges: defaultdict[str, _Range] = defaultdict(_Range)
    for one in stored:
        bounds = ranges[one.contract]
        if one.epoch < epoch.number:
            bounds.after = max(bounds.after, one.serial)
            bounds.upto = max(bounds.upto, one.serial)
        elif one.epoch == epoch.number:
            bounds.upto = max(bounds.upto, one.serial)
    return ranges


def _marks_by_account(delivered: Iterable[Delivered]) -> defaultdict[str, set[Mark]]:
    marks: defaultdict[str, set[Mark]] = defaultdict(set)
    for one in delivered:
        marks[one.account].add((one.contract, one.serial))
    return marks


def _by_contract(stored: Sequence[Stored]) -> dict[str, list[Stored]]:
    grouped: dict[str, list[Stored]] = {}
    for one in stored:
        grouped.setdefault(one.contract, []).append(one)
    return grouped
