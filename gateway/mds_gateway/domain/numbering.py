"""The number of each tick behind its fence, so that a hole in the numbers is a loss.

    fence F        1 2 3 . . 6 7        the numbers 4 and 5 gave way to 6, or were refused: lost
    fence G  . . 3 4 5                  1 and 2 left the log before G was stored: lost

A number is given when a tick is sent, from 1 behind each fence. What a reader should have and cannot get
leaves its numbers out; what the stream may have already takes none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_gateway.domain.ticks import FinishedTick
    from mds_protocol.failover.takeover import Last


@dataclass(slots=True)
class Numbering:
    number: int = 0
    """The last one."""
    _owed: int = 0
    """Lost, and not shown yet: no tick with a number above it is known to be stored."""
    _stored: dict[bytes, Last[bytes]] = field(default_factory=dict)
    """Of the contracts of which nothing newer was sent since the stream was read."""

    def begin(self) -> None:
        """Behind a new fence; nothing that was sent is unanswered."""
        self.number = self._owed

    def note_read(self, last: Mapping[bytes, Last[bytes]], lost: int) -> None:
        """What the stream holds up to the fence, and how many ticks it lacks for good."""
        self._stored = dict(last)
        self._owed += lost
        self.number += lost

    def note_stored(self) -> None:
        """A tick of this fence is stored, and what was lost before it shows."""
        self._owed = 0

    def give(self, ticks: Sequence[FinishedTick], gave_way: dict[bytes, int]) -> None:
        """In the order in which they are sent. What `gave_way` to one of them is taken out of it."""
        number, stored = self.number, self._stored
        for tick in ticks:
            before = stored.get(tick.contract) if stored else None
            if before is not None and before.order_key == tick.order_key:
                tick.number = number  # of the same instant as the stored one: it may be stored, too
                continue
            if before is not None:
                del stored[tick.contract]
            number += 1 + tick.gave_way
            if gave_way:
                number += gave_way.pop(tick.contract, 0)
            tick.number = number
        self.number = number
