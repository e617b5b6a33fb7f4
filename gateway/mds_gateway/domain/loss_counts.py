"""How many ticks were told as lost, by subscription and cause: what an event says, a counter says too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_protocol.wire.events import LOSSES, GapCause

if TYPE_CHECKING:
    from mds_gateway.domain.losing import Loss


@dataclass(slots=True)
class LossCounts:
    """Since the process began, also of what is not served any more. What is served begins with 0."""

    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By subscription and cause."""
    died_with: Counter[str] = field(default_factory=Counter)
    front_missed: Counter[str] = field(default_factory=Counter)

    def begin(self, subscription: str) -> None:
        for cause in LOSSES:
            self.lost[subscription, cause] += 0
        self.died_with[subscription] += 0
        self.front_missed[subscription] += 0

    def add(self, subscription: str, loss: Loss) -> None:
        """What nobody can count is at least one."""
        count = 1 if loss.count is None else loss.count
        match loss.cause:
            case GapCause.DIED_WITH:
                self.died_with[subscription] += count
            case GapCause.FRONT_MISSED:
                self.front_missed[subscription] += count
            case cause:
                self.lost[subscription, cause] += count
