"""Carries out what the rules of logins, queries and subscriptions decide, and tells them what happened.

Runs on the loop. After any number of events `pump` is called once: it lets time pass for the machines, and
arms one timer for the next moment at which one of them has something to do.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.ctp.record import Record
from mds_gateway.domain import login, querying, subscribing
from mds_gateway.domain.login import Logins, Side
from mds_gateway.domain.querying import ContractQuery
from mds_gateway.domain.sessions import Sessions
from mds_gateway.domain.source_figures import FrontCounts, FrontName, RequestCounts
from mds_gateway.domain.subscribing import Subscriber
from mds_gateway.ports import Note

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator, Sequence

    from mds_gateway.adapters.ctp.callbacks import Table
    from mds_gateway.adapters.ctp.requests import Requests
    from mds_gateway.adapters.ctp.settings import CtpSettings
    from mds_gateway.domain.exchange_time import FrontTime
    from mds_gateway.domain.login import Answer
    from mds_gateway.domain.subscribing import Pace

    type Action = login.Action | querying.Action | subscribing.Action

_NAMES = {Side.TRADE: FrontName.TRADE, Side.MARKET_DATA: FrontName.MARKET_DATA}
SAID_EVERY_S = 1.0
SYMBOLS_SAID = 5

log = logging.getLogger(__name__)


class Owner(Protocol):
    """Who is told."""

    def on_note(self, note: Note) -> None: ...
    def on_market_data_login(self, told: FrontTime) -> None: ...
    def on_contracts(self, table: Table) -> None: ...


class Account:
    def __init__(self, settings: CtpSettings, loop: asyncio.AbstractEventLoop, owner: Owner) -> None:
        has_code = bool(settings.credentials.auth_code)
        self._settings = settings
        self._record = Record(settings)
        self.logins = Logins(
            trades=bool(settings.trade_fronts), authenticates=has_code, tries=self._record.tries
        )
        self.began_ns: int | None = None
        """When it began to connect, by the wall clock."""
        self.subscriber = Subscriber(settings.pace)
        self.sessions = Sessions()
        self.fronts = {_NAMES[machine.side]: FrontCounts() for machine in self._sides()}
        self.requests = RequestCounts()
        self._query = ContractQuery()
        self._query_number = 0
        self._loop = loop
        self._owner = owner
        self._requests: Requests | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._news = _SubscriptionNews()

    def start(self, requests: Requests) -> None:
        self._requests = requests
        self.began_ns = time.time_ns()
        self._say_where()
        self._run(self.logins.start(self._now))
        self.pump()

    def retry_login(self) -> None:
        self._run(self.logins.retry(self._now))
        self.pump()

    def on_contracts_known(self) -> None:
        self.logins.on_contracts(self._now)

    def use_pace(self, pace: Pace) -> None:
        self.subscriber.use_pace(pace)
        self.pump()

    def use_contracts(self, symbols: Sequence[str]) -> None:
        """What to subscribe."""
        self.subscriber.use_contracts(symbols)
        self.pump()

    # --- events of the fronts

    def on_connected(self, side: Side) -> None:
        if (machine := self._side(side)) is not None:
            self._run(machine.on_connected(self._now))

    def on_disconnected(self, side: Side, reason: int) -> None:
        if (machine := self._side(side)) is None:
            return
        self.fronts[_NAMES[side]].disconnects[reason] += 1
        self._run(machine.on_disconnected(reason))
        if side is Side.MARKET_DATA:
            self.subscriber.on_disconnect()
        else:
            self._query.on_disconnect()
            self.sessions.forget()

    def on_authenticated(self, answer: Answer) -> None:
        if self.logins.trade is not None:
            self._count_refusal(Side.TRADE, answer)
            self._run(self.logins.trade.on_authenticated(answer, self._now))

    def on_login(self, side: Side, answer: Answer, told: FrontTime) -> None:
        machine = self._side(side)
        if machine is None or machine.is_logged_in:
            return
        self._count_refusal(side, answer)
        self._run(machine.on_login(answer, told.trading_day, self._now))
        if not machine.is_logged_in:
            return
        if side is Side.MARKET_DATA:
            self._owner.on_market_data_login(told)
            self.subscriber.on_login(self._now)
        else:
            self._query.on_login(machine.trading_day, self._now)

    def on_logged_out(self, side: Side) -> None:
        if (machine := self._side(side)) is not None:
            self._run(machine.on_logged_out(self._now))
            if side is Side.MARKET_DATA:
                self.subscriber.on_disconnect()

    def on_confirmed(self, answer: Answer) -> None:
        self._run(self._query.on_confirmed(answer, self._now))

    def on_contract_rows(self, request: int) -> None:
        if request == self._query_number:
            self._query.on_row(self._now)

    def on_contract_table(self, request: int, table: Table) -> None:
        if request != self._query_number:
            return  # of a query that was given up; the next one brings the same
        self._run(self._query.on_complete(len(table.contracts), self._now))
        for reason, rows in table.skipped.items():
            self._say(Note("ContractsSkipped", f"{rows} rows of the contract table: {reason}"))
        if table.contracts:
            self._owner.on_contracts(table)

    def on_request_failed(self, side: Side, request: int, answer: Answer) -> None:
        if side is Side.TRADE and request == self._query_number:
            self._run(self._query.on_refused(answer, self._now))
            return
        self._say(Note("RequestRefused", f"the {side} front answers {answer.code} {answer.text!r}", bad=True))

    def on_subscribed(self, symbol: str, answer: Answer) -> None:
        if self.subscriber.on_answer(symbol, answer.code, self._now):
            self._news.add_refusal(symbol, f"{answer.code} {answer.text!r}", self._now)

    def on_status(self, exchange: str, product: str, status: str) -> None:
        if not self.sessions.note(exchange, product, status, time.monotonic_ns()):
            self._say(
                Note("StatusUnknown", f"instrument status {status!r} of {product} on {exchange}", bad=True)
            )

    # --- time

    def pump(self) -> None:
        requests = self._requests
        if requests is None:
            return
        now = self._now
        for machine in self._sides():
            self._run(machine.advance(now))
        self._run(self._query.advance(now))
        self._run(self.logins.follow_up(now))
        self._record.keep(self.logins.tries)
        while (action := self.subscriber.advance(now)) is not None:
            self._run((action,))
        for note in self._news.take(self.subscriber, now):
            self._say(note)
        self._arm(now)

    def _arm(self, now: float) -> None:
        times = (
            self.logins.due_at(),
            self._query.due_at(),
            self.subscriber.due_at(now),
            self._news.due_at(),
        )
        due = min((time for time in times if time is not None), default=None)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._loop.call_at(max(due, now), self.pump)

    # --- actions

    def _run(self, actions: Iterable[Action]) -> None:
        for action in actions:
            if not isinstance(action, Note):
                log.debug("to the front: %s", _describe(action))
            match action:
                case Note():
                    self._say(action)
                case subscribing.Subscribe(symbols):
                    self._subscribe(symbols)
                case subscribing.Unsubscribe(symbols):
                    self._open.unsubscribe(symbols)
                case login.Authenticate():
                    self._check_sent(Side.TRADE, self._open.authenticate())
                case login.LogIn(side):
                    self._check_sent(side, self._open.log_in(side))
                case querying.Query():
                    self._query_number, code = self._open.query_contracts()
                    self._check_query_sent(code)
                case querying.Confirm():
                    self._check_query_sent(self._open.confirm_settlement())

    def _subscribe(self, symbols: tuple[str, ...]) -> None:
        sent, code = self._open.subscribe(symbols)
        self.requests.sent += sent
        if code:
            self.requests.refused[code] += 1
            self.subscriber.on_not_sent(symbols[sent:], self._now)

    def _count_refusal(self, side: Side, answer: Answer) -> None:
        if answer.code:
            self.fronts[_NAMES[side]].refused_logins[answer.code] += 1

    def _check_sent(self, side: Side, code: int) -> None:
        if code and (machine := self._side(side)) is not None:
            self._run(machine.on_not_sent(code, self._now))

    def _check_query_sent(self, code: int) -> None:
        if code:
            self._run(self._query.on_not_sent(code, self._now))

    # --- shorthands

    @property
    def _now(self) -> float:
        return self._loop.time()

    @property
    def _open(self) -> Requests:
        if self._requests is None:
            raise RuntimeError("the account is not started")
        return self._requests

    def _sides(self) -> tuple[login.Login, ...]:
        trade = self.logins.trade
        return (self.logins.market_data,) if trade is None else (trade, self.logins.market_data)

    def _say_where(self) -> None:
        for machine in self._sides():
            trades = machine.side is Side.TRADE
            fronts = self._settings.trade_fronts if trades else self._settings.market_data_fronts
            self._say(Note("Connecting", f"connecting to the {machine.side} front {', '.join(fronts)}"))
        tries = self.logins.tries
        if tries.are_over:
            text = (
                f"these credentials are not tried: the broker refused them with {tries.code} before. That"
                " changes with the credentials or the fronts, or when a restart is asked for"
            )
            self._say(Note("Blocked", text, bad=True))

    def _side(self, side: Side) -> login.Login | None:
        return self.logins.trade if side is Side.TRADE else self.logins.market_data

    def _say(self, note: Note) -> None:
        self._owner.on_note(note)


class _SubscriptionNews:
    """What to say about thousands of subscriptions: a second's refusals in one note, with some names."""

    def __init__(self) -> None:
        self._refused: defaultdict[str, list[str]] = defaultdict(list)
        self._refused_until = 0.0
        self._repeated = 0
        self._left_out = 0

    def add_refusal(self, symbol: str, error: str, now: float) -> None:
        if not self._refused:
            self._refused_until = now + SAID_EVERY_S
        self._refused[error].append(symbol)

    def take(self, subscriber: Subscriber, now: float) -> Iterator[Note]:
        if now >= self._refused_until:
            yield from map(_note_refusals, self._refused, self._refused.values())
            self._refused.clear()
        if subscriber.repeated > self._repeated:
            count, self._repeated = subscriber.repeated - self._repeated, subscriber.repeated
            text = f"{count} contracts were not confirmed in {subscribing.ACK_S:g} s and are asked for again"
            yield Note("SubscribeRepeated", text, bad=True)
        if subscriber.left_out != self._left_out:
            self._left_out = subscriber.left_out
            text = f"{subscriber.left_out} contracts are beyond limits.maxContracts and not subscribed"
            yield Note("ContractLimit", text, bad=subscriber.left_out > 0)

    def due_at(self) -> float | None:
        return self._refused_until if self._refused else None


def _note_refusals(error: str, symbols: Sequence[str]) -> Note:
    names = ", ".join(symbols[:SYMBOLS_SAID]) + (", …" if len(symbols) > SYMBOLS_SAID else "")
    return Note("SubscribeRefused", f"{len(symbols)} contracts refused with {error}: {names}", bad=True)


def _describe(action: Action) -> str:
    """For the log at DEBUG; no credential is in it."""
    match action:
        case login.LogIn(side):
            return f"log in, {side}"
        case subscribing.Subscribe(symbols) | subscribing.Unsubscribe(symbols):
            return f"{type(action).__name__.lower()} {len(symbols)} contracts, {symbols[0]} first"
        case _:
            return type(action).__name__.lower()
