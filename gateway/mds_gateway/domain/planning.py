"""What the settings mean today: for each subscription, which contracts go where and how. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING

from mds_gateway.ports import Outlet
from mds_protocol.wire.selection import rank_busiest, select
from mds_protocol.wire.subjects import Placeholder, Subjects, SubjectTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from mds_gateway.domain.slices import Slices
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.settings import Settings, Subscription

CANARIES = 3
SLICE = 1_000  # contracts: some milliseconds


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a plan depends on."""

    contracts: tuple[Contract, ...] = ()
    settings: Settings | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A contract table as it is looked up, and what the settings make of it."""

    asked: Asked = Asked()
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    """By id, `rb2701.SHFE`."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """By symbol."""
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """By subscription."""

    outlets: dict[str, Outlet]
    unknown: dict[str, tuple[str, ...]]
    """Instruments asked for by name that no contract table has."""
    canaries: tuple[str, ...]
    exchanges: dict[str, frozenset[str]] = field(default_factory=dict)
    """Those of the contracts."""


def plan_anew(asked: Asked, subjects: Subjects, before: Planned) -> Slices[Planned]:
    """What was planned before, if nothing changed."""
    if asked == before.asked:
        return before
    contracts: dict[str, Contract] = {}
    ids: dict[str, str] = {}
    for part in batched(asked.contracts, SLICE, strict=False):
        for contract in part:
            ids[contract.symbol] = id_ = contract.id
            contracts[id_] = contract
        yield
    plan = None
    if asked.settings is not None and asked.today is not None:
        plan = yield from build_plan(asked.settings, subjects, asked.contracts, asked.today)
    return Planned(asked, contracts, ids, plan)


def build_plan(
    settings: Settings, subjects: Subjects, contracts: Sequence[Contract], today: date
) -> Slices[Plan]:
    outlets: dict[str, Outlet] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    exchanges: dict[str, frozenset[str]] = {}
    chosen: dict[str, Contract] = {}
    for subscription in settings.subscriptions:
        symbols: set[str] = set()
        seen: set[str] = set()
        missing = set(subscription.rules.instruments)
        for part in batched(contracts, SLICE, strict=False):
            selection = select(subscription.rules, part, today)
            missing.intersection_update(selection.unknown)
            for contract in selection.contracts:
                symbols.add(contract.symbol)
                seen.add(contract.exchange)
                chosen[contract.id] = contract
            yield
        outlets[subscription.name] = _build_outlet(subscription, subjects, symbols)
        exchanges[subscription.name] = frozenset(seen)
        if missing:
            unknown[subscription.name] = tuple(sorted(missing))
        yield
    canaries = choose_canaries(settings, chosen)
    yield
    return Plan(outlets, unknown, canaries, exchanges)


def _build_outlet(subscription: Subscription, subjects: Subjects, symbols: Iterable[str]) -> Outlet:
    return Outlet(
        subscription=subscription.name,
        contracts=frozenset(symbols),
        template=SubjectTemplate.parse(subscription.publish.subject, subjects),
        encoding=subscription.publish.encoding,
    )


def render(outlet: Outlet, contract: Contract) -> str:
    """The subject of one contract."""
    return outlet.template.render(
        exchange=contract.exchange, symbol=contract.symbol, product=contract.product
    )


def name_contracts(outlet: Outlet, subjects: Iterable[bytes], ids: Mapping[str, str]) -> dict[bytes, str]:
    """The contract (`rb2701.SHFE`) of each subject, as far as it is known. `ids` is by symbol."""
    symbols = {subject: outlet.template.read(subject.decode())[Placeholder.SYMBOL] for subject in subjects}
    return {subject: ids[symbol] for subject, symbol in symbols.items() if symbol in ids}


def choose_canaries(settings: Settings, chosen: Mapping[str, Contract]) -> tuple[str, ...]:
    """Named ones, as far as they are subscribed; else the most open interest, each of another product."""
    named = tuple(id_ for id_ in settings.canaries if id_ in chosen)
    if named:
        return named
    return tuple(contract.id for contract in rank_busiest(chosen.values())[:CANARIES])
