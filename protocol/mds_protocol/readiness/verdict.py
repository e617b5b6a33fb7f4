"""What the judgement says: `Verdict`, a state and its findings, worst first.

The order is total: by weight, then as the problems are declared, then by what it is about. So the same facts
give the same worst one each time, whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mds_protocol.resources.reasons import ReadinessProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Readiness(StrEnum):
    """The four answers, the worst first."""

    NOT_READY = "NotReady"
    """It will not be there unless somebody does something."""
    UNKNOWN = "Unknown"
    """Nobody can tell."""
    AT_RISK = "AtRisk"
    """It will be there, and one thing more going wrong may be one too many."""
    READY = "Ready"
    """Nothing is known against it."""


_RANKS: Final[Mapping[str, int]] = {
    code: rank for enum in (Readiness, ReadinessProblem) for rank, code in enumerate(enum)
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stands against the opening."""

    problem: ReadinessProblem
    weight: Readiness
    text: str
    """With what it is about first. No age and no count stands in it: it changes only when a state does."""
    step: str
    """What to type next."""
    about: str = ""
    """The account or consumer; empty for the feed itself."""

    @property
    def rank(self) -> tuple[int, int, str, str]:
        return _RANKS[self.weight], _RANKS[self.problem], self.about, self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """How ready a feed is, and what is wrong with it."""

    findings: tuple[Finding, ...] = ()
    """Worst first."""

    @property
    def state(self) -> Readiness:
        return self.worst.weight if self.worst else Readiness.READY

    @property
    def worst(self) -> Finding | None:
        return self.findings[0] if self.findings else None

    @property
    def problems(self) -> tuple[ReadinessProblem, ...]:
        """Each once, worst first."""
        return tuple(dict.fromkeys(found.problem for found in self.findings))


def conclude(findings: Iterable[Finding]) -> Verdict:
    """The verdict over all that was found, in any order."""
    return Verdict(tuple(sorted(set(findings), key=lambda found: found.rank)))
