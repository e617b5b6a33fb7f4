"""Looks at subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.subscriptions import SubscriptionFigures, Subscriptions
from mds_operator.domain.standbys import is_ready
from mds_operator.looking.conditions import read_conditions
from mds_protocol.failover.order import candidates_of
from mds_protocol.failover.standing import Candidate, stand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_operator.desk import Desk
    from mds_operator.domain.coverage import Coverage
    from mds_operator.domain.judging import Judgement
    from mds_operator.looking.source import Source
    from mds_operator.records import SubscriptionRecord
    from mds_protocol.failover.observed import AccountSeen, SubscriptionSeen


def look_at_subscriptions(source: Source) -> Subscriptions:
    return Subscriptions(
        known={
            desk.key(name): _describe(name, record, desk)
            for desk in source.desks
            for name, record in desk.subscriptions.items()
        }
    )


def _describe(name: str, record: SubscriptionRecord, desk: Desk) -> SubscriptionFigures:
    status, judgement = record.written or record.subscription.status, desk.judgement
    known = desk.routes.get(name)
    route = known.route if known else None
    seen = judgement.subscriptions.get(name) if judgement else None
    candidates = _list_candidates(seen, judgement) if seen and judgement else ()
    named = judgement.accounts.get(route.named) if judgement and route and route.named else None
    return SubscriptionFigures(
        stream=record.subscription.spec.publish.stream,
        epoch=route.epoch if route else None,
        active=named.name if named and route and named.is_active(name, route.epoch) else None,
        candidates={account.name: account.priority for account in candidates},
        conditions=read_conditions(status.conditions) if status else (),
        open_s=record.available.open_s,
        served_s=record.available.served_s,
        contracts=_count_contracts(record.coverage) if record.coverage else {},
        standbys=_count_standbys(seen, candidates, judgement) if seen and judgement else None,
    )


def _list_candidates(seen: SubscriptionSeen, judgement: Judgement) -> tuple[AccountSeen, ...]:
    """Only those that it selects are looked at: each has few, of a namespace that may have many."""
    selected = (judgement.accounts.get(account) for account in seen.accounts)
    return candidates_of(seen, [account for account in selected if account])


def _count_standbys(seen: SubscriptionSeen, candidates: Iterable[AccountSeen], judgement: Judgement) -> int:
    decision = judgement.decisions.get(seen.name)
    named = decision.account if decision else None
    return sum(
        is_ready(stand(Candidate(account, judgement.health[account.name]), seen))
        for account in candidates
        if account.name != named
    )


def _count_contracts(coverage: Coverage) -> Mapping[str, int]:
    return {
        "Selected": coverage.selected,
        "Subscribed": coverage.subscribed,
        "Ticking": coverage.ticking,
        "Stale": coverage.stale,
    }
