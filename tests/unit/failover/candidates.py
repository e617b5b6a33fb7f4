"""The candidates of an election as most of its tests want them, and whom the feed moves to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mds_protocol.failover.election import Action
from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from tests.unit.failover.builders import (
    decide,
    make_candidate,
    make_health,
    unhealthy,
)

if TYPE_CHECKING:
    from mds_protocol.failover.standing import Candidate

SLEEPING = {"standby": Standby.COLD, "pod": None, "heard_ago": None}
ASLEEP = unhealthy(AccountReason.COLD, is_probing=False)
SILENT_PROBE = make_health(is_probing=False)
A = make_candidate("a")
B = make_candidate("b")
C = make_candidate("c")
BAD_A = make_candidate("a", unhealthy())
BAD_B = make_candidate("b", unhealthy())
NIGHT = MarketSeen(open=False, opens_in_s=901.0)


def moved(*candidates: Candidate, **changes: Any) -> tuple[str | None, FailoverReason]:
    """Whom the feed moves to, or None, and why."""
    decision = decide(*candidates, **changes)
    return (decision.account if decision.action is Action.MOVE else None), decision.reason
