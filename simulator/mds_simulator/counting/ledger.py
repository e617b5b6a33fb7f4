"""Counts by holes: what is stored, tick by tick as it comes; memory grows with the holes, not with the ticks.

The exchange numbers each contract's ticks without a gap. So a number between the lowest and the highest that
is not stored is lost, until it comes after all. It is taken for granted that the fronts handed it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Numbered(Protocol):
    """A stored tick, as far as it is counted."""

    @property
    def contract(self) -> str: ...

    @property
    def serial(self) -> int: ...

    @property
    def order_key(self) -> tuple[int, int]:
        """Exchange time and volume; equal ones may stand in any order."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts at one moment, or what they grew by since another."""

    stored: int = 0
    lost: int = 0
    repeated: int = 0
    disordered: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.repeated or self.disordered)

    def since(self, before: Tally) -> Tally:
        return Tally(
            self.stored - before.stored,
            self.lost - before.lost,
            self.repeated - before.repeated,
            self.disordered - before.disordered,
        )


@dataclass(slots=True)
class _Row:
    """The serials of one contract: all from the lowest to the highest are stored, but for the holes."""

    lowest: int
    highest: int
    order_key: tuple[int, int]
    """That of the tick before."""
    holes: set[int] = field(default_factory=set)

    def add(self, serial: int) -> bool:
        """False: it was there already."""
        if serial in self.holes:
            self.holes.remove(serial)
        elif serial > self.highest:
            self.holes.update(range(self.highest + 1, serial))
            self.highest = serial
        elif serial < self.lowest:
            self.holes.update(range(serial + 1, self.lowest))
            self.lowest = serial
        else:
            return False
        return True


@dataclass(slots=True)
class Ledger:
    """Feed it the ticks in the order of the stream."""

    _stored: int = 0
    _repeated: int = 0
    _disordered: int = 0
    _rows: dict[str, _Row] = field(default_factory=dict)

    def add(self, tick: Numbered) -> None:
        self._stored += 1
        row = self._rows.get(tick.contract)
        if row is None:
            self._rows[tick.contract] = _Row(tick.serial, tick.serial, tick.order_key)
            return
        self._repeated += not row.add(tick.serial)
        self._disordered += tick.order_key < row.order_key
        row.order_key = tick.order_key

    @property
    def tally(self) -> Tally:
        holes = sum(len(row.holes) for row in self._rows.values())
        return Tally(self._stored, holes, self._repeated, self._disordered)
