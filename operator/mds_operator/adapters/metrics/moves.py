"""How feeds went from one account to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from mds_operator.adapters.metrics.families import OF_SUBSCRIPTION, Family, Histogram, to_buckets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.durations import Durations
    from mds_operator.domain.seen import Key


class LastMove(NamedTuple):
    epoch: str
    from_account: str
    to_account: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    failovers: Mapping[Key, Mapping[str, int]] = field(default_factory=dict)
    """By reason."""
    last: Mapping[Key, LastMove] = field(default_factory=dict)
    gaps: Mapping[Key, Durations] = field(default_factory=dict)
    detection: Mapping[str, Durations] = field(default_factory=dict)
    """By namespace."""
    decision: Mapping[str, Durations] = field(default_factory=dict)
    """By namespace."""


FAMILIES: Final = (
    Family[Moves](
        "failovers",
        "Moves of a feed from one account to another, by reason, whoever decided them.",
        lambda seen: {
            (*key, reason): float(count)
            for key, reasons in seen.failovers.items()
            for reason, count in reasons.items()
        },
        (*OF_SUBSCRIPTION, "reason"),
        "counter",
    ),
    Family[Moves](
        "last_failover_info",
        "1 for the last move of a feed from one account to another, as `status.failovers` has it.",
        lambda seen: {(*key, *move): 1.0 for key, move in seen.last.items()},
        (*OF_SUBSCRIPTION, "epoch", "from", "to", "reason"),
    ),
    Histogram[Moves](
        "failover_gap_seconds",
        "Stream time between one account's last tick and the next one's first, of moves in an open market.",
        lambda seen: {key: to_buckets(kept) for key, kept in seen.gaps.items()},
        OF_SUBSCRIPTION,
    ),
    Histogram[Moves](
        "failover_detection_seconds",
        "From the last sign of an account that failed to when that was noticed, in an open market.",
        lambda seen: {name: to_buckets(kept) for name, kept in seen.detection.items()},
        ("namespace",),
    ),
    Histogram[Moves](
        "failover_decision_seconds",
        "From then to the route that names another account, in an open market; of what a person edits, too.",
        lambda seen: {name: to_buckets(kept) for name, kept in seen.decision.items()},
        ("namespace",),
    ),
)
