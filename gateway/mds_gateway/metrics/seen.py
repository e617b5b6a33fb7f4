"""What one scrape reads, and how a family reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_runtime.http import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_runtime.http.figures import Values

PREFIX = "mds_gateway_"
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

    def on_takeover(self, subscription: str, took_s: float) -> None:
        self.takeovers[subscription] += 1
        self.takeover_s[subscription] = took_s


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scrape reads."""

    beat: Heartbeat
    tally: Tally
    connected: bool
    connections: int
    renewals: Mapping[str, int]


class Family(figures.Family[Seen]):
    prefix = PREFIX


def to_s(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / _MS_PER_S


def ages(ages_ms: Mapping[str, int | None]) -> Values:
    return {name: age / _MS_PER_S for name, age in ages_ms.items() if age is not None}
