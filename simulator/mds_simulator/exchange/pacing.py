"""When each contract has its next snapshot, in slots of 10 ms.

`Paced` keeps CTP's rule, at most two a second for a contract, and spreads the rate by liquidity. `Flood` is
for benchmarks: it goes round all contracts as often as the rate demands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

SLOT_MS: Final = 10
SLOTS_PER_SECOND: Final = 1000 // SLOT_MS
_SHORTEST: Final = SLOTS_PER_SECOND // 2
_LONGEST: Final = 600 * SLOTS_PER_SECOND  # the quietest contract still moves every ten minutes
_ROUNDS: Final = 40  # of the search for the rate of the quiet ones; halves the error each time


class Pacing(Protocol):
    def due(self) -> Sequence[int]:
        """The contracts of the next slot."""

    def add(self, rank: int) -> None:
        """One more contract, with the next number."""


class Paced:
    """A wheel of slots; a contract that is due is put back, a period further on."""

    def __init__(self, ranks: Sequence[int], rate: float, random: Random) -> None:
        weights = [_weigh(rank) for rank in ranks]
        self._scale = _scale(weights, min(rate, 2.0 * len(ranks)))
        self._periods = [_period(self._scale * weight) for weight in weights]
        self._random = random
        self._now = 0
        self._wheel: list[list[int]] = [[] for _ in range(_LONGEST + _LONGEST // 4 + 2)]
        for contract, period in enumerate(self._periods):
            self._wheel[random.randrange(period)].append(contract)

    def due(self) -> Sequence[int]:
        wheel, now = self._wheel, self._now
        self._now = (now + 1) % len(wheel)
        contracts, wheel[now] = wheel[now], []
        for contract in contracts:
            period = self._periods[contract]
            if period > _SHORTEST:  # quiet contracts are irregular; the busiest tick every 500 ms
                period = max(_SHORTEST, period - period // 4 + self._random.randrange(period // 2))
            wheel[(now + period) % len(wheel)].append(contract)
        return contracts

    def add(self, rank: int) -> None:
        """As busy as others of its rank, whatever the rate of all was to be."""
        period = _period(self._scale * _weigh(rank))
        place = (self._now + self._random.randrange(period)) % len(self._wheel)
        self._wheel[place].append(len(self._periods))
        self._periods.append(period)


class Flood:
    """All contracts in turn, without the rule. A rate that the machine cannot hold is simply not reached."""

    def __init__(self, contracts: int, rate: float) -> None:
        self._contracts = contracts
        self._per_slot = rate / SLOTS_PER_SECOND
        self._owed = 0.0
        self._next = 0

    def add(self, rank: int) -> None:
        del rank
        self._contracts += 1

    def due(self) -> Sequence[int]:
        self._owed += self._per_slot
        number = int(self._owed)
        self._owed -= number
        first = self._next
        self._next = (first + number) % self._contracts
        return [(first + i) % self._contracts for i in range(number)]


def _weigh(rank: int) -> float:
    """A rank further back is half as busy."""
    return 2.0 ** -min(rank, 8)


def _period(per_second: float) -> int:
    """Slots between snapshots."""
    return min(_LONGEST, max(_SHORTEST, round(SLOTS_PER_SECOND / max(min(2.0, per_second), 1e-9))))


def _scale(weights: Sequence[float], rate: float) -> float:
    """What the weights are multiplied by, so that the sum of all gives the rate."""
    low, high = 0.0, 1024.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        reached = sum(min(2.0, middle * weight) for weight in weights)
        low, high = (middle, high) if reached < rate else (low, middle)
    return high
