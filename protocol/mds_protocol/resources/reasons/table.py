"""Every reason as Markdown, for the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.resources.reasons.account import AccountReason
from mds_protocol.resources.reasons.failover import FailoverReason
from mds_protocol.resources.reasons.promotion import PromotionReason
from mds_protocol.resources.reasons.readiness import ReadinessProblem
from mds_protocol.resources.reasons.restart import RestartReason
from mds_protocol.resources.reasons.subscription import SubscriptionReason
from mds_protocol.resources.reasons.writer import WriterReason

if TYPE_CHECKING:
    from mds_protocol.resources.reasons.reason import Reason

ENUMS: tuple[type[Reason], ...] = (
    AccountReason,
    SubscriptionReason,
    FailoverReason,
    PromotionReason,
    WriterReason,
    RestartReason,
    ReadinessProblem,
)
"""In the order of the docs."""


def reasons_table() -> str:
    """Every reason as Markdown, one table per enum, for `docs/failover-rules.md`."""
    return "\n\n".join(_table(enum) for enum in ENUMS)


def _table(enum: type[Reason]) -> str:
    rows = [f"| `{reason}` | {reason.sentence} |" for reason in enum]
    return "\n".join(
        [f"### {enum.__name__}", "", str(enum.__doc__), "", "| code | meaning |", "|---|---|", *rows]
    )
