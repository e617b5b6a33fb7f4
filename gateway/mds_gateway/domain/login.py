"""The two logins of an account, trading and market data: when to ask, to wait, to stop. No I/O.

    DISCONNECTED --front--> HELD --permitted--> AUTHENTICATING --> LOGGING_IN --> LOGGED_IN
         ^                   ^                        |                |
         |                   +--- later: PAUSED <-----+--- refused ----+--- no more tries --> BLOCKED
         +---------------- the front is lost (from every state but BLOCKED)

The vendor's library restores a connection by itself, but nobody repeats a refused login: vnpy never does,
so an account stays connected and logged out. Here every refusal has an answer (`failover.logins`). A front
that is not ready is tried again, ever more slowly. A refusal that may be about the password is tried three
times in all, as brokers lock a login after some wrong ones; some codes lock it at once if tried again. After
that nothing is tried until a person asks.

When market data may log in: some fronts admit it only after a trading login of the same day from the same
address (LoginVerify). So it waits for the trading login, if there is one to wait for; but once the
contracts are known from elsewhere, a trading front that does not answer delays it by `TRADE_GRACE_S` at
most. If it is refused then, it waits for the trading login, which gets the tries that are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mds_gateway.domain.tries import Credit
from mds_gateway.ports import Note
from mds_protocol.failover.logins import TRIES_MAX, LoginAnswer, classify_login, is_login_code
from mds_protocol.wire.heartbeat import Front

if TYPE_CHECKING:
    from mds_gateway.domain.tries import Tries

ANSWER_S = 10.0  # a front that takes the request and never answers
UNANSWERED_S = 10.0  # a connection takes below 1 s; the library tries on and says nothing
TRADE_GRACE_S = 5.0  # connect, authenticate and log in take below 1 s
FIRST_PAUSE_S = {LoginAnswer.RETRY: 2.0, LoginAnswer.FAIL_OVER: 10.0, LoginAnswer.INSPECT: 10.0}
LONGEST_PAUSE_S = {LoginAnswer.RETRY: 30.0, LoginAnswer.FAIL_OVER: 120.0, LoginAnswer.INSPECT: 600.0}

DISCONNECT_REASONS = {
    4097: "the network failed while reading, or the front hung up",
    4098: "the network failed while writing",
    8193: "no heartbeat came from the front",
    8194: "no heartbeat could be sent to the front",
    8195: "the front sent something that is no CTP packet; API version or encryption may differ",
}
NETWORK_BEFORE_SENDING = {
    -1: "no network",
    -2: "too many unanswered requests",
    -3: "too many requests a second",
}


class Side(StrEnum):
    TRADE = "trading"
    MARKET_DATA = "market-data"


class LoginState(StrEnum):
    DISCONNECTED = "Disconnected"
    HELD = "Held"
    AUTHENTICATING = "Authenticating"
    LOGGING_IN = "LoggingIn"
    PAUSED = "Paused"
    LOGGED_IN = "LoggedIn"
    BLOCKED = "Blocked"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the front says to a request. Code 0: granted."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Prove which program this is; trading fronts only."""


@dataclass(frozen=True, slots=True)
class LogIn:
    side: Side


type Action = Authenticate | LogIn | Note


def describe_disconnect(reason: int) -> str:
    return f"{DISCONNECT_REASONS.get(reason, 'no known reason')} ({reason}, {reason:#06x})"


