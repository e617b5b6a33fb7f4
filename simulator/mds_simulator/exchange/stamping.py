"""How each exchange writes the time of a snapshot. CTP passes their habits on, and every consumer trips once.

    exchange      TradingDay     ActionDay at night           milliseconds
    SHFE INE      trading day    the natural day              0 or 500
    CFFEX         trading day    no night                     0 or 500
    DCE           trading day    the trading day, or empty    any
    GFEX          trading day    no night                     any
    CZCE          natural day    the natural day              0

Sources: the vendor's API help and what vnpy_ctp and WonderTrader correct.
"""

from __future__ import annotations

from typing import Final

from mds_simulator import wire
from mds_simulator.exchange.calendar import MILLISECOND_NS, Calendar, natural_day, second_of_day
from mds_simulator.exchange.products import Exchange

_HALF_SECOND_MS: Final = 500
_SECOND_MS: Final = 1000
# Spreads DCE's times over all milliseconds although the market moves in slots of ten.
_ODD_MS: Final = 7


class Stamper:
    def __init__(self, calendar: Calendar, *, dce_empty_action_day: bool) -> None:
        self._calendar = calendar
        self._dce_empty_action_day = dce_empty_action_day

    def stamps(self, moment_ns: int) -> dict[Exchange, bytes]:
        """The stamp part of a tick, for each exchange."""
        natural = f"{natural_day(moment_ns):%Y%m%d}".encode()
        trading = f"{self._calendar.trading_day(moment_ns):%Y%m%d}".encode()
        second = second_of_day(moment_ns)
        clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}".encode()
        exact = moment_ns // MILLISECOND_NS % _SECOND_MS
        half = exact // _HALF_SECOND_MS * _HALF_SECOND_MS
        odd = exact // 10 * 10 + exact // 10 * _ODD_MS % 10
        pack = wire.TICK_STAMP.pack
        dce_day = b"" if self._dce_empty_action_day else trading
        return {
            Exchange.SHFE: pack(trading, natural, clock, half),
            Exchange.INE: pack(trading, natural, clock, half),
            Exchange.CFFEX: pack(trading, natural, clock, half),
            Exchange.DCE: pack(trading, dce_day, clock, odd),
            Exchange.GFEX: pack(trading, dce_day, clock, odd),
            Exchange.CZCE: pack(natural, natural, clock, 0),
        }
