"""What was moved and what was replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import Family

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    failovers: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    """By reason."""


FAMILIES: Final = (
    Family[Moves](
        "failovers",
        "Routes that were moved, by reason.",
        lambda seen: seen.failovers,
        ("reason",),
        "counter",
    ),
    Family[Moves](
        "restarts",
        "Pods that were replaced, by reason.",
        lambda seen: seen.restarts,
        ("reason",),
        "counter",
    ),
)
