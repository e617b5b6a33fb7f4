"""Which offered rate shows a program at its best: it climbs while it keeps up, then closes in on the edge.

Under a flood a program that queues without bound spends its time on the queue, and is measured at its worst.
Pure: what was tried goes in, what to try next comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_UP: Final = 0.97  # of the offered rate
CLOSE_ENOUGH: Final = 1.15  # between what it kept up with and what it did not
MOST_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Tried:
    offered: int
    reached: int

    @property
    def kept_up(self) -> bool:
        return self.reached >= KEPT_UP * self.offered


def decide_next(tried: Sequence[Tried], first: int) -> int | None:
    """Return the rate to offer next; None: the best is known."""
    if not tried:
        return first
    if len(tried) >= MOST_TRIES:
        return None
    too_much = min((one.offered for one in tried if not one.kept_up), default=None)
    enough = max(
        (one.offered for one in tried if one.kept_up and one.offered < (too_much or 1 << 62)), default=0
    )
    if too_much is None:
        return enough * 2
    if not enough:
        return too_much // 2 or None
    return None if too_much <= enough * CLOSE_ENOUGH else round((too_much * enough) ** 0.5)


def find_best(tried: Sequence[Tried]) -> Tried:
    """Return where it reached the most."""
    return max(tried, key=lambda one: one.reached)
