"""Looks at accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.accounts import AccountFigures, Accounts
from mds_operator.domain.observe import find_roles
from mds_operator.domain.seen import Problem
from mds_protocol.resources.feedaccount import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_operator.desk import Desk
    from mds_operator.domain.seen import Key
    from mds_operator.looking.source import Source


def look_at_accounts(source: Source) -> Accounts:
    return Accounts(known={key: figures for desk in source.desks for key, figures in _look(desk)})


def _look(desk: Desk) -> Iterator[tuple[Key, AccountFigures]]:
    judgement = desk.judgement
    if judgement is None:
        return
    for name, seen in judgement.accounts.items():
        health = judgement.health[name]
        record = desk.accounts[name]
        can_wake = not isinstance(record.making, Problem) and record.block is None
        parts = find_roles(seen, health, judgement.subscriptions.values(), can_wake=can_wake)
        roles = {part.role for part in parts}
        role = next((role for role in (Role.ACTIVE, Role.STANDBY) if role in roles), Role.NONE)
        yield desk.key(name), AccountFigures(health=health.state.value, role=role.value)
