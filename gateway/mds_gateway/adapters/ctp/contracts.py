"""A row of the trading front's contract table as a contract of the wire, or why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from mds_protocol.wire.contract import Contract, Option, OptionType, ProductClass
from mds_protocol.wire.depth import DBL_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

EXCHANGES = frozenset(["CFFEX", "CZCE", "DCE", "GFEX", "INE", "SHFE"])
CLASSES = {
    "1": ProductClass.FUTURES,
    "2": ProductClass.OPTIONS,
    "3": ProductClass.COMBINATION,
    "4": ProductClass.SPOT,
    "6": ProductClass.OPTIONS,
}
OPTION_TYPES = {"1": OptionType.CALL, "2": OptionType.PUT}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not a contract that we serve; rows with equal reasons are counted together."""

    reason: str


def parse_contract(row: Mapping[str, Any]) -> Contract | Skipped:
    exchange, symbol = row["ExchangeID"], row["InstrumentID"]
    if exchange not in EXCHANGES:
        return Skipped(f"unknown exchange {exchange[:9]!r}")
    product_class = CLASSES.get(row["ProductClass"])
    if product_class is None:
        return Skipped(f"product class {row['ProductClass']!r}, which has no market data of its own")
    if not symbol or not row["ProductID"]:
        return Skipped("no contract or product id")
    option = _parse_option(row) if product_class is ProductClass.OPTIONS else None
    if product_class is ProductClass.OPTIONS and option is None:
        return Skipped("an option without strike, type or underlying")
    return Contract(
        symbol=symbol,
        exchange=exchange,
        product=row["ProductID"],
        product_class=product_class,
        name=row["InstrumentName"],
        multiplier=max(0, row["VolumeMultiple"]),
        price_tick=_price(row["PriceTick"]) or 0.0,
        listed=_parse_day(row["OpenDate"]),
        expiry=_parse_day(row["ExpireDate"]),
        is_trading=bool(row["IsTrading"]),
        option=option,
    )


def _parse_option(row: Mapping[str, Any]) -> Option | None:
    strike, kind = _price(row["StrikePrice"]), OPTION_TYPES.get(row["OptionsType"])
    underlying = row["UnderlyingInstrID"]
    if strike is None or kind is None or not underlying:
        return None
    return Option(underlying=underlying, strike=strike, type=kind)


def _price(value: float) -> float | None:
    return value if -DBL_MAX < value < DBL_MAX else None


def _parse_day(text: str) -> date | None:
    """Combinations and some options have none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
