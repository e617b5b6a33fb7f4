"""What can be known before a tick comes, for each contract and subscription. Pure, and made in slices.

25,000 contracts in three subscriptions take most of a second, so a plan is built a slice at a time from what
does not change (`Asked`, and the plan before), while ticks go on under the old one; it comes into force by
one assignment. What is learnt from ticks (`ContractSeen`, `ExchangeSeen`) is shared by the old and the new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import TYPE_CHECKING

import msgspec

from mds_gateway.domain.exchange_clock import ExchangeClock
from mds_protocol.wire.contract import Contract
from mds_protocol.wire.encodings import ENCODERS
from mds_protocol.wire.identity import build_prefix
from mds_protocol.wire.tick import Tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_gateway.domain.slices import Slices
    from mds_gateway.ports import Outlet

SLICE = 500  # contracts: about 10 ms


class Route(msgspec.Struct, frozen=True, gc=False):
    """How one subscription wants the ticks of one contract."""

    subscription: str
    subject: bytes
    identity_prefix: bytes
    encode: Callable[[Tick], bytes]


@dataclass(slots=True)
class ExchangeSeen:
    """What the ticks of one exchange said."""

    tick_ns: int | None = None
    """When the newest came, on the monotonic clock."""
    clock: ExchangeClock = field(default_factory=ExchangeClock)


class ContractSeen(msgspec.Struct, gc=False):
    """What the ticks of one contract said."""

    login: int = -1
    """In which a tick came last; the first of a login is a snapshot."""
    first_tick_ns: int | None = None
    """When the first of that login was received, by the wall clock."""
    tick_ns: int | None = None
    pre_open_interest: float | None = None


class ContractPlan(msgspec.Struct, frozen=True, gc=False):
    """`gc=False`, as for what it holds: a full collection would otherwise walk them all, for 90 ms."""

    contract: Contract
    exchange_seen: ExchangeSeen
    seen: ContractSeen
    routes: tuple[Route, ...]
    """By encoding, so that the same body is not made twice."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a plan depends on but what ticks said."""

    own: tuple[Contract, ...] = ()
    """The trading front's table; it counts before what came from elsewhere."""
    elsewhere: tuple[Contract, ...] = ()
    outlets: tuple[Outlet, ...] = ()


@dataclass(frozen=True, slots=True)
class SourcePlan:
    asked: Asked = Asked()
    contracts: Mapping[str, ContractPlan] = field(default_factory=dict)
    """By symbol."""
    exchanges: Mapping[str, ExchangeSeen] = field(default_factory=dict)
    own: tuple[Contract, ...] = ()
    """The trading front's table with the open interest of the day before, as far as somebody said it."""
    wanted: tuple[str, ...] = ()
    """What to subscribe."""
    unknown: tuple[str, ...] = ()
    """Symbols that an outlet names and no table has."""


def build_source_plan(asked: Asked, before: SourcePlan) -> Slices[SourcePlan]:
    """The plan before, where nothing changed."""
    ranked: list[Contract] = []
    for part in batched(asked.own, SLICE, strict=False):
        ranked += [_rank(contract, before) for contract in part]
        yield
    own = tuple(ranked)
    if asked == before.asked:
        return before if own == before.own else replace(before, own=own)
    yield
    known = {contract.symbol: contract for table in (asked.elsewhere, own) for contract in table}
    exchanges = dict(before.exchanges)
    for exchange in {contract.exchange for contract in known.values()} - exchanges.keys():
        exchanges[exchange] = ExchangeSeen()
    yield
    kept = _find_kept(asked.outlets, before.asked.outlets)
    outlets = sorted(asked.outlets, key=lambda outlet: outlet.encoding)
    contracts: dict[str, ContractPlan] = {}
    for part in batched(known.values(), SLICE, strict=False):
        for contract in part:
            contracts[contract.symbol] = _build_contract_plan(
                contract, outlets, exchanges, before.contracts.get(contract.symbol), kept
            )
        yield
    named = {symbol for outlet in asked.outlets for symbol in outlet.contracts}
    yield
    wanted = tuple(sorted(named & known.keys()))
    yield
    unknown = tuple(sorted(named - known.keys()))
    return SourcePlan(asked, contracts, exchanges, own, wanted, unknown)


def _rank(contract: Contract, before: SourcePlan) -> Contract:
    """A fresh table says nothing of open interest; what was known stays until the ticks say more."""
    plan = before.contracts.get(contract.symbol)
    if plan is None:
        return contract
    said = plan.seen.pre_open_interest
    value = plan.contract.open_interest if said is None else said
    if value is None or value == contract.open_interest:
        return contract
    return msgspec.structs.replace(contract, open_interest=value)


def _find_kept(outlets: tuple[Outlet, ...], before: tuple[Outlet, ...]) -> frozenset[str]:
    """Subscriptions whose ticks look as they did; only which contracts they want may have changed."""
    looks = {outlet.subscription: (outlet.template, outlet.encoding) for outlet in before}
    return frozenset(
        outlet.subscription
        for outlet in outlets
        if looks.get(outlet.subscription) == (outlet.template, outlet.encoding)
    )


def _build_contract_plan(
    contract: Contract,
    outlets: Sequence[Outlet],
    exchanges: Mapping[str, ExchangeSeen],
    before: ContractPlan | None,
    kept: frozenset[str],
) -> ContractPlan:
    """A contract keeps what is known of its ticks, and the routes that would be built the same."""
    is_same = before is not None and before.contract.exchange == contract.exchange
    seen = before.seen if before is not None and is_same else ContractSeen()
    routes = {}
    if before is not None and is_same and before.contract.product == contract.product:
        routes = {route.subscription: route for route in before.routes if route.subscription in kept}
    return ContractPlan(
        contract,
        exchanges[contract.exchange],
        seen,
        tuple(
            routes.get(outlet.subscription) or _build_route(outlet, contract)
            for outlet in outlets
            if contract.symbol in outlet.contracts
        ),
    )


def _build_route(outlet: Outlet, contract: Contract) -> Route:
    subject = outlet.template.render(
        exchange=contract.exchange, symbol=contract.symbol, product=contract.product
    )
    return Route(
        outlet.subscription, subject.encode(), build_prefix(subject, contract.id), ENCODERS[outlet.encoding]
    )
