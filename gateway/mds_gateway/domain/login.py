"""The two logins of an account, trading and market data: when to ask, to wait, to stop. No I/O.

    DISCONNECTED --front--> HELD --permitted--> AUTHENTICATING --> LOGGING_IN --> LOGGED_IN
         ^                   ^                        |                |
         |                   +--- later: PAUSED <-----+--- refused ----+--- a retry makes it worse --> BLOCKED
         +---------------- the front is lost (from every state but BLOCKED)

The vendor's library restores a connection by itself, but nobody repeats a refused login: vnpy never does,
so an account stays connected and logged out. Here every refusal has an answer (`failover.logins`): most are
tried again, ever more slowly; some lock the broker's login if tried again, so they stop the account until a
person asks.

When market data may log in: some fronts admit it only after a trading login of the same day from the same
address (LoginVerify). So it waits for the trading login, if there is one to wait for; but once the
contracts are known from elsewhere, a trading front that does not answer delays it by `TRADE_GRACE_S` at
most.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mds_gateway.ports import Note
from mds_protocol.failover.logins import LoginAnswer, classify_login
from mds_protocol.wire.heartbeat import Front

ANSWER_S = 10.0  # a front that takes the request and never answers
TRADE_GRACE_S = 5.0  # connect, authenticate and log in take below 1 s
FIRST_PAUSE_S = {LoginAnswer.RETRY: 2.0, LoginAnswer.FAIL_OVER: 10.0, LoginAnswer.INSPECT: 10.0}
# A wrong password is answered by 3, as are other things, and a broker locks a login after some of them.
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
    """One side."""

    def __init__(self, side: Side, *, authenticates: bool) -> None:
        self.side = side
        self.state = LoginState.DISCONNECTED
        self.trading_day: str | None = None
        self._authenticates = authenticates
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

    def describe(self) -> Front:
        code, text = self._error
        return Front(
            connected=self._is_connected, logged_in=self.is_logged_in, error_code=code, error_message=text
        )

    # --- events

    def on_connected(self, now: float) -> tuple[Action, ...]:
        self._is_connected = True
        note = Note("FrontConnected", f"the {self.side} front is connected")
        if self.is_blocked:
            return (note,)
        if self.state in (LoginState.AUTHENTICATING, LoginState.LOGGING_IN):
            self._until = 0.0  # what was asked went with the old connection
        # NB: a pause outlives the connection, or a front that hangs up on each refusal would be stormed.
        self.state = LoginState.PAUSED if now < self._until else LoginState.HELD
        return (note, *self._go_on(now))

    def on_disconnected(self, reason: int) -> tuple[Action, ...]:
        self._is_connected = False
        text = describe_disconnect(reason)
        if self.state is not LoginState.PAUSED:
            self._until = 0.0  # an answer that cannot come any more
        if not self.is_blocked:
            self.state = LoginState.DISCONNECTED
            self._error = (reason, text)
        return (Note("FrontLost", f"the {self.side} front is lost: {text}", bad=True),)

    def permit(self, now: float) -> tuple[Action, ...]:
        """From now on this side may log in."""
        if self._permitted:
            return ()
        self._permitted = True
        return self._go_on(now)

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
        return self._until if self.state in waits else None

    def hurry(self, now: float) -> tuple[Action, ...]:
        """What a pause waited for may have happened: try now."""
        if self.state is not LoginState.PAUSED:
            return ()
        self.state, self._until = LoginState.HELD, 0.0
        return self._go_on(now)

    def block(self, code: int | None, text: str | None) -> None:
        """The other side was told to stop: this one does not try either."""
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
        kind = classify_login(answer.code)
        if kind is not LoginAnswer.STOP:
            return self._pause(kind, answer.code, answer.text, now)
        self.block(answer.code, answer.text)
        text = (
            f"the {self.side} front refused the login with {answer.code} {answer.text!r}, which a retry "
            "makes worse: nothing is tried until a person asks"
        )
        return (Note("Blocked", text, bad=True),)

    def _pause(self, kind: LoginAnswer, code: int | None, text: str, now: float) -> tuple[Action, ...]:
        pause_s = min(FIRST_PAUSE_S[kind] * 2**self._refusals, LONGEST_PAUSE_S[kind])
        self._refusals += 1
        self.state, self._until, self._error = LoginState.PAUSED, now + pause_s, (code, text)
        what = f"code {code}, {text!r}" if code else text
        return (Note("LoginRefused", f"{self.side} login: {what}; again in {pause_s:g} s", bad=True),)


class Logins:
    """Both sides and what ties them: market data needs a permission, a stop is one of the account."""

    def __init__(self, *, trades: bool, authenticates: bool) -> None:
        self.trade = Login(Side.TRADE, authenticates=authenticates) if trades else None
        self.market_data = Login(Side.MARKET_DATA, authenticates=False)
        self._contracts_since: float | None = None
        self._trade_was_in = False

    @property
    def is_blocked(self) -> bool:
        """Ticks that still come are not given up: blocked is who cannot log in to market data any more."""
        return self.market_data.is_blocked

    @property
    def trading_day(self) -> str | None:
        """Market data's own; before that login, the trading side's."""
        return self.market_data.trading_day or (self.trade.trading_day if self.trade else None)

    def start(self, now: float) -> tuple[Action, ...]:
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
            return (*data.permit(now), *data.hurry(now))
        grace_ends = self._grace_ends()
        return data.permit(now) if grace_ends is not None and now >= grace_ends else ()

    def due_at(self) -> float | None:
        times = (self.market_data.due_at(), self.trade.due_at() if self.trade else None, self._grace_ends())
        return min((time for time in times if time is not None), default=None)

    def _grace_ends(self) -> float | None:
        if self._contracts_since is None or self.market_data.is_permitted:
            return None
        return self._contracts_since + TRADE_GRACE_S

    @staticmethod
    def _share_block(trade: Login, data: Login) -> None:
        for stopped, other in ((trade, data), (data, trade)):
            if stopped.is_blocked and not other.is_blocked and not other.is_logged_in:
                other.block(*stopped.error)

    def retry(self, now: float) -> tuple[Action, ...]:
        sides = [side for side in (self.trade, self.market_data) if side is not None]
        return tuple(action for side in sides for action in side.unblock(now))
