"""Which contracts there are: names and facts as each exchange writes them.

The order is by liquidity: the nearest months of all products first, then farther months, combinations,
options. So the first N of the list are a sensible market for every N up to 25,000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Final

from mds_simulator.exchange.products import INDEX_OPTIONS, PRODUCTS, Exchange, Product

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CONTRACTS: Final = 25_000
MAX_ID_BYTES: Final = 39
_MONTHS_LISTED: Final = 12
_STRIKE_SHARE: Final = 50  # a strike is 1/50 of the price away from the next


class Kind(Enum):
    """CTP's product classes."""

    FUTURE = b"1"
    OPTION = b"2"
    COMBINATION = b"3"


class OptionType(Enum):
    NONE = b"\0"
    CALL = b"1"
    PUT = b"2"


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    product: Product
    kind: Kind
    product_id: str
    year: int
    month: int
    rank: int  # 0: the busiest month of its product
    option_type: OptionType = OptionType.NONE
    strike: float = 0.0
    underlying: str = ""

    @property
    def name(self) -> str:
        return f"{self.product.name}{self.year % 100:02d}{self.month:02d}"

    @property
    def expires(self) -> date:
        return date(self.year, self.month, 15)

    @property
    def listed(self) -> date:
        return self.expires - timedelta(days=365)

    @property
    def price(self) -> int:
        """Where its book starts, in ticks. A combination's price is a difference, an option's a part."""
        if self.kind is Kind.COMBINATION:
            return -5 * (1 + self.rank % 7)
        if self.kind is Kind.OPTION:
            return max(40, self.product.price // 30)
        return self.product.price + 3 * self.rank


class ContractError(ValueError):
    """A contract that no exchange lists, or too many of them."""


def first_contracts(number: int, today: date) -> tuple[Contract, ...]:
    if not 1 <= number <= MAX_CONTRACTS:
        raise ContractError(f"{number} contracts: between 1 and {MAX_CONTRACTS} are possible")
    futures = [c for rank in range(_MONTHS_LISTED) for c in _futures_of_rank(rank, today)]
    endless = chain(futures, _combinations(futures), _options(futures))
    return tuple(islice(endless, number))


def named_contracts(ids: tuple[str, ...], today: date) -> tuple[Contract, ...]:
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ContractError(f"contracts named twice: {', '.join(repeated)}")
    return tuple(parse_contract(name, today) for name in ids)


# --- names --------------------------------------------------------------------------------------------------

_FUTURE: Final = re.compile(r"(?P<product>[A-Za-z]{1,2})(?P<months>\d{3,4})")
_OPTION: Final = re.compile(_FUTURE.pattern + r"-?(?P<type>[CP])-?(?P<strike>[1-9]\d*)")
_COMBINATION: Final = re.compile(r"(SP|SPD|SPC|IPS) (?P<first>[A-Za-z]{1,2}\d{3,4})&[A-Za-z]{1,2}\d{3,4}")


def parse_contract(name: str, today: date) -> Contract:
    if len(name.encode()) > MAX_ID_BYTES:
        raise ContractError(f"contract {name!r} is longer than {MAX_ID_BYTES} bytes")
    if match := _COMBINATION.fullmatch(name):
        first = parse_contract(match["first"], today)
        return Contract(name, first.product, Kind.COMBINATION, first.product.id, first.year, first.month, 0)
    if match := _OPTION.fullmatch(name):
        product, year, month = _product_and_month(name, match, today)
        option = OptionType.CALL if match["type"] == "C" else OptionType.PUT
        found = _option(product, (year, month), option, float(match["strike"]), rank=0)
        if found.id != name:
            raise ContractError(f"contract {name!r}: {product.exchange} writes it {found.id}")
        return found
    if match := _FUTURE.fullmatch(name):
        product, year, month = _product_and_month(name, match, today)
        return Contract(name, product, Kind.FUTURE, product.id, year, month, 0)
    raise ContractError(f"contract {name!r} is neither a future, an option nor a combination, as in rb2701")


def _product_and_month(name: str, match: re.Match[str], today: date) -> tuple[Product, int, int]:
    product = PRODUCTS.get(match["product"])
    if product is None:
        raise ContractError(
            f"contract {name!r}: no product {match['product']!r}; known: {' '.join(PRODUCTS)}"
        )
    wanted = 3 if product.exchange is Exchange.CZCE else 4
    digits, month = match["months"], int(match["months"][-2:])
    if len(digits) != wanted or not 1 <= month <= 12:  # noqa: PLR2004 - months
        raise ContractError(f"contract {name!r}: {product.exchange} writes year and month in {wanted} digits")
    year = int(digits[:-2]) + (today.year // 10 * 10 if wanted == 3 else 2000)  # noqa: PLR2004 - digits
    return product, year + 10 if year < today.year - 1 else year, month


# --- lists --------------------------------------------------------------------------------------------------


def _futures_of_rank(rank: int, today: date) -> Iterator[Contract]:
    month_index = today.year * 12 + today.month - 1 + (2 + rank) % _MONTHS_LISTED + 1
    year, month = divmod(month_index, 12)
    for product in PRODUCTS.values():
        if product.id not in INDEX_OPTIONS:
            name = product.id + _digits(product, year, month + 1)
            yield Contract(name, product, Kind.FUTURE, product.id, year, month + 1, rank)


def _combinations(futures: list[Contract]) -> Iterator[Contract]:
    """Calendar spreads of DCE and CZCE; their names hold a space."""
    prefix = {Exchange.DCE: "SP", Exchange.CZCE: "SPD"}
    by_product: dict[str, list[Contract]] = {}
    for future in futures:
        if future.product.exchange in prefix:
            by_product.setdefault(future.product.id, []).append(future)
    for step in range(1, 4):
        for product, months in by_product.items():
            for near, far in zip(months, months[step:], strict=False):
                name = f"{prefix[near.product.exchange]} {near.id}&{far.id}"
                kind = Kind.COMBINATION
                yield Contract(name, near.product, kind, product, near.year, near.month, 6 + near.rank)


def _options(futures: list[Contract]) -> Iterator[Contract]:
    """Calls and puts around the price of each month, nearest strikes first."""
    having = [future for future in futures if _option_product(future.product) is not None]
    for distance in count():
        for future in having:
            product = _option_product(future.product)
            if product is not None:
                yield from _strikes(product, future, distance)


def _option_product(product: Product) -> Product | None:
    for option, index in INDEX_OPTIONS.items():
        if index == product.id:
            return PRODUCTS[option]
    return product if product.options else None


def _strikes(product: Product, future: Contract, distance: int) -> Iterator[Contract]:
    price = future.product.price * future.product.tick[0] // future.product.tick[1]
    step = max(1, price // _STRIKE_SHARE)
    for strike in sorted({price + distance * step, price - distance * step}):
        for option in (OptionType.CALL, OptionType.PUT):
            if strike > 0:
                yield _option(
                    product, (future.year, future.month), option, float(strike), rank=future.rank + 3
                )


def _option(
    product: Product, expiry: tuple[int, int], option: OptionType, strike: float, *, rank: int
) -> Contract:
    year, month = expiry
    letter = "C" if option is OptionType.CALL else "P"
    months = _digits(product, year, month)
    dash = "-" if product.exchange in {Exchange.DCE, Exchange.CFFEX, Exchange.GFEX} else ""
    plain = product.exchange is Exchange.CFFEX
    if product.exchange is Exchange.CZCE:
        product_id = product.id + letter
    else:
        product_id = product.id if plain else f"{product.id}_o"
    return Contract(
        id=f"{product.id}{months}{dash}{letter}{dash}{strike:.0f}",
        product=product,
        kind=Kind.OPTION,
        product_id=product_id,
        year=year,
        month=month,
        rank=rank,
        option_type=option,
        strike=strike,
        underlying=INDEX_OPTIONS.get(product.id, product.id) + months,
    )


def _digits(product: Product, year: int, month: int) -> str:
    """2701, or 701 at CZCE."""
    return f"{year % 10 if product.exchange is Exchange.CZCE else year % 100}{month:02d}"
