"""Open, closed or unknown, by what the trading front pushes."""

from __future__ import annotations

import pytest

from mds_gateway.domain.sessions import Sessions
from mds_protocol.wire.heartbeat import SessionState

NOW_NS = 5_000_000_000


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param("0", SessionState.CLOSED, id="before trading, and CZCE's breaks"),
        pytest.param("1", SessionState.CLOSED, id="a break"),
        pytest.param("2", SessionState.OPEN, id="continuous"),
        pytest.param("3", SessionState.CLOSED, id="auction, orders"),
        pytest.param("4", SessionState.CLOSED, id="auction, balance"),
        pytest.param("5", SessionState.CLOSED, id="auction, match"),
        pytest.param("6", SessionState.CLOSED, id="closed"),
        pytest.param("7", SessionState.CLOSED, id="processing"),
    ],
)
def test_only_continuous_trading_is_open(status: str, state: SessionState) -> None:
    sessions = Sessions()

    assert sessions.note("SHFE", "rb", status, NOW_NS)
    assert sessions.of_product("SHFE", "rb") is state


def test_an_exchange_is_open_while_any_product_trades() -> None:
    sessions = Sessions()
    sessions.note("SHFE", "rb", "6", NOW_NS)
    assert sessions.of_exchange("SHFE") is SessionState.CLOSED
    sessions.note("SHFE", "au", "2", NOW_NS)

    assert sessions.of_exchange("SHFE") is SessionState.OPEN
    assert sessions.of_product("SHFE", "rb") is SessionState.CLOSED
    assert sessions.of_exchange("DCE") is SessionState.UNKNOWN


def test_the_same_id_on_two_exchanges_is_two_products() -> None:
    sessions = Sessions()
    sessions.note("SHFE", "x", "2", NOW_NS)

    assert sessions.of_product("DCE", "x") is SessionState.UNKNOWN


def test_a_lost_front_is_believed_no_more() -> None:
    sessions = Sessions()
    sessions.note("SHFE", "rb", "2", NOW_NS)
    sessions.forget()

    assert sessions.of_exchange("SHFE") is SessionState.UNKNOWN


@pytest.mark.parametrize("status", ["", "8", "\0"])
def test_a_status_that_nobody_knows_teaches_nothing(status: str) -> None:
    sessions = Sessions()

    assert not sessions.note("SHFE", "rb", status, NOW_NS)
    assert sessions.of_product("SHFE", "rb") is SessionState.UNKNOWN


def test_a_product_is_open_since_it_was_first_said_so() -> None:
    sessions = Sessions()
    sessions.note("SHFE", "rb", "2", 10)
    sessions.note("SHFE", "rb", "2", 20)
    assert sessions.opened_ns("SHFE", "rb") == 10

    sessions.note("SHFE", "rb", "1", 30)
    assert sessions.opened_ns("SHFE", "rb") is None

    sessions.note("SHFE", "rb", "2", 40)
    assert sessions.opened_ns("SHFE", "rb") == 40


def test_a_session_that_was_forgotten_opens_anew() -> None:
    sessions = Sessions()
    sessions.note("SHFE", "rb", "2", 10)
    sessions.forget()
    assert sessions.opened_ns("SHFE", "rb") is None

    sessions.note("SHFE", "rb", "2", 50)
    assert sessions.opened_ns("SHFE", "rb") == 50
