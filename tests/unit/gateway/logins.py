"""An account of two sides as the rules see it, and what they ask for."""

from __future__ import annotations

from mds_gateway.domain.login import Answer, Logins
from mds_gateway.ports import Note

GRANTED = Answer(0)


def asked(actions: tuple[object, ...]) -> list[object]:
    return [action for action in actions if not isinstance(action, Note)]


def codes(actions: tuple[object, ...]) -> list[str]:
    return [action.code for action in actions if isinstance(action, Note)]


def logins() -> Logins:
    both = Logins(trades=True, authenticates=False)
    both.start(0.0)
    both.market_data.on_connected(0.0)
    return both


def trade_in(both: Logins, now: float) -> None:
    assert both.trade is not None
    both.trade.on_connected(now)
    both.trade.on_login(GRANTED, "20261123", now)