class Login:
    """One side. An accepted login gives the tries back where this side `vouches` for the password."""

    def __init__(
        self, side: Side, *, authenticates: bool, credit: Credit | None = None, vouches: bool = True
    ) -> None:
        self.side = side
        self.state = LoginState.DISCONNECTED
        self.trading_day: str | None = None
        self._authenticates = authenticates
        self._credit = credit or Credit()
        self._vouches = vouches
        self._was_connected = False
        self._unanswered_at: float | None = None
        self._permitted = False
        self._is_connected = False
        self._error: tuple[int | None, str | None] = (None, None)
        self._refusals = 0
        self._until = 0.0  # of a pause, or when an answer is overdue

    @property
    def is_connected(self) -> bool:
        return self._is_connected

    @property
    def is_permitted(self) -> bool:
        return self._permitted

    @property
    def is_logged_in(self) -> bool:
        return self.state is LoginState.LOGGED_IN

    @property
    def is_blocked(self) -> bool:
        return self.state is LoginState.BLOCKED

    @property
    def error(self) -> tuple[int | None, str | None]:
        """The last refusal or disconnect; nothing after a login."""
        return self._error

    @property
    def was_refused(self) -> bool:
        """For a reason that may be the password, and not tried again since."""
        code, _ = self._error
        if not is_login_code(code) or self.state not in (LoginState.PAUSED, LoginState.HELD):
            return False
        return classify_login(code) is LoginAnswer.INSPECT

    def describe(self, began_ns: int | None = None) -> Front:
        """`began_ns`: when the process began to connect."""
        code, text = self._error
        return Front(
            connected=self._is_connected,
            logged_in=self.is_logged_in,
            error_code=code,
            error_message=text,
            connecting_since_ns=None if self._was_connected or code is not None else began_ns,
            refused=0 if self.is_logged_in else self._credit.tries.refused,
            gave_up=self.is_blocked,
        )

    # --- events

    def begin(self, now: float) -> None:
        """From now on the library tries to connect."""
        self._unanswered_at = now + UNANSWERED_S

    def on_connected(self, now: float) -> tuple[Action, ...]:
        self._is_connected = self._was_connected = True
        self._unanswered_at = None
        note = Note("FrontConnected", f"the {self.side} front is connected")
        if self.is_blocked:
            return (note,)
        if self.state in (LoginState.AUTHENTICATING, LoginState.LOGGING_IN):
            self._until = 0.0  # what was asked went with the old connection
        # NB: a pause outlives the connection, or a front that hangs up on each refusal would be stormed.
        self.state = LoginState.PAUSED if now < self._until else LoginState.HELD
        return (note, *self._go_on(now))

    def on_disconnected(self, reason: int) -> tuple[Action, ...]:
        self._is_connected, self._unanswered_at = False, None
        text = describe_disconnect(reason)
        was_refused = self.was_refused
        if self.state is not LoginState.PAUSED:
            self._until = 0.0  # an answer that cannot come any more
        if not self.is_blocked:
            self.state = LoginState.DISCONNECTED
            # A front may hang up after a refusal: the refusal is what is wrong.
            self._error = self._error if was_refused else (reason, text)
        return (Note("FrontLost", f"the {self.side} front is lost: {text}", bad=True),)

    def permit(self, now: float) -> tuple[Action, ...]:
        """From now on this side may log in."""
        if self._permitted:
            return ()
        self._permitted = True
        return self._go_on(now)

    def wait_for_permission(self) -> None:
        """After a refusal that the other side's login may heal: nothing is tried before `permit`."""
        self.state, self._permitted, self._until = LoginState.HELD, False, 0.0

    def on_authenticated(self, answer: Answer, now: float) -> tuple[Action, ...]:
        if self.state is not LoginState.AUTHENTICATING:
            return ()  # answered too late: it was given up, or the front was lost
        if answer.code:
            return self._refuse(answer, now)
        return self._ask(LoginState.LOGGING_IN, now)

    def on_login(self, answer: Answer, trading_day: str, now: float) -> tuple[Action, ...]:
        if self.state is not LoginState.LOGGING_IN:
            return ()
        if answer.code:
            return self._refuse(answer, now)
        self.state = LoginState.LOGGED_IN
        self.trading_day = trading_day or self.trading_day
        self._error, self._refusals, self._until = (None, None), 0, 0.0
        self._credit.accept(is_market_data=self.side is Side.MARKET_DATA, vouches=self._vouches)
        return (Note("LoggedIn", f"{self.side} login of trading day {self.trading_day}"),)

    def on_logged_out(self, now: float) -> tuple[Action, ...]:
        """The front ended the session and kept the connection."""
        if not self.is_logged_in:
            return ()
        return self._pause(LoginAnswer.RETRY, None, "logged out by the front", now)

    def on_not_sent(self, code: int, now: float) -> tuple[Action, ...]:
        """The library did not take the request."""
        if self.state not in (LoginState.AUTHENTICATING, LoginState.LOGGING_IN):
            return ()
        why = NETWORK_BEFORE_SENDING.get(code, "no known reason")
        return self._pause(LoginAnswer.RETRY, None, f"the request was not sent: {why} ({code})", now)

    def advance(self, now: float) -> tuple[Action, ...]:
        if self._unanswered_at is not None and now >= self._unanswered_at:
            self._unanswered_at = None
            text = (
                f"nobody answers at the {self.side} front for {UNANSWERED_S:g} s; it is tried on."
                " Check its address and the network"
            )
            return (Note("FrontUnanswered", text, bad=True),)
        if now < self._until:
            return ()
        if self.state is LoginState.PAUSED:
            self.state = LoginState.HELD
            return self._go_on(now)
        if self.state in (LoginState.AUTHENTICATING, LoginState.LOGGING_IN):
            return self._pause(LoginAnswer.RETRY, None, f"no answer in {ANSWER_S:g} s", now)
        return ()

    def due_at(self) -> float | None:
        waits = (LoginState.PAUSED, LoginState.AUTHENTICATING, LoginState.LOGGING_IN)
        return self._until if self.state in waits else self._unanswered_at

    def hurry(self, now: float) -> tuple[Action, ...]:
        """What a pause waited for may have happened: try now."""
        if self.state is not LoginState.PAUSED:
            return ()
        self.state, self._until = LoginState.HELD, 0.0
        return self._go_on(now)

    def block(self, code: int | None, text: str | None) -> None:
        """Nothing more is tried until `unblock`."""
        self.state = LoginState.BLOCKED
        self._error = (code, text)

    def unblock(self, now: float) -> tuple[Action, ...]:
        if not self.is_blocked:
            return self.hurry(now)
        self.state = LoginState.HELD if self._is_connected else LoginState.DISCONNECTED
        self._error, self._refusals, self._until = (None, None), 0, 0.0
        return self._go_on(now)

    # --- transitions

    def _go_on(self, now: float) -> tuple[Action, ...]:
        if self.state is not LoginState.HELD or not self._permitted:
            return ()
        return self._ask(LoginState.AUTHENTICATING if self._authenticates else LoginState.LOGGING_IN, now)

    def _ask(self, state: LoginState, now: float) -> tuple[Action, ...]:
        self.state = state
        self._until = now + ANSWER_S
        return (Authenticate() if state is LoginState.AUTHENTICATING else LogIn(self.side),)

    def _refuse(self, answer: Answer, now: float) -> tuple[Action, ...]:
        kind, credit = classify_login(answer.code), self._credit
        if kind is LoginAnswer.STOP:
            credit.end(answer.code)
            return self._give_up(answer, "which a retry makes worse")
        if kind is LoginAnswer.INSPECT:
            credit.refuse(answer.code)
            if credit.tries.are_over:
                return self._give_up(answer, f"try {credit.tries.refused} of at most {TRIES_MAX}")
        return self._pause(kind, answer.code, answer.text, now)

    def _give_up(self, answer: Answer, why: str) -> tuple[Action, ...]:
        self.block(answer.code, answer.text)
        text = (
            f"the {self.side} front refused the login with {answer.code} {answer.text!r}, {why}: nothing is"
            " tried until the credentials or the fronts are edited, or a restart is asked for"
        )
        return (Note("Blocked", text, bad=True),)

    def _pause(self, kind: LoginAnswer, code: int | None, text: str, now: float) -> tuple[Action, ...]:
        pause_s = min(FIRST_PAUSE_S[kind] * 2**self._refusals, LONGEST_PAUSE_S[kind])
        self._refusals += 1
        self.state, self._until, self._error = LoginState.PAUSED, now + pause_s, (code, text)
        what = f"code {code}, {text!r}" if code else text
        counted = kind is LoginAnswer.INSPECT
        tries = f", try {self._credit.tries.refused} of at most {TRIES_MAX}" if counted else ""
        return (Note("LoginRefused", f"{self.side} login: {what}{tries}; again in {pause_s:g} s", bad=True),)


