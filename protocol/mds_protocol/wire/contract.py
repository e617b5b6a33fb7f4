"""What the exchanges say about contracts: one KV value per product, by any account with a trading login.

Only facts that every broker must agree on, so that two accounts write the same bytes: no margin, no fee, no
position. Contracts stand in the order of their symbols; equal facts are therefore equal bytes, and a writer
that would change nothing writes nothing.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

import msgspec

from mds_protocol.wire.codec import Message, Natural, Part, Text
from mds_protocol.wire.errors import WireError, excerpt
from mds_protocol.wire.subjects import ProductKey
from mds_protocol.wire.times import check_day

type Symbol = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class ProductClass(StrEnum):
    """CTP's ProductClass 1, 2 and 6, 3, 4; the others (EFP, TAS) are not market data of their own."""

    FUTURES = "Futures"
    OPTIONS = "Options"
    COMBINATION = "Combination"
    SPOT = "Spot"


class OptionType(StrEnum):
    CALL = "Call"
    PUT = "Put"


class Option(Part):
    """What an option adds."""

    underlying: Symbol
    strike: float
    type: OptionType


class Contract(Part):
    """One contract."""

    symbol: Symbol
    """CTP's InstrumentID."""
    exchange: Symbol
    product: Symbol
    product_class: ProductClass
    name: Text = ""
    multiplier: Natural
    price_tick: float
    listed: date | None = None
    expiry: date | None = None
    """The last day of trading; absent for what does not expire."""
    is_trading: bool = True
    """False: listed, but not tradable on this trading day."""
    open_interest: float | None = None
    """Of the day before, where known: ranks the canaries."""
    option: Option | None = None

    def __post_init__(self) -> None:
        if (self.option is not None) != (self.product_class is ProductClass.OPTIONS):
            raise WireError("Contract", "$.option", "an option has `option`, and nothing else has")

    @property
    def id(self) -> str:
        return f"{self.symbol}.{self.exchange}"


class ProductContracts(Message):
    """The value of one key of the contract bucket."""

    gateway: Symbol
    environment: Symbol
    exchange: Symbol
    product: Symbol
    trading_day: str
    """Of the login that wrote it, YYYYMMDD. A writer never replaces a later trading day by an earlier one."""
    contracts: tuple[Contract, ...]

    def __post_init__(self) -> None:
        check_day("contracts", "$.trading_day", self.trading_day)
        for contract in self.contracts:
            if (contract.exchange, contract.product) != (self.exchange, self.product):
                raise WireError(
                    "contracts", "$.contracts", f"{excerpt(contract.id)} belongs to another product"
                )
        for before, after in pairwise(self.contracts):
            if before.symbol >= after.symbol:
                raise WireError(
                    "contracts", "$.contracts", f"{excerpt(after.symbol)} is out of order or repeated"
                )

    @classmethod
    def of(cls, key: ProductKey, trading_day: str, contracts: list[Contract]) -> Self:
        return cls(
            gateway=key.gateway,
            environment=key.environment,
            exchange=key.exchange,
            product=key.product,
            trading_day=trading_day,
            contracts=tuple(sorted(contracts, key=lambda contract: contract.symbol)),
        )

    @property
    def key(self) -> ProductKey:
        return ProductKey(self.gateway, self.environment, self.exchange, self.product)
