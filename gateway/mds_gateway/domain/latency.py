"""How long ticks take, hop by hop, measured once a batch at its oldest tick. Pure.

    exchange --exchange--> front's thread     exchange: from the exchange's time to receiving (see the source)
    front's thread --handoff--> loop          handoff: from receiving to the loop
    front's thread ------publish-----> NATS   publish: from receiving to sending
                                NATS --ack--> ack: from sending to the last acknowledgement of the batch

Buckets since the process began are for Prometheus; those of the last minute give the quantiles of `stats`.
After a takeover the log's ticks are sent again, which shows in `publish` as what it is: late.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
EXCHANGE_BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Of the hop from the exchange: its times are whole or half seconds, and two clocks are in it."""
SLICE_S = 10.0
SLICES = 6  # one minute
_NS = 1e9
_US = 1e6
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


@dataclass(slots=True)
class _Slice:
    number: int
    counts: list[int]
    longest_s: float = 0.0


class Hop:
    def __init__(self, bounds_s: tuple[float, ...] = BOUNDS_S) -> None:
        self.bounds_s = bounds_s
        self.counts = [0] * (len(bounds_s) + 1)
        """By bucket, the last for what exceeds all bounds."""
        self.sum_s = 0.0
        self._slices: deque[_Slice] = deque(maxlen=SLICES)

    def note(self, seconds: float, now: float) -> None:
        seconds = max(0.0, seconds)  # the wall clock may have been set back
        bucket = bisect_left(self.bounds_s, seconds)
        self.counts[bucket] += 1
        self.sum_s += seconds
        number = int(now / SLICE_S)
        if not self._slices or self._slices[-1].number != number:
            self._slices.append(_Slice(number, [0] * len(self.counts)))
        newest = self._slices[-1]
        newest.counts[bucket] += 1
        newest.longest_s = max(newest.longest_s, seconds)

    def quantiles_us(self, now: float) -> dict[str, int]:
        """Of the last minute; each is its bucket's upper bound, and never above the longest."""
        recent = [each for each in self._slices if each.number > int(now / SLICE_S) - SLICES]
        counts = [sum(column) for column in zip(*(each.counts for each in recent), strict=True)]
        if not counts:
            return {}
        longest_s = max(each.longest_s for each in recent)
        quantiles = {name: min(self._find(counts, share), longest_s) for name, share in _QUANTILES.items()}
        return {name: round(seconds * _US) for name, seconds in (quantiles | {"max": longest_s}).items()}

    def _find(self, counts: list[int], share: float) -> float:
        wanted, seen = share * sum(counts), 0
        for count, bound in zip(counts, self.bounds_s, strict=False):
            seen += count
            if seen >= wanted:
                return bound
        return float("inf")


@dataclass(slots=True)
class Hops:
    """Batches are known by their number; receive times are of the wall clock, `now` is monotonic."""

    handoff: Hop = field(default_factory=Hop)
    publish: Hop = field(default_factory=Hop)
    ack: Hop = field(default_factory=Hop)
    _unacked: dict[int, tuple[float, int]] = field(default_factory=dict)

    def on_received(self, received_ns: int, *, now_ns: int, now: float) -> None:
        self.handoff.note((now_ns - received_ns) / _NS, now)

    def on_sent(self, batch: int, count: int, received_ns: int, *, now_ns: int, now: float) -> None:
        self.publish.note((now_ns - received_ns) / _NS, now)
        self._unacked[batch] = (now, count)

    def on_stored(self, batch: int, count: int, *, now: float) -> None:
        sent_at, missing = self._unacked.pop(batch, (now, 0))
        if missing > count:
            self._unacked[batch] = (sent_at, missing - count)
        elif missing:
            self.ack.note(now - sent_at, now)

    def on_refused(self, batch: int) -> None:
        """A batch of which something was refused says nothing about speed."""
        self._unacked.pop(batch, None)

    def on_connection_lost(self) -> None:
        self._unacked.clear()

    def by_name(self) -> dict[str, Hop]:
        return {"handoff": self.handoff, "publish": self.publish, "ack": self.ack}
