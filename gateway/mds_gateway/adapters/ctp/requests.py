"""What is asked of the fronts through the bindings. Each returns the library's code: 0 means sent.

Private topics (orders, trades) resume QUICK: nobody here wants them. The public topic resumes from the
start of the day, because that is how the session states of all products come.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from mds_gateway.adapters.ctp import binding
from mds_gateway.domain.login import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mds_gateway.adapters.ctp.binding import Callbacks, MarketDataApi, TradingApi
    from mds_gateway.adapters.ctp.settings import CtpSettings

RESUME_FROM_START, RESUME_QUICK = 0, 2


class Requests:
    """Both connections. Never closed: `exit()` deadlocks under load, so the process ends."""

    def __init__(self, settings: CtpSettings, market_data: Callbacks, trading: Callbacks) -> None:
        self._settings = settings
        self._numbers = count(1)
        self._market_data = _connect_market_data(settings, market_data)
        self._trading = _connect_trading(settings, trading) if settings.trade_fronts else None

    def authenticate(self) -> int:
        secret = self._settings.credentials
        request = {
            "BrokerID": self._settings.broker_id,
            "UserID": secret.user_id,
            "AppID": secret.app_id,
            "AuthCode": secret.auth_code,
        }
        return self._trade().reqAuthenticate(request, next(self._numbers))

    def log_in(self, side: Side) -> int:
        secret = self._settings.credentials
        request = {
            "BrokerID": self._settings.broker_id,
            "UserID": secret.user_id,
            "Password": secret.password,
        }
        api = self._trade() if side is Side.TRADE else self._market_data
        return api.reqUserLogin(request, next(self._numbers))

    def confirm_settlement(self) -> int:
        request = {"BrokerID": self._settings.broker_id, "InvestorID": self._settings.credentials.user_id}
        return self._trade().reqSettlementInfoConfirm(request, next(self._numbers))

    def query_contracts(self) -> tuple[int, int]:
        """The request's number and the library's code."""
        number = next(self._numbers)
        return number, self._trade().reqQryInstrument({}, number)

    def subscribe(self, symbols: Sequence[str]) -> tuple[int, int]:
        """How many were sent, and the code at which the library refused; the binding takes one at a time."""
        send = self._market_data.subscribeMarketData
        for position, symbol in enumerate(symbols):
            if code := send(symbol):
                return position, code
        return len(symbols), 0

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """What is not sent costs some ticks that nobody wants, until the next login."""
        for symbol in symbols:
            self._market_data.unSubscribeMarketData(symbol)

    def _trade(self) -> TradingApi:
        if self._trading is None:
            raise RuntimeError("a trading request from an account without trading fronts")
        return self._trading


def _connect_market_data(settings: CtpSettings, callbacks: Callbacks) -> MarketDataApi:
    api = binding.open_market_data(callbacks)
    api.createFtdcMdApi(_flow_prefix(settings.flow_dir / "market-data"), settings.production)
    for front in settings.market_data_fronts:
        api.registerFront(front)
    api.init()
    return api


def _connect_trading(settings: CtpSettings, callbacks: Callbacks) -> TradingApi:
    api = binding.open_trading(callbacks)
    api.createFtdcTraderApi(_flow_prefix(settings.flow_dir / "trading"), settings.production)
    api.subscribePrivateTopic(RESUME_QUICK)
    api.subscribePublicTopic(RESUME_FROM_START)
    for front in settings.trade_fronts:
        api.registerFront(front)
    api.init()
    return api


def _flow_prefix(folder: Path) -> str:
    """With a slash: without one, the library takes the folder's name as the beginning of file names."""
    for made in (folder.parent, folder):  # one by one: `parents=True` makes parents with the default mode
        made.mkdir(mode=0o700, exist_ok=True)
    return f"{folder}/"
