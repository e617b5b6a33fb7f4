"""The condition ReadyForOpening: the worst of what stands against the next opening, with what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_protocol.readiness.verdict import Readiness
from mds_protocol.resources.conditions import ConditionStatus
from mds_protocol.resources.reasons import SubscriptionReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.readiness.verdict import Verdict
    from mds_protocol.resources.reasons import Reason

STATUSES: Final[Mapping[Readiness, ConditionStatus]] = {
    Readiness.READY: ConditionStatus.TRUE,
    Readiness.AT_RISK: ConditionStatus.TRUE,
    Readiness.UNKNOWN: ConditionStatus.UNKNOWN,
    Readiness.NOT_READY: ConditionStatus.FALSE,
}
"""What is at risk will be there all the same; the reason says what it stands on."""


def tell_readiness(verdict: Verdict) -> tuple[ConditionStatus, Reason, str]:
    """Status, reason and message. Of the other problems only the names stand in it."""
    status, worst = STATUSES[verdict.state], verdict.worst
    if worst is None:
        reason = SubscriptionReason.NO_PROBLEM
        return status, reason, reason.sentence
    others = [problem for problem in verdict.problems if problem is not worst.problem]
    further = f" Beside that: {', '.join(others)}." if others else ""
    return status, worst.problem, f"{worst.text}{further} {worst.step}"
