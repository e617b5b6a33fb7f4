"""Whether a subscription will be there at the next opening, from what its desk knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.domain.nats_seen import forget_old
from mds_operator.domain.readiness_facts import AccountMemory, Around, gather_readiness
from mds_operator.domain.recovery import find_budget_left
from mds_protocol.readiness.judging import readiness

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.desk import Desk
    from mds_operator.domain.subscription_case import SubscriptionCase
    from mds_operator.records import AccountRecord, SubscriptionRecord
    from mds_protocol.readiness.verdict import Verdict


def foresee(desk: Desk, record: SubscriptionRecord, case: SubscriptionCase) -> Verdict:
    """The verdict as of now; `case` is what its status is built from."""
    now, wall = desk.office.now(), desk.office.wall()
    around = Around(
        namespace=desk.namespace,
        stream=record.subscription.spec.publish.stream,
        hears_itself=desk.listening.is_sure(now),
        front_wall=wall + desk.ahead,
        follow_front_clock=desk.office.installation.follow_front_clock and desk.front_ahead is None,
        nats=forget_old(desk.office.nats, now=now),
        before=record.readiness,
    )
    memories = {
        name: _recall(known, wall)
        for name in case.subscription.accounts
        if (known := desk.accounts.get(name)) is not None
    }
    facts = gather_readiness(case, memories, record.coverage, around)
    return readiness(facts, now=around.front_wall)


def _recall(record: AccountRecord, wall: datetime) -> AccountMemory:
    spec = record.account.spec.recovery
    left = find_budget_left(record.restarts, spec, wall=wall) if spec.max_per_hour else None
    return AccountMemory(record.written or record.account.status, left)
