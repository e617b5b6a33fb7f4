"""Which contracts a subscription means: the same answer for operator, gateway and client from one table.

Inside a rule every field that is set must match, and a list matches any of its values; rules add up;
`exclude` takes away; `instruments` are in whatever the rules say. `{}` is everything that has not expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.wire.codec import ContractId, Natural, Part
from mds_protocol.wire.contract import Contract, ProductClass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class Rule(Part):
    """One rule of `select` or `exclude`. An empty list does not restrict."""

    exchanges: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    classes: tuple[ProductClass, ...] = ()
    max_days_to_expiry: Natural | None = None
    """Calendar days from today to the last day of trading, inclusive; without one, no match."""

    def matches(self, contract: Contract, today: date) -> bool:
        return (
            (not self.exchanges or contract.exchange in self.exchanges)
            and (not self.products or contract.product in self.products)
            and (not self.classes or contract.product_class in self.classes)
            and (self.max_days_to_expiry is None or _is_near(contract, today, self.max_days_to_expiry))
        )


class Rules(Part):
    """The choice of one subscription, as its spec says it."""

    select: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()
    instruments: tuple[ContractId, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What the rules mean today: contracts by exchange, then symbol."""

    contracts: tuple[Contract, ...]
    unknown: tuple[str, ...]
    """Instruments that are in no table: mistyped, expired and gone, or of an exchange not logged in to."""


def select(rules: Rules, contracts: Iterable[Contract], today: date) -> Selection:
    """`today` is the trading day. The order of `contracts` does not matter; of equal ids the last counts."""
    known = {contract.id: contract for contract in contracts}
    chosen = {
        id_ for id_, contract in known.items() if _is_chosen(contract, rules, today)
    } | known.keys() & set(rules.instruments)
    return Selection(
        contracts=tuple(
            sorted((known[id_] for id_ in chosen), key=lambda found: (found.exchange, found.symbol))
        ),
        unknown=tuple(sorted(set(rules.instruments) - known.keys())),
    )


def rank_busiest(contracts: Iterable[Contract]) -> list[Contract]:
    """Of each product the contract with the most open interest, the most first; futures if there are any."""
    found = tuple(contracts)
    futures = [contract for contract in found if contract.product_class is ProductClass.FUTURES]
    best: dict[tuple[str, str], Contract] = {}
    for contract in futures or found:
        product = (contract.exchange, contract.product)
        if product not in best or _rank(contract) < _rank(best[product]):
            best[product] = contract
    return sorted(best.values(), key=_rank)


def _rank(contract: Contract) -> tuple[float, str]:
    return -(contract.open_interest or 0.0), contract.id


def _is_chosen(contract: Contract, rules: Rules, today: date) -> bool:
    if contract.expiry is not None and contract.expiry < today:
        return False
    return any(rule.matches(contract, today) for rule in rules.select) and not any(
        rule.matches(contract, today) for rule in rules.exclude
    )


def _is_near(contract: Contract, today: date, days: int) -> bool:
    return contract.expiry is not None and (contract.expiry - today).days <= days
