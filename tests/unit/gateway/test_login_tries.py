"""The tries of one password: shared by both sides, given back by success, kept over processes."""

from __future__ import annotations

import pytest

from mds_gateway.domain.login import TRADE_GRACE_S, Answer, LogIn, Logins, Side
from mds_gateway.domain.tries import Tries
from tests.unit.gateway.logins import GRANTED, asked, codes, logins, trade_in


def refuse_trade(both: Logins, times: int, now: float = 0.0) -> float:
    """As often, each time when it is due; when it was refused last."""
    assert both.trade is not None
    both.trade.on_connected(now)
    for number in range(times):
        if number:
            now = both.trade.due_at() or now
            both.trade.advance(now)
        both.trade.on_login(Answer(3, "no"), "", now)
        both.follow_up(now)
    return now


def test_both_sides_share_the_tries() -> None:
    both = logins()
    both.on_contracts(0.0)
    refuse_trade(both, 1)
    both.follow_up(TRADE_GRACE_S)

    both.market_data.on_login(Answer(3), "", 6.0)
    both.follow_up(6.0)
    assert not both.is_blocked
    assert both.market_data.advance(1e6) == ()
    assert both.trade is not None
    both.trade.advance(10.0)
    both.trade.on_login(Answer(3), "", 10.0)
    both.follow_up(10.0)

    assert both.is_blocked
    assert both.tries == Tries(refused=3, code=3)


def test_market_data_that_is_refused_first_leaves_the_other_tries_to_the_trading_login() -> None:
    """With LoginVerify its refusal says nothing of the password."""
    both = logins()
    both.on_contracts(0.0)
    both.follow_up(TRADE_GRACE_S)
    both.market_data.on_login(Answer(3), "", 6.0)
    both.follow_up(6.0)

    assert both.market_data.advance(1e6) == both.follow_up(1e6) == ()
    both.market_data.on_disconnected(4097)
    assert both.market_data.describe().error_code == 3
    assert asked(both.market_data.on_connected(1e6)) == []
    trade_in(both, 1e6)
    assert asked(both.follow_up(1e6)) == [LogIn(Side.MARKET_DATA)]
    assert both.tries == Tries()


def test_an_accepted_trading_login_gives_the_tries_back_and_one_of_market_data_does_not() -> None:
    both = logins()
    both.on_contracts(0.0)
    refuse_trade(both, 2)
    both.follow_up(TRADE_GRACE_S)
    both.market_data.on_login(GRANTED, "20261123", 6.0)
    assert both.tries == Tries(refused=2, market_data_accepted=True)
    assert both.trade is not None
    both.trade.advance(30.0)
    both.trade.on_login(GRANTED, "20261123", 30.0)

    assert both.tries == Tries(market_data_accepted=True)


def test_market_data_alone_gives_the_tries_back_itself() -> None:
    alone = Logins(trades=False, authenticates=False, tries=Tries(refused=2))
    alone.start(0.0)
    alone.market_data.on_connected(0.0)
    alone.market_data.on_login(GRANTED, "20261123", 0.0)

    assert alone.tries == Tries(market_data_accepted=True)


def test_ticks_that_come_survive_the_end_of_the_tries_and_a_drop_after_it() -> None:
    both = logins()
    both.on_contracts(0.0)
    refuse_trade(both, 1)
    both.follow_up(TRADE_GRACE_S)
    both.market_data.on_login(GRANTED, "20261123", 6.0)
    assert both.trade is not None
    for now in (10.0, 30.0):
        both.trade.advance(now)
        both.trade.on_login(Answer(3), "", now)
        both.follow_up(now)
    assert both.trade.is_blocked
    assert not both.is_blocked

    both.market_data.on_disconnected(4097)
    both.follow_up(40.0)
    assert asked(both.market_data.on_connected(41.0)) == [LogIn(Side.MARKET_DATA)]
    assert codes(both.market_data.on_login(Answer(3), "", 41.0)) == ["Blocked"]


def test_a_process_that_begins_anew_goes_on_with_the_tries_of_the_one_before() -> None:
    both = Logins(trades=True, authenticates=False, tries=Tries(refused=2))
    both.start(0.0)
    both.market_data.on_connected(0.0)
    refuse_trade(both, 1)

    assert both.is_blocked


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        pytest.param(Tries(3, 3), [], id="never accepted"),
        pytest.param(Tries(3, 3, market_data_accepted=True), [LogIn(Side.MARKET_DATA)], id="ticks came"),
        pytest.param(Tries(0, 75, market_data_accepted=True), [], id="a retry makes it worse"),
    ],
)
def test_a_process_that_begins_after_the_end_of_the_tries_asks_nothing_of_the_trading_front(
    tries: Tries, expected: list[object]
) -> None:
    both = Logins(trades=True, authenticates=False, tries=tries)
    assert both.start(0.0) == ()
    assert both.trade is not None
    both.follow_up(0.0)
    both.market_data.on_connected(0.0)
    both.on_contracts(0.0)

    assert asked(both.trade.on_connected(0.0)) == []
    assert asked(both.follow_up(TRADE_GRACE_S)) == expected
    assert both.trade.describe().gave_up


def test_a_person_who_asks_gives_all_tries_back() -> None:
    both = logins()
    refuse_trade(both, 3)
    assert both.is_blocked

    assert asked(both.retry(99.0)) == [LogIn(Side.TRADE)]
    assert both.tries == Tries()
