"""When an account logs in, waits and stops: both sides, and what ties them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.login import (
    ANSWER_S,
    TRADE_GRACE_S,
    UNANSWERED_S,
    Answer,
    Authenticate,
    LogIn,
    Login,
    Logins,
    LoginState,
    Side,
    describe_disconnect,
)
from tests.unit.gateway.logins import GRANTED, asked, codes, logins, trade_in

if TYPE_CHECKING:
    from collections.abc import Callable

STOPS = (63, 75, 131, 140, 141, 143)


def machine(state: LoginState, *, authenticates: bool = True) -> Login:
    """One that came to `state` at time 0 in the shortest way."""
    login = Login(Side.TRADE, authenticates=authenticates)
    ways: dict[LoginState, list[Callable[[], object]]] = {
        LoginState.DISCONNECTED: [lambda: login.permit(0.0)],
        LoginState.HELD: [lambda: login.on_connected(0.0)],
        LoginState.AUTHENTICATING: [lambda: login.permit(0.0), lambda: login.on_connected(0.0)],
    }
    ways[LoginState.LOGGING_IN] = [
        *ways[LoginState.AUTHENTICATING],
        lambda: login.on_authenticated(GRANTED, 0.0),
    ]
    to_answer = ways[LoginState.LOGGING_IN]
    ways[LoginState.LOGGED_IN] = [*to_answer, lambda: login.on_login(GRANTED, "20261123", 0.0)]
    ways[LoginState.PAUSED] = [*to_answer, lambda: login.on_login(Answer(7), "", 0.0)]
    ways[LoginState.BLOCKED] = [*to_answer, lambda: login.on_login(Answer(75), "", 0.0)]
    for step in ways[state]:
        step()
    assert login.state is state
    return login


EVENTS: dict[str, Callable[[Login], object]] = {
    "connected": lambda login: login.on_connected(1.0),
    "disconnected": lambda login: login.on_disconnected(4097),
    "permitted": lambda login: login.permit(1.0),
    "authenticated": lambda login: login.on_authenticated(GRANTED, 1.0),
    "authentication stopped": lambda login: login.on_authenticated(Answer(63), 1.0),
    "logged in": lambda login: login.on_login(GRANTED, "20261123", 1.0),
    "login refused": lambda login: login.on_login(Answer(7), "", 1.0),
    "login stopped": lambda login: login.on_login(Answer(75), "", 1.0),
    "logged out": lambda login: login.on_logged_out(1.0),
    "not sent": lambda login: login.on_not_sent(-1, 1.0),
    "a moment": lambda login: login.advance(1.0),
    "a long time": lambda login: login.advance(60.0),
    "a person asks": lambda login: login.unblock(1.0),
}
S = LoginState
DISCONNECTED, HELD, AUTH, LOGIN, PAUSED, IN, BLOCKED = (
    S.DISCONNECTED, S.HELD, S.AUTHENTICATING, S.LOGGING_IN, S.PAUSED, S.LOGGED_IN, S.BLOCKED
)  # fmt: skip
# event: where it leads from DISCONNECTED, HELD, AUTHENTICATING, LOGGING_IN, PAUSED, LOGGED_IN, BLOCKED
TABLE = {
    "connected": (AUTH, HELD, AUTH, AUTH, PAUSED, AUTH, BLOCKED),
    "disconnected": (DISCONNECTED,) * 6 + (BLOCKED,),
    "permitted": (DISCONNECTED, AUTH, AUTH, LOGIN, PAUSED, IN, BLOCKED),
    "authenticated": (DISCONNECTED, HELD, LOGIN, LOGIN, PAUSED, IN, BLOCKED),
    "authentication stopped": (DISCONNECTED, HELD, BLOCKED, LOGIN, PAUSED, IN, BLOCKED),
    "logged in": (DISCONNECTED, HELD, AUTH, IN, PAUSED, IN, BLOCKED),
    "login refused": (DISCONNECTED, HELD, AUTH, PAUSED, PAUSED, IN, BLOCKED),
    "login stopped": (DISCONNECTED, HELD, AUTH, BLOCKED, PAUSED, IN, BLOCKED),
    "logged out": (DISCONNECTED, HELD, AUTH, LOGIN, PAUSED, PAUSED, BLOCKED),
    "not sent": (DISCONNECTED, HELD, PAUSED, PAUSED, PAUSED, IN, BLOCKED),
    "a moment": (DISCONNECTED, HELD, AUTH, LOGIN, PAUSED, IN, BLOCKED),
    "a long time": (DISCONNECTED, HELD, PAUSED, PAUSED, AUTH, IN, BLOCKED),
    "a person asks": (DISCONNECTED, HELD, AUTH, LOGIN, AUTH, IN, AUTH),
}
FROM = (DISCONNECTED, HELD, AUTH, LOGIN, PAUSED, IN, BLOCKED)


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        pytest.param(before, event, after, id=f"{before}, {event}")
        for event, row in TABLE.items()
        for before, after in zip(FROM, row, strict=True)
    ],
)
def test_each_event_leads_from_each_state_to_one(before: LoginState, event: str, after: LoginState) -> None:
    login = machine(before)

    EVENTS[event](login)

    assert login.state is after


def test_a_front_that_wants_a_program_code_is_asked_in_two_steps() -> None:
    login = Login(Side.TRADE, authenticates=True)
    login.permit(0.0)

    assert asked(login.on_connected(0.0)) == [Authenticate()]
    assert asked(login.on_authenticated(GRANTED, 0.1)) == [LogIn(Side.TRADE)]


@pytest.mark.parametrize("code", STOPS)
def test_a_code_that_a_retry_makes_worse_is_never_tried_again_by_itself(code: int) -> None:
    login = machine(S.LOGGING_IN)

    assert codes(login.on_login(Answer(code, "no"), "", 0.0)) == ["Blocked"]
    assert login.due_at() is None
    assert login.advance(1e9) == ()
    assert asked(login.on_disconnected(4097) + login.on_connected(1e9)) == []
    assert asked(login.unblock(1e9)) == [Authenticate()]


@pytest.mark.parametrize(
    ("code", "pauses"),
    [
        pytest.param(7, [2, 4, 8, 16, 30, 30], id="before the opening"),
        pytest.param(8, [2, 4, 8, 16, 30, 30], id="front not active"),
        pytest.param(90, [2, 4, 8, 16, 30, 30], id="too busy"),
        pytest.param(60, [10, 20, 40, 80, 120, 120], id="too many sessions"),
        pytest.param(3, [10, 20], id="illegal login"),
        pytest.param(999, [10, 20], id="a code nobody knows"),
    ],
)
def test_other_codes_are_tried_again_ever_more_slowly(code: int, pauses: list[int]) -> None:
    login = machine(S.LOGGING_IN, authenticates=False)
    now = 0.0
    for pause in pauses:
        login.on_login(Answer(code), "", now)

        assert login.advance(now + pause - 0.001) == ()
        now += pause
        assert asked(login.advance(now)) == [LogIn(Side.TRADE)]


@pytest.mark.parametrize("code", [3, 4, 999])
def test_what_may_be_the_password_is_tried_three_times_and_then_waits_for_a_person(code: int) -> None:
    login = machine(S.LOGGING_IN, authenticates=False)
    for now in (0.0, 10.0):
        assert codes(login.on_login(Answer(code), "", now)) == ["LoginRefused"]
        assert not login.describe().gave_up
        login.advance(now + 20.0)

    assert codes(login.on_login(Answer(code), "", 30.0)) == ["Blocked"]

    assert (login.describe().refused, login.describe().gave_up, login.due_at()) == (3, True, None)
    assert login.advance(1e9) == ()
    assert asked(login.on_disconnected(4097) + login.on_connected(1e9)) == []
    assert login.describe().error_code == code


@pytest.mark.parametrize("code", [7, 8, 60, 90])
def test_what_is_not_about_the_password_is_not_counted(code: int) -> None:
    login = machine(S.LOGGING_IN, authenticates=False)
    for now in range(0, 2000, 200):
        login.on_login(Answer(code), "", float(now))
        login.advance(now + 199.0)

    assert login.state is S.LOGGING_IN
    assert login.describe().refused == 0


@pytest.mark.parametrize(
    ("after_s", "notes"), [(UNANSWERED_S - 0.001, []), (UNANSWERED_S, ["FrontUnanswered"])]
)
def test_a_front_that_nobody_answers_at_is_told_once(after_s: float, notes: list[str]) -> None:
    login = Login(Side.TRADE, authenticates=True)
    login.begin(5.0)

    assert login.due_at() == 5.0 + UNANSWERED_S
    assert codes(login.advance(5.0 + after_s)) == notes
    login.advance(5.0 + UNANSWERED_S)
    assert login.advance(1e9) == ()


def test_the_heartbeat_says_since_when_it_connects_until_the_front_spoke() -> None:
    began_ns = 1_799_024_472_000_000_000
    login = Login(Side.TRADE, authenticates=True)

    assert login.describe(began_ns).connecting_since_ns == began_ns
    login.on_connected(1.0)
    assert login.describe(began_ns).connecting_since_ns is None
    login.on_disconnected(4097)
    assert login.describe(began_ns).connecting_since_ns is None


def test_a_login_forgets_the_refusals_before_it() -> None:
    login = machine(S.PAUSED)
    login.advance(2.0)
    login.on_authenticated(GRANTED, 2.0)
    login.on_login(GRANTED, "20261123", 2.0)

    assert login.describe().error_code is None
    login.on_disconnected(4097)
    login.on_connected(3.0)
    login.on_authenticated(GRANTED, 3.0)
    login.on_login(Answer(7), "", 3.0)
    assert login.due_at() == 3.0 + 2.0


@pytest.mark.parametrize(("after_s", "gives_up"), [(ANSWER_S - 0.001, False), (ANSWER_S, True)])
def test_a_front_that_never_answers_is_given_up(after_s: float, gives_up: bool) -> None:  # noqa: FBT001
    login = machine(S.LOGGING_IN)

    assert ("LoginRefused" in codes(login.advance(after_s))) is gives_up


def test_a_pause_outlives_a_reconnect() -> None:
    login = machine(S.PAUSED)
    login.on_disconnected(4097)

    assert asked(login.on_connected(1.0)) == []
    assert asked(login.advance(2.0)) == [Authenticate()]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (4097, "the network failed while reading, or the front hung up (4097, 0x1001)"),
        (4098, "the network failed while writing (4098, 0x1002)"),
        (8193, "no heartbeat came from the front (8193, 0x2001)"),
        (8194, "no heartbeat could be sent to the front (8194, 0x2002)"),
        (1, "no known reason (1, 0x0001)"),
    ],
)
def test_a_disconnect_is_said_in_words(reason: int, words: str) -> None:
    assert describe_disconnect(reason) == words


def test_the_heartbeat_says_the_reason_of_a_disconnect_until_the_next_login() -> None:
    login = machine(S.LOGGED_IN, authenticates=False)
    login.on_disconnected(8193)

    assert (login.describe().connected, login.describe().error_code) == (False, 8193)


@pytest.mark.parametrize(("code", "said"), [(3, 3), (999, 999), (7, 4097), (60, 4097)])
def test_a_front_that_hangs_up_after_a_wrong_password_leaves_the_refusal_to_be_said(
    code: int, said: int
) -> None:
    """A lost front would have the pod replaced, and the next one would try the password again."""
    login = machine(S.LOGGING_IN, authenticates=False)
    login.on_login(Answer(code), "", 0.0)
    login.on_disconnected(4097)

    assert (login.describe().connected, login.describe().error_code) == (False, said)


# --- both sides


def test_market_data_alone_logs_in_at_once() -> None:
    alone = Logins(trades=False, authenticates=False)
    alone.start(0.0)

    assert asked(alone.market_data.on_connected(0.0)) == [LogIn(Side.MARKET_DATA)]


def test_market_data_waits_for_the_trading_login() -> None:
    both = logins()

    assert both.follow_up(100.0) == ()
    trade_in(both, 100.0)
    assert asked(both.follow_up(100.0)) == [LogIn(Side.MARKET_DATA)]


@pytest.mark.parametrize(
    ("after_s", "expected"), [(TRADE_GRACE_S - 0.001, []), (TRADE_GRACE_S, [LogIn(Side.MARKET_DATA)])]
)
def test_a_dead_trading_front_delays_known_contracts_only_so_long(
    after_s: float, expected: list[object]
) -> None:
    both = logins()
    assert both.trade is not None
    both.on_contracts(50.0)

    both.trade.advance(50.0)  # it has been told by now that nobody answers there
    assert both.due_at() == 50.0 + TRADE_GRACE_S
    assert asked(both.follow_up(50.0 + after_s)) == expected


def test_a_trading_login_ends_the_pause_of_a_refused_market_data_login_once() -> None:
    both = logins()
    both.on_contracts(0.0)
    both.follow_up(TRADE_GRACE_S)
    both.market_data.on_login(Answer(3), "", 6.0)
    trade_in(both, 7.0)

    assert asked(both.follow_up(7.0)) == [LogIn(Side.MARKET_DATA)]
    both.market_data.on_login(Answer(3), "", 7.0)
    assert both.follow_up(7.0) == ()


def test_a_stop_on_the_trading_side_stops_a_market_data_login_that_is_not_in() -> None:
    both = logins()
    assert both.trade is not None
    both.trade.on_connected(0.0)
    both.trade.on_login(Answer(75, "forbidden"), "", 0.0)
    both.follow_up(0.0)

    assert both.is_blocked
    assert both.market_data.describe().error_code == 75
    assert asked(both.retry(9.0)) == [LogIn(Side.TRADE)]


def test_a_stop_on_the_trading_side_does_not_end_ticks_that_come() -> None:
    both = logins()
    trade_in(both, 0.0)
    both.follow_up(0.0)
    both.market_data.on_login(GRANTED, "20261123", 0.0)
    assert both.trade is not None
    both.trade.on_disconnected(4097)
    both.trade.on_connected(1.0)
    both.trade.on_login(Answer(75), "", 1.0)
    both.follow_up(1.0)

    assert not both.is_blocked
    both.market_data.on_disconnected(4097)
    both.follow_up(2.0)
    assert both.is_blocked


def test_nothing_is_due_while_only_a_front_can_change_something() -> None:
    both = logins()
    trade_in(both, 0.0)
    both.follow_up(0.0)
    both.market_data.on_login(GRANTED, "20261123", 0.0)
    both.on_contracts(0.0)

    assert both.due_at() is None
