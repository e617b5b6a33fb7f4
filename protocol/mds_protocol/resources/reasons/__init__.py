"""Every reason that mds gives: the codes in status, Events, metrics and logs, each with its sentence.

A code is CamelCase and stable: dashboards and alerts match it. One code means one fact wherever it stands;
its sentence tells the fact from where it is read, and for a bad one what a person does next. Where an account
is `FrontLost`, the move that follows is `FrontLost` too. No other module invents a reason.
"""

from __future__ import annotations

from mds_protocol.resources.reasons.account import AccountReason
from mds_protocol.resources.reasons.failover import FailoverReason
from mds_protocol.resources.reasons.promotion import PromotionReason
from mds_protocol.resources.reasons.readiness import ReadinessProblem
from mds_protocol.resources.reasons.reason import Reason
from mds_protocol.resources.reasons.restart import RestartReason
from mds_protocol.resources.reasons.subscription import SubscriptionReason
from mds_protocol.resources.reasons.table import ENUMS, reasons_table
from mds_protocol.resources.reasons.writer import WriterReason

__all__ = [
    "ENUMS",
    "AccountReason",
    "FailoverReason",
    "PromotionReason",
    "ReadinessProblem",
    "Reason",
    "RestartReason",
    "SubscriptionReason",
    "WriterReason",
    "reasons_table",
]
