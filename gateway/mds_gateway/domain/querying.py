"""The contract table from the trading front: one query in flight, one a second, until it is there. No I/O.

    IDLE --login of a new trading day--> DUE --sent--> ASKED --last row--> DONE
                                          ^              |
                                          +-- refused, silent, empty: later

The settlement bill is not confirmed unless the front asks for it (error 42) or does not answer without:
confirming is the client's word to the broker, queries do not need it, and a data service should not give it
unasked. vnpy does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mds_gateway.domain.login import NETWORK_BEFORE_SENDING, Answer
from mds_gateway.ports import Note

ANSWER_S = 30.0  # without a row; 25,000 rows take a few seconds
FIRST_PAUSE_S = 1.1  # fronts take one query a second
LONGEST_PAUSE_S = 30.0
SETTLEMENT_NOT_CONFIRMED = 42


class QueryState(StrEnum):
    IDLE = "Idle"
    DUE = "Due"
    CONFIRMING = "Confirming"
    ASKED = "Asked"
    DONE = "Done"


@dataclass(frozen=True, slots=True)
class Query:
    """Ask for every contract."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Confirm the settlement bill."""


type Action = Query | Confirm | Note


class ContractQuery:
    def __init__(self) -> None:
        self.state = QueryState.IDLE
        self._day: str | None = None
        self._loaded_day: str | None = None
        self._failures = 0
        self._at = 0.0  # when it is due, or an answer overdue
        self._confirms_first = False

    def on_login(self, trading_day: str | None, now: float) -> None:
        """Contracts change once a day, so a reconnect within the day asks for nothing."""
        self._day = trading_day
        is_known = trading_day is not None and trading_day == self._loaded_day
        self.state = QueryState.DONE if is_known else QueryState.DUE
        self._at, self._failures = now, 0

    def on_disconnect(self) -> None:
        self.state = QueryState.IDLE

    def on_confirmed(self, answer: Answer, now: float) -> tuple[Action, ...]:
        if self.state is not QueryState.CONFIRMING:
            return ()
        if answer.code:
            return self._later(f"settlement confirmation refused: {answer.code} {answer.text!r}", now)
        return self._ask(Query(), QueryState.ASKED, now)

    def on_row(self, now: float) -> None:
        """The answer is being sent."""
        if self.state is QueryState.ASKED:
            self._at = now + ANSWER_S

    def on_complete(self, contracts: int, now: float) -> tuple[Action, ...]:
        """The last row came. An empty answer is a front that is not ready yet."""
        if self.state is not QueryState.ASKED:
            return ()
        if not contracts:
            return self._later("the contract table is empty", now)
        self.state, self._loaded_day = QueryState.DONE, self._day
        return (Note("ContractsLoaded", f"{contracts} contracts of trading day {self._day}"),)

    def on_refused(self, answer: Answer, now: float) -> tuple[Action, ...]:
        if self.state is not QueryState.ASKED:
            return ()
        if answer.code == SETTLEMENT_NOT_CONFIRMED:
            self._confirms_first = True
        return self._later(f"contract query refused: {answer.code} {answer.text!r}", now)

    def on_not_sent(self, code: int, now: float) -> tuple[Action, ...]:
        if self.state not in (QueryState.ASKED, QueryState.CONFIRMING):
            return ()
        why = NETWORK_BEFORE_SENDING.get(code, "no known reason")
        return self._later(f"contract query not sent: {why} ({code})", now)

    def advance(self, now: float) -> tuple[Action, ...]:
        if now < self._at:
            return ()
        if self.state is QueryState.DUE:
            if self._confirms_first:
                return self._ask(Confirm(), QueryState.CONFIRMING, now)
            return self._ask(Query(), QueryState.ASKED, now)
        if self.state in (QueryState.ASKED, QueryState.CONFIRMING):
            self._confirms_first = True  # perhaps that is what it waits for
            return self._later(f"contract query: no answer in {ANSWER_S:g} s", now)
        return ()

    def due_at(self) -> float | None:
        return None if self.state in (QueryState.IDLE, QueryState.DONE) else self._at

    def _ask(self, action: Query | Confirm, state: QueryState, now: float) -> tuple[Action, ...]:
        self.state, self._at = state, now + ANSWER_S
        return (action,)

    def _later(self, text: str, now: float) -> tuple[Action, ...]:
        pause_s = min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        self._failures += 1
        self.state, self._at = QueryState.DUE, now + pause_s
        return (Note("QueryFailed", f"{text}; again in {pause_s:g} s", bad=self._failures > 1),)
