"""The conditions of a case, and what the cases of their tests share."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mds_operator.domain.subscription_status import build_subscription_status
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.resources.reasons import AccountReason
from tests.unit.failover.builders import make_subscription, unhealthy
from tests.unit.operator.subscriptions.builders import WALL, find, make_case, say

if TYPE_CHECKING:
    from mds_operator.domain.subscription_case import SubscriptionCase

BOTH = frozenset({"SHFE", "DCE"})
CLOSED = MarketSeen(open=False, opens_in_s=3600.0)
CALLED_OPEN_AT = WALL - timedelta(minutes=20)
DOUBTED = MarketSeen(open=False, opens_in_s=3600.0, called_open_at=CALLED_OPEN_AT)


def seen(**changes: Any) -> Any:
    return make_subscription(exchanges=BOTH, **changes)


def build(case: SubscriptionCase, before: Any = None) -> Any:
    return build_subscription_status(case, before, WALL)


def ready_of(case: SubscriptionCase, before: Any = None) -> tuple[str, str]:
    return say(find(build(case, before), "Ready"))


READY_BEFORE = build(make_case())
DEAD = unhealthy(AccountReason.SILENT)
