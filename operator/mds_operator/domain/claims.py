"""What subscriptions want, oldest first, before anything is judged: accounts, subjects, contracts.

A subscription claims its subjects also while it is not accepted itself: otherwise repairing an old one would
stop a younger one that runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from mds_operator.domain.conflicts import Chosen, Writing
from mds_operator.domain.feed_settings import build_rules
from mds_operator.domain.observe import find_selected, name_market
from mds_operator.domain.seen import Key
from mds_operator.domain.selectors import matches
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.selection import select
from mds_protocol.wire.subjects import SubjectTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mds_protocol.resources.feedaccount import FeedAccount
    from mds_protocol.resources.feedsubscription import FeedSubscription
    from mds_protocol.wire.contract import Contract, ProductContracts
    from mds_protocol.wire.selection import Rules, Selection
    from mds_protocol.wire.subjects import Subjects


@dataclass(frozen=True, slots=True, eq=False)
class ContractTable:
    """The contracts of one market, and the trading day that rules count from.

    Equal only to itself: what was resolved against it is remembered, so keep one until the bucket changes.
    """

    contracts: tuple[Contract, ...]
    today: date


@dataclass(frozen=True, slots=True)
class Claim:
    """What one subscription wants."""

    key: Key
    subscription: FeedSubscription
    accounts: tuple[FeedAccount, ...]
    """What its selector matches."""
    selection: Selection | None
    """None while no contract of its market is known."""
    writing: Writing | None
    """None where its subject cannot be written at all."""
    problem: str = ""
    """Why not."""

    @property
    def by_market(self) -> dict[str, list[str]]:
        """The names of its accounts."""
        found: dict[str, list[str]] = {}
        for account in self.accounts:
            found.setdefault(name_market(account.spec), []).append(account.metadata.name)
        return dict(sorted(found.items()))


def gather_tables(values: Iterable[ProductContracts]) -> dict[str, ContractTable]:
    """By market, from the values of the contract bucket; the newest trading day counts."""
    contracts: dict[str, list[Contract]] = {}
    days: dict[str, str] = {}
    for value in values:
        market = f"{value.gateway}.{value.environment}"
        contracts.setdefault(market, []).extend(value.contracts)
        days[market] = max(days.get(market, ""), value.trading_day)
    return {
        market: ContractTable(tuple(found), date.fromisoformat(days[market]))
        for market, found in contracts.items()
    }


def gather_claims(
    subscriptions: Iterable[FeedSubscription],
    accounts: Iterable[FeedAccount],
    tables: Mapping[str, ContractTable],
    subjects: Subjects,
) -> tuple[Claim, ...]:
    """All of them, the oldest first."""
    known = tuple(accounts)
    ordered = sorted(subscriptions, key=_seniority)
    return tuple(_gather(subscription, known, tables, subjects) for subscription in ordered)


def _seniority(subscription: FeedSubscription) -> tuple[datetime, str, str]:
    """Ties are broken by name, so that every operator decides alike."""
    metadata = subscription.metadata
    created = metadata.creation_timestamp or datetime.max.replace(tzinfo=UTC)
    return created, metadata.name, metadata.namespace or ""


def _gather(
    subscription: FeedSubscription,
    accounts: Sequence[FeedAccount],
    tables: Mapping[str, ContractTable],
    subjects: Subjects,
) -> Claim:
    key = Key(subscription.metadata.namespace or "", subscription.metadata.name)
    names = find_selected(subscription, accounts, matches=matches)
    selected = tuple(
        account
        for account in accounts
        if account.metadata.namespace == key.namespace and account.metadata.name in names
    )
    rules, publish = build_rules(subscription), subscription.spec.publish
    markets = {name_market(account.spec) for account in selected}
    chosen = _resolve(rules, markets or tables.keys(), tables)
    selection = chosen.selection if chosen and len(markets) == 1 else None
    try:
        template = SubjectTemplate.parse(publish.subject, subjects)
    except WireError as error:
        problem = f"publish.subject {error.path} {error.problem}"
        return Claim(key, subscription, selected, selection, None, problem)
    writing = Writing(publish.stream, template, rules, chosen)
    return Claim(key, subscription, selected, selection, writing)


def _resolve(rules: Rules, markets: Iterable[str], tables: Mapping[str, ContractTable]) -> Chosen | None:
    """Of a subscription without accounts in any market: its claim must not widen when these are deleted."""
    known = [tables[market] for market in sorted(markets) if market in tables and tables[market].contracts]
    return _choose(rules, tuple(known)) if known else None


@lru_cache(maxsize=32)  # what subscriptions mean at present; a whole market takes 3 MB each
def _choose(rules: Rules, tables: tuple[ContractTable, ...]) -> Chosen:
    """A whole market takes 0.1 s, so an edit must not work out what the others mean again."""
    contracts = chain.from_iterable(table.contracts for table in tables)
    selection = select(rules, contracts, max(table.today for table in tables))
    return Chosen(selection, frozenset(contract.id for contract in selection.contracts))