class Logins:
    """Both sides and what ties them: market data needs a permission, tries and a stop are the account's."""

    def __init__(self, *, trades: bool, authenticates: bool, tries: Tries | None = None) -> None:
        """`tries`: what an earlier process made of the same credentials."""
        self._credit = credit = Credit(tries)
        self.trade = Login(Side.TRADE, authenticates=authenticates, credit=credit) if trades else None
        self.market_data = Login(
            Side.MARKET_DATA, authenticates=False, credit=credit, vouches=self.trade is None
        )
        self._contracts_since: float | None = None
        self._trade_was_in = False
        self._may_precede = True
        """Market data may log in before the trading side, as it was not refused without it yet."""
        if credit.tries.are_over:
            (self.trade or self.market_data).block(credit.tries.code, None)

    @property
    def is_blocked(self) -> bool:
        """Ticks that still come are not given up: blocked is who cannot log in to market data any more."""
        return self.market_data.is_blocked

    @property
    def trading_day(self) -> str | None:
        """Market data's own; before that login, the trading side's."""
        return self.market_data.trading_day or (self.trade.trading_day if self.trade else None)

    @property
    def tries(self) -> Tries:
        return self._credit.tries

    def start(self, now: float) -> tuple[Action, ...]:
        self.market_data.begin(now)
        if self.trade is not None:
            self.trade.begin(now)
        return self.trade.permit(now) if self.trade else self.market_data.permit(now)

    def on_contracts(self, now: float) -> None:
        """The contract table is known, from whomever."""
        if self._contracts_since is None:
            self._contracts_since = now

    def follow_up(self, now: float) -> tuple[Action, ...]:
        """What one side's change means for the other; to be called after each event."""
        trade, data = self.trade, self.market_data
        if trade is None:
            return ()
        self._share_block(trade, data)
        has_just_logged_in = trade.is_logged_in and not self._trade_was_in
        self._trade_was_in = trade.is_logged_in
        if has_just_logged_in:
            self._may_precede = True
            return (*data.permit(now), *data.hurry(now))
        if data.was_refused and not trade.is_logged_in:
            # The password is wrong, which trading shows as well; or the front wants that login first.
            self._may_precede = False
            data.wait_for_permission()
        grace_ends = self._grace_ends()
        return data.permit(now) if grace_ends is not None and now >= grace_ends else ()

    def due_at(self) -> float | None:
        times = (self.market_data.due_at(), self.trade.due_at() if self.trade else None, self._grace_ends())
        return min((time for time in times if time is not None), default=None)

    def _grace_ends(self) -> float | None:
        if self._contracts_since is None or self.market_data.is_permitted or not self._may_precede:
            return None
        return self._contracts_since + TRADE_GRACE_S

    def _share_block(self, trade: Login, data: Login) -> None:
        code = self.tries.code
        locks = code is not None and classify_login(code) is LoginAnswer.STOP
        for stopped, other in ((trade, data), (data, trade)):
            may_go_on = other is data and self.tries.market_data_accepted and not locks
            if stopped.is_blocked and not (other.is_blocked or other.is_logged_in or may_go_on):
                other.block(*stopped.error)

    def retry(self, now: float) -> tuple[Action, ...]:
        self._credit.renew()
        self._may_precede = True
        sides = [side for side in (self.trade, self.market_data) if side is not None]
        return tuple(action for side in sides for action in side.unblock(now))
