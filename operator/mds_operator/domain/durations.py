"""A histogram of seconds, kept by plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

WORK_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Durations:
    bounds_s: tuple[float, ...]
    counts: list[int] = field(init=False)
    """Not cumulated; the last one counts what is beyond all bounds."""
    sum_s: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds_s) + 1)

    def add(self, took_s: float) -> None:
        place = next((at for at, bound in enumerate(self.bounds_s) if took_s <= bound), len(self.bounds_s))
        self.counts[place] += 1
        self.sum_s += took_s
