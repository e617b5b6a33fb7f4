"""What one scrape reads, and how a family reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.domain.loss_counts import LossCounts
from mds_protocol.wire.heartbeat import Counters
from mds_runtime.http import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_gateway.domain.serving import Serving
    from mds_gateway.domain.source_figures import Coverage, SourceFigures
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_runtime.http.figures import Values

PREFIX = "mds_gateway_"
OTHER = "Other"
_MS_PER_S = 1000


@dataclass(slots=True)
class Tally:
    """What a heartbeat does not say."""

    takeovers: Counter[str] = field(default_factory=Counter)
    takeover_s: dict[str, float] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Of each piece of the service's work: turns that a defect cost."""
    clock_offset_s: float | None = None
    coverage: Coverage = field(default_factory=dict)
    """As it was counted last."""
    losses: LossCounts = field(default_factory=LossCounts)
    exchanges: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """By subscription, those of its contracts."""

    def on_takeover(self, subscription: str, took_s: float) -> None:
        self.takeovers[subscription] += 1
        self.takeover_s[subscription] = took_s


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scrape reads, all of it from memory."""

    beat: Heartbeat | None
    """The last one; None: none was composed yet."""
    tally: Tally
    source: SourceFigures
    serving: Serving
    connected: bool
    connections: int

    @property
    def counters(self) -> Counters:
        """From the start on, so that the first event is an increase."""
        return Counters() if self.beat is None else self.beat.counters


class Family(figures.Family[Seen]):
    prefix = PREFIX


def of_beat(read: Callable[[Heartbeat], Values]) -> Callable[[Seen], Values]:
    """Nothing before the first heartbeat."""
    return lambda seen: {} if seen.beat is None else read(seen.beat)


def by_code(counts: Mapping[int, int], known: Iterable[int]) -> dict[str, int]:
    """A front may answer with any number: those that are not known are counted together."""
    named = {str(code): counts.get(code, 0) for code in known}
    return {**named, OTHER: sum(counts.values()) - sum(named.values())}


def to_s(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / _MS_PER_S


def ages(ages_ms: Mapping[str, int | None]) -> Values:
    return {name: age / _MS_PER_S for name, age in ages_ms.items() if age is not None}
