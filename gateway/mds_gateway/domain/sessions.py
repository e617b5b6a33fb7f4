"""Which products trade now, as the trading front pushes it (OnRtnInstrumentStatus, at each change).

Open means continuous trading: during an auction, a break or the time before, silence is normal. CZCE says 0
in a break where the others say 1; neither is open. What was said before a disconnect is not known any more
after it.
"""

from __future__ import annotations

from enum import StrEnum

from mds_protocol.wire.heartbeat import SessionState


class InstrumentStatus(StrEnum):
    """CTP's codes."""

    BEFORE_TRADING = "0"
    NO_TRADING = "1"
    CONTINUOUS = "2"
    AUCTION_ORDERING = "3"
    AUCTION_BALANCE = "4"
    AUCTION_MATCH = "5"
    CLOSED = "6"
    PROCESSING = "7"


_KNOWN = frozenset(status.value for status in InstrumentStatus)


class Sessions:
    """A product is of one exchange, but ids repeat between exchanges, so both are the key."""

    def __init__(self) -> None:
        self._products: dict[str, dict[str, bool]] = {}
        self._opened_ns: dict[tuple[str, str], int] = {}
        """Of products that are open; of others it says nothing."""

    def note(self, exchange: str, product: str, status: str, now_ns: int) -> bool:
        """False: a status that this table does not know, so nothing was learnt."""
        if status not in _KNOWN:
            return False
        products, is_open = self._products.setdefault(exchange, {}), status == InstrumentStatus.CONTINUOUS
        if is_open and not products.get(product):
            self._opened_ns[exchange, product] = now_ns
        products[product] = is_open
        return True

    def forget(self) -> None:
        """The trading front is gone."""
        self._products.clear()

    def of_product(self, exchange: str, product: str) -> SessionState:
        is_open = self._products.get(exchange, {}).get(product)
        return SessionState.UNKNOWN if is_open is None else _state(is_open=is_open)

    def opened_ns(self, exchange: str, product: str) -> int | None:
        """Since when the product trades, as far as it was heard; None: it does not, or nobody says."""
        is_open = self.of_product(exchange, product) is SessionState.OPEN
        return self._opened_ns[exchange, product] if is_open else None

    def of_exchange(self, exchange: str) -> SessionState:
        """Open while any of its products trades."""
        products = self._products.get(exchange)
        return _state(is_open=any(products.values())) if products else SessionState.UNKNOWN


def _state(*, is_open: bool) -> SessionState:
    return SessionState.OPEN if is_open else SessionState.CLOSED
