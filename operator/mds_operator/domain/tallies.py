"""What is counted of one account and of one subscription since this operator leads; it goes with the object.

Each begins with every value that it can have, at 0: of a series that begins with its first event,
`increase()` misses that event.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.domain.durations import Durations
from mds_operator.domain.history import FAILOVERS, is_fault
from mds_protocol.resources.reasons import FailoverReason, RestartReason

if TYPE_CHECKING:
    from mds_operator.domain.availability import Availability
    from mds_operator.domain.history import History
    from mds_protocol.resources.feedsubscription import FailoverRecord

GAP_BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0)
STEP_BOUNDS_S: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0)

RESTARTS: Final = (
    RestartReason.UNHEALTHY,
    RestartReason.SCHEDULED,
    RestartReason.REQUESTED,
    RestartReason.SPEC_CHANGED,
    RestartReason.CREDENTIALS_CHANGED,
)
"""Why a pod is replaced."""

_KNOWN: Final = frozenset(FailoverReason)
OTHER: Final = "Other"
"""A reason of another version: routes are written by gateways, too."""


def name_reason(reason: str) -> str:
    """As a label, which holds no word of others."""
    return str(reason) if reason in _KNOWN else OTHER


@dataclass(slots=True)
class AccountTally:
    restarts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(map(str, RESTARTS), 0)))


@dataclass(slots=True)
class SubscriptionTally:
    failovers: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(map(str, FAILOVERS), 0)))
    gaps: Durations = field(default_factory=lambda: Durations(GAP_BOUNDS_S))

    def note_failovers(self, before: History, after: History) -> None:
        """After a route was seen; one that names nobody else is none."""
        move = after.newest
        if move is not None and after.failovers > before.failovers:
            self.failovers[name_reason(move.reason)] += 1

    def note_gap(self, gap_s: float, available: Availability, *, now: float) -> None:
        """Not of a gap that a closed market makes; the move was noticed in the session that is open now."""
        if available.open_since is not None and now - gap_s >= available.open_since:
            self.gaps.add(gap_s)


@dataclass(slots=True)
class Steps:
    """How long the steps of failovers took that this operator decided, over all feeds of a namespace."""

    detection: Durations = field(default_factory=lambda: Durations(STEP_BOUNDS_S))
    """From the last sign of the account that failed to when its failure was noticed."""
    decision: Durations = field(default_factory=lambda: Durations(STEP_BOUNDS_S))
    """From then to the decision."""

    def note(self, move: FailoverRecord, available: Availability, *, noticed_at: float) -> None:
        """Not of what was noticed while the market was closed: it waits for the opening."""
        if available.open_since is None or noticed_at < available.open_since:
            return
        if is_fault(move.reason) and available.served_at is not None:
            self.detection.add(max(0.0, noticed_at - available.served_at))
        if move.detected_at is not None and move.decided_at is not None:
            self.decision.add(max(0.0, (move.decided_at - move.detected_at).total_seconds()))
