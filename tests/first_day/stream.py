"""What the stream held between two looks, counted as the live view counts: by holes. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from mds_simulator.counting.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.kit.reading_back import StoredTick


@dataclass(frozen=True, slots=True)
class Held:
    """Of one subscription, in one span."""

    stored: Mapping[str, int] = field(default_factory=dict)
    """Ticks by account."""
    lost: int = 0
    """Holes that came to be seen in it, less those that it filled."""
    repeated: int = 0
    disordered: int = 0
    silence_ms: float = 0.0
    """The longest one that reaches into it, also where it began before."""

    @property
    def total(self) -> int:
        return sum(self.stored.values())

    def __add__(self, other: Held) -> Held:
        return Held(
            Counter(self.stored) + Counter(other.stored),
            self.lost + other.lost,
            self.repeated + other.repeated,
            self.disordered + other.disordered,
            max(self.silence_ms, other.silence_ms),
        )

    def __str__(self) -> str:
        by = ", ".join(f"{count} of {name}" for name, count in sorted(self.stored.items())) or "nothing"
        counts = f"lost {self.lost}, repeated {self.repeated}, out of order {self.disordered}"
        return f"stored {by}; {counts}; longest silence {self.silence_ms:.0f} ms"


def split(ticks: Sequence[StoredTick], begin_ns: int, ends_ns: Sequence[int]) -> list[Held]:
    """What was stored up to each end, since the one before, or since the beginning."""
    return list(_split(ticks, begin_ns, ends_ns))


def _split(ticks: Sequence[StoredTick], begin_ns: int, ends_ns: Sequence[int]) -> Iterator[Held]:
    ledger, place, newest_ns = Ledger(), 0, begin_ns
    before = ledger.tally
    for end_ns in ends_ns:
        stored: Counter[str] = Counter()
        times = [newest_ns]
        while place < len(ticks) and ticks[place].time_ns <= end_ns:
            ledger.add(ticks[place])
            stored[ticks[place].account] += 1
            times.append(ticks[place].time_ns)
            place += 1
        newest_ns = times[-1]
        silence_ns = max(later - earlier for earlier, later in pairwise([*times, end_ns]))
        tally = ledger.tally
        grown, before = tally.since(before), tally
        yield Held(stored, grown.lost, grown.repeated, grown.disordered, silence_ns / 1e6)
