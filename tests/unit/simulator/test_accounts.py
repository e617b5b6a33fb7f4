"""What the broker's system says to a login, and in which order it looks."""

from __future__ import annotations

from datetime import date

import pytest

from mds_simulator.front.accounts import Account, Limits, Registry
from mds_simulator.front.error_codes import TEXTS, ErrorID, text_of

TODAY = date(2026, 11, 23)
PLAIN = Account.parse("9999:u1:p1")
SEALED = Account.parse("9999:u2:p2:app:code")


def make_registry(*accounts: Account, sessions: int = 0, failures: int = 5) -> Registry:
    return Registry(accounts, Limits(sessions, failures))


def test_without_accounts_everybody_may_log_in() -> None:
    registry = make_registry()

    assert registry.check_authentication("b", "u", "x", "y") == ErrorID.NONE
    assert registry.check_trading_login("b", "u", "p", authenticated=False) == ErrorID.NONE


@pytest.mark.parametrize(
    ("login", "authenticated", "expected"),
    [
        pytest.param(("9999", "u1", "p1"), False, ErrorID.NONE, id="no auth code, no authentication"),
        pytest.param(("9999", "u1", "p2"), False, ErrorID.INVALID_LOGIN, id="wrong password"),
        pytest.param(("9999", "u3", "p1"), False, ErrorID.INVALID_LOGIN, id="unknown user"),
        pytest.param(("0000", "u1", "p1"), False, ErrorID.BROKER_NOT_FOUND, id="unknown broker"),
        pytest.param(("9999", "u2", "p2"), False, ErrorID.NOT_AUTHENTICATED, id="not authenticated"),
        pytest.param(
            ("9999", "u2", "p1"), False, ErrorID.NOT_AUTHENTICATED, id="that comes before the password"
        ),
        pytest.param(("9999", "u2", "p2"), True, ErrorID.NONE, id="authenticated"),
    ],
)
def test_trading_login(login: tuple[str, str, str], authenticated: bool, expected: ErrorID) -> None:  # noqa: FBT001 - a column of the table
    registry = make_registry(PLAIN, SEALED)

    assert registry.check_trading_login(*login, authenticated=authenticated) == expected


def test_a_right_password_forgets_the_wrong_ones() -> None:
    registry = make_registry(PLAIN, failures=2)
    passwords = ("wrong", "p1", "wrong", "p1", "wrong", "wrong", "p1")
    codes = [registry.check_trading_login("9999", "u1", given, authenticated=False) for given in passwords]

    assert codes == [3, 0, 3, 0, 3, 3, 75]


def test_a_password_may_be_asked_of_one_user_alone() -> None:
    registry = make_registry()
    registry.ask_password("u1", "right")
    given = ("right", *("wrong",) * 6)
    codes = [registry.check_trading_login("b", "u1", one, authenticated=False) for one in given]

    assert codes == [0, 3, 3, 3, 3, 3, 75]
    assert registry.wrong_passwords == {"u1": 5}
    assert registry.check_trading_login("b", "u2", "any", authenticated=False) == ErrorID.NONE
    assert registry.check_market_data_login("u1", TODAY, verify=False) == ErrorID.NONE


def test_a_refused_user_is_refused_before_anything_else() -> None:
    registry = make_registry(PLAIN)
    registry.refuse("u1", 141)

    assert registry.check_trading_login("0000", "u1", "", authenticated=False) == ErrorID.PASSWORD_EXPIRED
    assert registry.check_market_data_login("u1", TODAY, verify=False) == ErrorID.PASSWORD_EXPIRED


def test_sessions_are_counted_per_user_and_given_back() -> None:
    registry = make_registry(sessions=2)
    for _ in range(2):
        registry.opened("b", "u1", TODAY)
    at_limit = registry.check_trading_login("b", "u1", "", authenticated=False)
    other = registry.check_trading_login("b", "u2", "", authenticated=False)
    registry.closed("b", "u1")

    assert (at_limit, other) == (ErrorID.SESSION_LIMIT, ErrorID.NONE)
    assert registry.check_trading_login("b", "u1", "", authenticated=False) == ErrorID.NONE


@pytest.mark.parametrize(
    ("traded_on", "expected"),
    [
        pytest.param(None, ErrorID.INVALID_LOGIN, id="never"),
        pytest.param(date(2026, 11, 20), ErrorID.INVALID_LOGIN, id="on another trading day"),
        pytest.param(TODAY, ErrorID.NONE, id="today"),
    ],
)
def test_login_verify_asks_for_a_trading_login_of_today(traded_on: date | None, expected: ErrorID) -> None:
    registry = make_registry()
    if traded_on:
        registry.opened("b", "u1", traded_on)

    assert registry.check_market_data_login("u1", TODAY, verify=True) == expected


@pytest.mark.parametrize("text", ["9999:u1", "9999:u1:p1:app", "9999::p1", "a:b:c:d:e:f"])
def test_an_account_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an account is broker:user:password"):
        Account.parse(text)


def test_every_error_has_a_text_that_fits_ctps_field() -> None:
    assert set(TEXTS) == set(ErrorID)
    assert all(len(text.encode("gb18030")) <= 80 for text in TEXTS.values())
    assert text_of(999) == "CTP:error 999"
