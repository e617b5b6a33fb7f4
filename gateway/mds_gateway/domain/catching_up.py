"""The search of a log for what the stream lacks, a slice at a time, while ticks go on coming."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from mds_protocol.failover.takeover import Last, Plan, plan_lacking

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from mds_gateway.domain.ticks import FinishedTick

SLICE = 20_000  # entries of the log at a time: some 10 ms of the loop


@dataclass(slots=True)
class CatchingUp:
    search: Generator[None, None, Plan[FinishedTick]]
    last: Mapping[bytes, Last[bytes]]
    meanwhile: list[FinishedTick] = field(default_factory=list)
    """What came since the search began."""

    @classmethod
    def begin(cls, log: Iterable[FinishedTick], last: Mapping[bytes, Last[bytes]]) -> Self:
        """On a copy, as the log goes on meanwhile: pointers only, and no look at the ticks."""
        return cls(plan_lacking(list(log), last, per_slice=SLICE), last)
