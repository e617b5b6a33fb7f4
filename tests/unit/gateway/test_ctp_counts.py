"""What the account counts of its fronts: by code, and once each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from mds_gateway.adapters.ctp.account import Account
from mds_gateway.adapters.ctp.settings import Credentials, CtpSettings
from mds_gateway.domain.exchange_time import FrontTime
from mds_gateway.domain.login import Answer, Side
from mds_gateway.domain.source_figures import FrontName

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mds_gateway.adapters.ctp.account import Owner
    from mds_gateway.adapters.ctp.requests import Requests

TOLD = FrontTime("20261123", "09:30:00")


class Nobody:
    def on_note(self, _: object) -> None: ...
    def on_market_data_login(self, _: object) -> None: ...


class Library:
    """Takes logins, and subscriptions until its limit."""

    def __init__(self, limit: int = 100, code: int = 0) -> None:
        self.limit, self.code = limit, code

    def log_in(self, _: Side) -> int:
        return 0

    def authenticate(self) -> int:
        return 0

    def subscribe(self, symbols: Sequence[str]) -> tuple[int, int]:
        return (len(symbols), 0) if len(symbols) <= self.limit else (self.limit, self.code)


def start(folder: Path, library: Library | None = None, *, trades: bool = False) -> Account:
    fronts = ("tcp://127.0.0.1:1",)
    settings = CtpSettings("9999", Credentials("u", "p", "app", "code"), fronts, fronts * trades, folder)
    account = Account(settings, asyncio.get_running_loop(), cast("Owner", Nobody()))
    account.start(cast("Requests", library or Library()))
    return account


async def test_a_lost_front_counts_by_its_reason_and_side(tmp_path: Path) -> None:
    account = start(tmp_path, trades=True)
    for reason in (4097, 4097, 8193):
        account.on_disconnected(Side.MARKET_DATA, reason)
    account.on_disconnected(Side.TRADE, 4098)

    assert account.fronts[FrontName.MARKET_DATA].disconnects == {4097: 2, 8193: 1}
    assert account.fronts[FrontName.TRADE].disconnects == {4098: 1}


async def test_refusals_count_by_code_whether_of_the_program_or_the_login(tmp_path: Path) -> None:
    account = start(tmp_path, trades=True)
    account.on_connected(Side.TRADE)
    account.on_authenticated(Answer(0))
    account.on_login(Side.TRADE, Answer(7), TOLD)
    account.on_authenticated(Answer(63))

    assert account.fronts[FrontName.TRADE].refused_logins == {7: 1, 63: 1}
    assert account.fronts[FrontName.MARKET_DATA].refused_logins == {}


async def test_without_trading_fronts_there_is_one(tmp_path: Path) -> None:
    assert list(start(tmp_path).fronts) == [FrontName.MARKET_DATA]


async def test_requests_count_as_far_as_the_library_took_them(tmp_path: Path) -> None:
    library = Library(limit=2, code=-3)
    account = start(tmp_path, library)
    account.use_contracts(["a", "b", "c", "d", "e"])
    account.on_connected(Side.MARKET_DATA)
    account.on_login(Side.MARKET_DATA, Answer(0), TOLD)
    account.pump()

    assert (account.requests.sent, account.requests.refused) == (2, {-3: 1})
    assert account.subscriber.waiting_count == 3


async def test_refused_contracts_count_while_they_are_refused(tmp_path: Path) -> None:
    account = start(tmp_path)
    account.use_contracts(["a", "b", "c"])
    account.on_connected(Side.MARKET_DATA)
    account.on_login(Side.MARKET_DATA, Answer(0), TOLD)
    account.pump()
    for symbol, code in (("a", 6000), ("b", 6000), ("c", 16)):
        account.on_subscribed(symbol, Answer(code))
    assert account.subscriber.refused_by_code == {6000: 2, 16: 1}

    account.on_subscribed("b", Answer(0))
    account.use_contracts(["b", "c"])
    assert account.subscriber.refused_by_code == {16: 1}
