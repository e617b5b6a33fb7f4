"""What the settings mean today: for each subscription, which contracts go where and how. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_gateway.ports import Outlet
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.selection import select
from mds_protocol.wire.subjects import Subjects, SubjectTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from mds_protocol.wire.settings import Settings, Subscription

CANARIES = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """By subscription."""

    outlets: dict[str, Outlet]
    unknown: dict[str, tuple[str, ...]]
    """Instruments asked for by name that no contract table has."""
    canaries: tuple[str, ...]


def build_plan(settings: Settings, subjects: Subjects, contracts: Iterable[Contract], today: date) -> Plan:
    table = list(contracts)
    outlets: dict[str, Outlet] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    chosen: dict[str, Contract] = {}
    for subscription in settings.subscriptions:
        selection = select(subscription.rules, table, today)
        outlets[subscription.name] = _build_outlet(subscription, subjects, selection.contracts)
        if selection.unknown:
            unknown[subscription.name] = selection.unknown
        chosen |= {contract.id: contract for contract in selection.contracts}
    return Plan(outlets, unknown, choose_canaries(settings, chosen))


def _build_outlet(subscription: Subscription, subjects: Subjects, contracts: Iterable[Contract]) -> Outlet:
    return Outlet(
        subscription=subscription.name,
        contracts=frozenset(contract.symbol for contract in contracts),
        template=SubjectTemplate.parse(subscription.publish.subject, subjects),
        encoding=subscription.publish.encoding,
    )


def render(outlet: Outlet, contract: Contract) -> str:
    """The subject of one contract."""
    return outlet.template.render(
        exchange=contract.exchange, symbol=contract.symbol, product=contract.product
    )


def name_contracts(outlet: Outlet, contracts: Iterable[Contract]) -> dict[bytes, str]:
    """The contract (`rb2701.SHFE`) of each subject: for an event that names some, so only when one is due."""
    return {render(outlet, c).encode(): c.id for c in contracts if c.symbol in outlet.contracts}


def choose_canaries(settings: Settings, chosen: Mapping[str, Contract]) -> tuple[str, ...]:
    """Named ones, as far as they are subscribed; else the most open interest, each of another product."""
    named = tuple(id_ for id_ in settings.canaries if id_ in chosen)
    if named:
        return named
    futures = [c for c in chosen.values() if c.product_class is ProductClass.FUTURES]
    ranked = sorted(futures or chosen.values(), key=lambda c: (-(c.open_interest or 0.0), c.id))
    best_of_product: dict[tuple[str, str], str] = {}
    for contract in ranked:
        best_of_product.setdefault((contract.exchange, contract.product), contract.id)
    return tuple(best_of_product.values())[:CANARIES]
