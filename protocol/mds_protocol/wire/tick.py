"""The tick: every field of the vendor's depth market data, under vnpy's names where vnpy has one.

`exchange_time_ns` is one exact integer, UTC nanoseconds since 1970: no text to parse, no zone, the same unit
as the clocks in `Mds-Pub` and as numpy's and Arrow's timestamps. CTP resolves milliseconds, so it is a
multiple of 1,000,000, and a reader whose numbers are doubles (JavaScript) gets the exact millisecond by
rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from mds_protocol.wire.depth import DBL_MAX, SENDING_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

TICK_VERSION: Final = 1

type Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""A C int."""
type Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
type Price = Annotated[float, msgspec.Meta(gt=-DBL_MAX, lt=DBL_MAX)] | None
"""A finite double; null where CTP has no value. A decoder refuses DBL_MAX, NaN and infinity."""
type Short = Annotated[str, msgspec.Meta(max_length=81)]
"""No text of the CTP struct is longer."""


# gc=False: a tick holds only numbers and strings, so it can never be part of a reference cycle.
class Tick(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One snapshot of one contract. From `last_price` on, the order of fields is that of `depth.NUMBERS`."""

    v: Literal[1]
    symbol: Short
    exchange: Short
    """Resolved from the contract table: fronts leave theirs (`raw_exchange_id`) empty."""
    exchange_time_ns: Int64
    trading_day: Short
    """The login's, YYYYMMDD; the tick's own is `raw_trading_day`."""
    raw_trading_day: Short
    raw_action_day: Short
    update_time: Short
    raw_exchange_id: Short
    exchange_inst_id: Short
    sending_time: Short | None
    last_price: Price
    open_price: Price
    high_price: Price
    low_price: Price
    close_price: Price
    settlement: Price
    limit_up: Price
    limit_down: Price
    open_interest: Price
    bid_price_1: Price
    bid_price_2: Price
    bid_price_3: Price
    bid_price_4: Price
    bid_price_5: Price
    ask_price_1: Price
    ask_price_2: Price
    ask_price_3: Price
    ask_price_4: Price
    ask_price_5: Price
    pre_settlement: Price
    pre_close: Price
    pre_open_interest: Price
    turnover: Price
    average_price: Price
    pre_delta: Price
    curr_delta: Price
    banding_upper: Price
    banding_lower: Price
    circuit_ref_price: Price
    volume: Int64
    update_millisec: Int32
    bid_volume_1: Int32
    bid_volume_2: Int32
    bid_volume_3: Int32
    bid_volume_4: Int32
    bid_volume_5: Int32
    ask_volume_1: Int32
    ask_volume_2: Int32
    ask_volume_3: Int32
    ask_volume_4: Int32
    ask_volume_5: Int32

    @property
    def order_key(self) -> tuple[int, int]:
        """Per contract, ticks are stored in this order; equal keys may come in any."""
        return self.exchange_time_ns, self.volume

    @property
    def contract(self) -> str:
        return f"{self.symbol}.{self.exchange}"


def build_tick(
    raw: Mapping[str, Any], numbers: list[Any], exchange: str, exchange_time_ns: int, trading_day: str
) -> Tick:
    """The tick of a raw one; `numbers` is `depth.normalise(raw)`, which the identity needs too."""
    return Tick(
        TICK_VERSION,
        raw["InstrumentID"],
        exchange,
        exchange_time_ns,
        trading_day,
        raw["TradingDay"],
        raw["ActionDay"],
        raw["UpdateTime"],
        raw["ExchangeID"],
        raw["ExchangeInstID"],
        raw.get(SENDING_TIME.ctp),
        *numbers,
    )
