"""What became of each field of `CThostFtdcDepthMarketDataField`, and how its numbers are normalised.

CTP writes DBL_MAX where it has no value; some fronts write NaN or infinity. All of them become null, and
-0.0 becomes 0.0, so that equal ticks are equal bytes. A field that a front's struct lacks
is null. The order of `NUMBERS` is the order of the tick's fields and of the identity's bytes: what is in the
identity stands first, so that both are slices of one list.
"""

from __future__ import annotations

import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DBL_MAX: Final = sys.float_info.max


class Number(NamedTuple):
    """A number of the CTP struct: a C double or a C int."""

    ctp: str
    name: str
    meaning: str


IDENTITY_DOUBLES: Final = (
    Number("LastPrice", "last_price", "last trade"),
    Number("OpenPrice", "open_price", "first trade of the trading day"),
    Number("HighestPrice", "high_price", "highest trade of the trading day"),
    Number("LowestPrice", "low_price", "lowest trade of the trading day"),
    Number("ClosePrice", "close_price", "close, once the exchange has set it"),
    Number("SettlementPrice", "settlement", "settlement, once the exchange has set it"),
    Number("UpperLimitPrice", "limit_up", "highest price allowed today"),
    Number("LowerLimitPrice", "limit_down", "lowest price allowed today"),
    Number("OpenInterest", "open_interest", "open contracts"),
    *(Number(f"BidPrice{n}", f"bid_price_{n}", f"bid, level {n}") for n in range(1, 6)),
    *(Number(f"AskPrice{n}", f"ask_price_{n}", f"ask, level {n}") for n in range(1, 6)),
)
OTHER_DOUBLES: Final = (
    Number("PreSettlementPrice", "pre_settlement", "settlement of the day before"),
    Number("PreClosePrice", "pre_close", "close of the day before"),
    Number("PreOpenInterest", "pre_open_interest", "open contracts of the day before"),
    Number("Turnover", "turnover", "money traded today; a front computes it, and it may fall"),
    Number("AveragePrice", "average_price", "as the front computes it; its unit differs by exchange"),
    Number("PreDelta", "pre_delta", "delta of the day before"),
    Number("CurrDelta", "curr_delta", "delta now"),
)
DOUBLES_OF_SOME_FRONTS: Final = (
    Number("BandingUpperPrice", "banding_upper", "upper price band; null where the front has none"),
    Number("BandingLowerPrice", "banding_lower", "lower price band; null where the front has none"),
    Number("CircuitRefPrice", "circuit_ref_price", "reference of the circuit breaker; of stock options only"),
)
VOLUME: Final = Number("Volume", "volume", "contracts traded today, cumulative")
"""The one integer of 64 bits: what an ETF trades in a day passes 2^31."""
INTEGERS: Final = (
    VOLUME,
    Number("UpdateMillisec", "update_millisec", "milliseconds of the exchange time, as sent"),
    *(Number(f"BidVolume{n}", f"bid_volume_{n}", f"contracts bid, level {n}") for n in range(1, 6)),
    *(Number(f"AskVolume{n}", f"ask_volume_{n}", f"contracts asked, level {n}") for n in range(1, 6)),
)
DOUBLES: Final = IDENTITY_DOUBLES + OTHER_DOUBLES + DOUBLES_OF_SOME_FRONTS
NUMBERS: Final = DOUBLES + INTEGERS

TEXTS: Final = (
    Number("InstrumentID", "symbol", "the contract"),
    Number("TradingDay", "raw_trading_day", "as sent; CZCE sends the natural day at night"),
    Number("ActionDay", "raw_action_day", "as sent; wrong by a day or more, or empty, on DCE at night"),
    Number("UpdateTime", "update_time", "HH:MM:SS in Beijing, as sent"),
    Number("ExchangeID", "raw_exchange_id", "as sent; empty on most fronts"),
    Number("ExchangeInstID", "exchange_inst_id", "as sent"),
)
SENDING_TIME: Final = Number("SendingTime", "sending_time", "when the front sent it; of stock options only")
RESERVED: Final = ("reserve1", "reserve2")
"""The only fields that are left out: room of old, shorter versions of InstrumentID and ExchangeInstID."""

_read_doubles = cast(
    "Callable[[Mapping[str, Any]], tuple[float, ...]]",
    itemgetter(*(field.ctp for field in IDENTITY_DOUBLES + OTHER_DOUBLES)),
)
_OF_SOME_FRONTS: Final = tuple(field.ctp for field in DOUBLES_OF_SOME_FRONTS)
_read_integers = cast(
    "Callable[[Mapping[str, Any]], tuple[int, ...]]", itemgetter(*(field.ctp for field in INTEGERS))
)


def normalise(raw: Mapping[str, Any]) -> list[Any]:
    """The numbers of a raw tick, as the binding hands it over, in the order of `NUMBERS`; null is None.

    Feeds both the tick and its identity, so that the hot path pays once. NaN fails both comparisons; adding
    0.0 turns -0.0 into 0.0 and changes nothing else.
    """
    numbers: list[Any] = [x + 0.0 if -DBL_MAX < x < DBL_MAX else None for x in _read_doubles(raw)]
    for name in _OF_SOME_FRONTS:  # apart: one list of both costs a third more
        x = raw.get(name, DBL_MAX)
        numbers.append(x + 0.0 if -DBL_MAX < x < DBL_MAX else None)
    numbers += _read_integers(raw)
    return numbers
