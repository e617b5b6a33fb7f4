"""What the binding calls, on its own threads: hand it over and return.

Each callback is found by its name. None decides; the listener does, on the loop. A contract row is the
exception: it is parsed here, because 25,000 raw rows would take memory that nobody needs.
"""

from __future__ import annotations

from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

from mds_gateway.adapters.ctp.contracts import Skipped, parse_contract
from mds_gateway.adapters.ctp.thread_state import keep_thread_state
from mds_gateway.domain.exchange_time import FrontTime
from mds_gateway.domain.login import Answer, Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_gateway.adapters.ctp.handoff import HandOff
    from mds_protocol.wire.contract import Contract

    type Fields = dict[str, Any]


class Listener(Protocol):
    """Who acts; always called on the loop."""

    def on_connected(self, side: Side) -> None: ...
    def on_disconnected(self, side: Side, reason: int) -> None: ...
    def on_authenticated(self, answer: Answer) -> None: ...
    def on_login(self, side: Side, answer: Answer, told: FrontTime) -> None: ...
    def on_logged_out(self, side: Side) -> None: ...
    def on_confirmed(self, answer: Answer) -> None: ...
    def on_contract_rows(self, request: int) -> None: ...
    def on_contract_table(self, request: int, table: Table) -> None: ...
    def on_request_failed(self, side: Side, request: int, answer: Answer) -> None: ...
    def on_subscribed(self, symbol: str, answer: Answer) -> None: ...
    def on_status(self, exchange: str, product: str, status: str) -> None: ...


class Table:
    """The rows of one answer, as far as they came."""

    def __init__(self) -> None:
        self.contracts: list[Contract] = []
        self.skipped: Counter[str] = Counter()
        self.rows = 0

    def add(self, row: Fields) -> None:
        self.rows += 1
        try:
            parsed = parse_contract(row)
        except (KeyError, TypeError, ValueError) as exc:
            parsed = Skipped(f"malformed: {type(exc).__name__} {str(exc)[:80]}")
        if isinstance(parsed, Skipped):
            self.skipped[parsed.reason] += 1
        else:
            self.contracts.append(parsed)


ROWS_PER_SIGN_OF_LIFE = 500


def market_data_callbacks(handoff: HandOff, to: Listener) -> dict[str, Callable[..., None]]:
    side = Side.MARKET_DATA

    def on_login(_api: object, data: Fields, error: Fields, *_rest: object) -> None:
        answer = read_answer(error)
        if not answer.code:
            handoff.login += 1  # here, so that the first tick behind it already counts as of this login
        told = _read_login(data)
        handoff.post(lambda: to.on_login(side, answer, told))

    def on_subscribed(_api: object, data: Fields, error: Fields, *_rest: object) -> None:
        symbol, answer = data.get("InstrumentID", ""), read_answer(error)
        handoff.post(lambda: to.on_subscribed(symbol, answer))

    def on_tick(_api: object, raw: Fields) -> None:
        handoff.put(raw)

    own: dict[str, Callable[..., None]] = {"onRspUserLogin": on_login, "onRspSubMarketData": on_subscribed}
    return {
        **_shared_callbacks(handoff, to, side),
        **_guard(handoff, own),
        "onRtnDepthMarketData": on_tick,  # guards itself
    }


def trading_callbacks(handoff: HandOff, to: Listener) -> dict[str, Callable[..., None]]:
    side = Side.TRADE
    tables: dict[int, Table] = {}

    def on_authenticated(_api: object, _data: Fields, error: Fields, *_rest: object) -> None:
        answer = read_answer(error)
        handoff.post(lambda: to.on_authenticated(answer))

    def on_login(_api: object, data: Fields, error: Fields, *_rest: object) -> None:
        answer = read_answer(error)
        told = _read_login(data)
        tables.clear()
        handoff.post(lambda: to.on_login(side, answer, told))

    def on_confirmed(_api: object, _data: Fields, error: Fields, *_rest: object) -> None:
        answer = read_answer(error)
        handoff.post(lambda: to.on_confirmed(answer))

    def on_contract(_api: object, row: Fields, error: Fields, request: int, last: bool) -> None:  # noqa: FBT001 - the binding's order
        answer = read_answer(error)
        if answer.code:
            handoff.post(lambda: to.on_request_failed(side, request, answer))
            return
        table = tables.setdefault(request, Table())
        if row:
            table.add(row)
        if last:
            del tables[request]
            handoff.post(lambda: to.on_contract_table(request, table))
        elif table.rows % ROWS_PER_SIGN_OF_LIFE == 0:
            handoff.post(lambda: to.on_contract_rows(request))

    def on_status(_api: object, data: Fields) -> None:
        exchange, product = data["ExchangeID"], data["InstrumentID"]
        status = data["InstrumentStatus"]
        handoff.post(lambda: to.on_status(exchange, product, status))

    own: dict[str, Callable[..., None]] = {
        "onRspAuthenticate": on_authenticated,
        "onRspUserLogin": on_login,
        "onRspSettlementInfoConfirm": on_confirmed,
        "onRspQryInstrument": on_contract,
        "onRtnInstrumentStatus": on_status,
    }
    return {**_shared_callbacks(handoff, to, side), **_guard(handoff, own)}


def _shared_callbacks(handoff: HandOff, to: Listener, side: Side) -> dict[str, Callable[..., None]]:
    def on_connected(_api: object) -> None:
        keep_thread_state()  # the first callback on the thread that will bring the ticks
        handoff.post(lambda: to.on_connected(side))

    def on_disconnected(_api: object, reason: int) -> None:
        handoff.post(lambda: to.on_disconnected(side, reason))

    def on_logged_out(_api: object, _data: Fields, _error: Fields, *_rest: object) -> None:
        handoff.post(lambda: to.on_logged_out(side))

    def on_error(_api: object, error: Fields, request: int, *_rest: object) -> None:
        answer = read_answer(error)
        handoff.post(lambda: to.on_request_failed(side, request, answer))

    own: dict[str, Callable[..., None]] = {
        "onFrontConnected": on_connected,
        "onFrontDisconnected": on_disconnected,
        "onRspUserLogout": on_logged_out,
        "onRspError": on_error,
    }
    return _guard(handoff, own)


def _guard(handoff: HandOff, callbacks: dict[str, Callable[..., None]]) -> dict[str, Callable[..., None]]:
    return {name: _guarded(handoff, callback) for name, callback in callbacks.items()}


def _guarded(handoff: HandOff, callback: Callable[..., None]) -> Callable[..., None]:
    """The binding prints an exception and goes on, so nobody would hear of it."""

    @wraps(callback)
    def guarded(*arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception as exc:  # noqa: BLE001 - the root of a callback
            handoff.note_failure(exc)

    return guarded


def read_answer(error: Fields) -> Answer:
    """No error field at all is a success, as the API has it."""
    return Answer(int(error.get("ErrorID", 0)), str(error.get("ErrorMsg", ""))[:80])


def _read_login(data: Fields) -> FrontTime:
    return FrontTime(*(str(data.get(name, "")) for name in ("TradingDay", "LoginTime", "SystemName")))
