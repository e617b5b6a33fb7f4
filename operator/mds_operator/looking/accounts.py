"""Looks at accounts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.accounts import AccountFigures, Accounts
from mds_operator.domain.observe import find_roles
from mds_operator.domain.recovery import find_budget_left
from mds_operator.domain.seen import Problem
from mds_operator.looking.conditions import read_conditions
from mds_protocol.failover.health import HealthState
from mds_protocol.resources.feedaccount import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from mds_operator.desk import Desk
    from mds_operator.domain.judging import Judgement
    from mds_operator.domain.seen import Key
    from mds_operator.looking.source import Source
    from mds_operator.records import AccountRecord
    from mds_protocol.failover.observed import SubscriptionSeen


def look_at_accounts(source: Source) -> Accounts:
    return Accounts(
        known={key: figures for desk in source.desks for key, figures in _look(desk, source.wall)}
    )


def _look(desk: Desk, wall: datetime) -> Iterator[tuple[Key, AccountFigures]]:
    judgement = desk.judgement
    served = _find_served(judgement) if judgement else {}
    for name, record in desk.accounts.items():
        status, spec = record.written or record.account.status, record.account.spec
        health = judgement.health.get(name) if judgement else None
        is_healthy = health is not None and health.state is HealthState.HEALTHY
        yield (
            desk.key(name),
            AccountFigures(
                health=health.state.value if health else None,
                role=_find_role(name, record, judgement, served.get(name, ())) if judgement else None,
                conditions=read_conditions(status.conditions) if status else (),
                is_enabled=spec.enabled,
                is_paused=spec.paused,
                # What streams is not blocked, whatever its trading login waits for.
                is_blocked=record.block is not None and not is_healthy,
                restarts_left=find_budget_left(record.restarts, spec.recovery, wall=wall),
                restarts=record.tally.restarts,
            ),
        )


def _find_served(judgement: Judgement) -> Mapping[str, Iterable[SubscriptionSeen]]:
    """By account: each is asked for the few that it serves, not for all."""
    found: defaultdict[str, list[SubscriptionSeen]] = defaultdict(list)
    for subscription in judgement.subscriptions.values():
        for account in subscription.accounts:
            found[account].append(subscription)
    for account, seen in judgement.accounts.items():
        named = (judgement.subscriptions.get(name) for name in seen.named_in)
        found[account] += (entry for entry in named if entry and account not in entry.accounts)
    return found


def _find_role(
    name: str, record: AccountRecord, judgement: Judgement, served: Iterable[SubscriptionSeen]
) -> str | None:
    seen = judgement.accounts.get(name)
    if seen is None:
        return None
    can_wake = not isinstance(record.making, Problem) and record.block is None
    roles = {part.role for part in find_roles(seen, judgement.health[name], served, can_wake=can_wake)}
    return next((role for role in (Role.ACTIVE, Role.STANDBY) if role in roles), Role.NONE).value
