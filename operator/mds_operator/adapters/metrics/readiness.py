"""How ready each subscription is for the next opening."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import OF_SUBSCRIPTION, Family, is_each
from mds_protocol.readiness.verdict import Readiness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import Key
    from mds_protocol.readiness.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    known: Mapping[Key, Verdict] = field(default_factory=dict)


FAMILIES: Final = (
    Family[Verdicts](
        "readiness",
        "1 for the verdict on a subscription at its next opening: Ready, AtRisk, NotReady or Unknown.",
        lambda seen: is_each({key: each.state.value for key, each in seen.known.items()}, Readiness),
        (*OF_SUBSCRIPTION, "verdict"),
    ),
    Family[Verdicts](
        "readiness_problem",
        "1 for each problem that stands against a subscription's next opening.",
        lambda seen: {
            (*key, problem.value): 1.0 for key, each in seen.known.items() for problem in each.problems
        },
        (*OF_SUBSCRIPTION, "problem"),
    ),
)
