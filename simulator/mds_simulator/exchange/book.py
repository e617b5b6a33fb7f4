"""One contract's book: the next snapshot, as the bytes of the wire.

At each snapshot exactly one of the ten volumes changes, in the order of a Gray code over the serial: the top
of the book most often, and never twice the same ten volumes (before 2^40 snapshots). So no two snapshots
are equal, while volume, last price and, at CZCE, the time often are. An identity that leaves out one level
of the book meets two snapshots that it cannot tell apart.

A locked book (at its limit price) has one side only: the other is DBL_MAX and 0, the code runs over five.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Final

from mds_simulator import wire
from mds_simulator.exchange.contracts import Contract, Kind
from mds_simulator.exchange.products import Exchange, Product

if TYPE_CHECKING:
    from random import Random

NO_VALUE: Final = sys.float_info.max
_LEVELS: Final = 5
_DEPTH: Final = range(_LEVELS)
_LIMIT_SHARE: Final = 10  # the limits are a tenth of the price away
_MARGIN: Final = 2 * _LEVELS  # a free book stays this far from its limits
_NO_PRICES: Final = (NO_VALUE,) * _LEVELS
_pack_book: Final = wire.TICK_BOOK.pack


class Lock(Enum):
    """The limit that a book is locked at, and the volumes that its Gray code may change (0-4 are bids)."""

    FREE = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
    UPPER = (0, 1, 2, 3, 4)
    LOWER = (5, 6, 7, 8, 9)


class Book:
    """The state of one contract. Prices are counts of ticks until they are packed."""

    __slots__ = (
        "_base",
        "_best_bid",
        "_closed",
        "_day",
        "_high",
        "_last",
        "_low",
        "_money",
        "_open",
        "_open_interest",
        "_order",
        "_prices",
        "_random",
        "_range",
        "_settled",
        "_volumes",
        "contract",
        "latest",
        "lock",
        "serial",
        "volume",
    )

    def __init__(self, contract: Contract, random: Random, lock: Lock = Lock.FREE) -> None:
        self.contract = contract
        self.lock = lock
        self.serial = 0
        self.latest = b""
        self._random = random
        self._open_interest = 1000 + random.getrandbits(16)
        # 16 and more, so that toggling the low bits never makes a level vanish
        self._volumes = [16 * (1 + random.getrandbits(4)) for _ in range(2 * _LEVELS)]
        for absent in {Lock.UPPER: range(5, 10), Lock.LOWER: range(5)}.get(lock, ()):
            self._volumes[absent] = 0
        self._order = lock.value
        self._best_bid = contract.price
        self.begin_day()

    def begin_day(self) -> None:
        """The next trading day: the price that stands is the new base, volumes start at nothing."""
        self.volume = 0
        self._money = 0
        self._last = self._open = self._high = self._low = 0  # none of them counts while the volume is 0
        self._closed = self._settled = False
        base = self._best_bid
        band = max(3 * _MARGIN, abs(base) // _LIMIT_SHARE)
        self._range = (base - band, base + band)
        if self.lock is not Lock.FREE:
            self._best_bid = base + band if self.lock is Lock.UPPER else base - band - 1
        self._base = self._price(base)
        self._day = self._pack_day()
        self._prices = self._pack_prices()

    def settle(self) -> None:
        """From now on there is a settlement price; CZCE has one in the middle of the day."""
        self._settled = True
        self._prices = self._pack_prices()

    def close(self) -> None:
        """The day is over: from now on there are a close and a settlement price."""
        self._closed = True
        self.settle()

    def snapshot(self, stamp: bytes) -> bytes:
        """The hot path: most of a tick's bytes are kept from the one before."""
        self.serial = serial = self.serial + 1
        chance = self._random.getrandbits(16)
        if chance & 3 == 0 or chance & 7 == 1:
            self._trade_or_move(chance)
        volumes, order = self._volumes, self._order
        step, place = divmod((serial & -serial).bit_length() - 1, len(order))
        volumes[order[place]] ^= 1 << step
        self.latest = tick = self._prices + stamp + _pack_book(serial, *volumes)
        return tick

    def _trade_or_move(self, chance: int) -> None:
        """One snapshot in four trades; one in eight moves by a tick."""
        if chance & 3 == 0 and self.contract.kind is not Kind.COMBINATION:
            self._trade(1 + (chance >> 2 & 15), chance >> 6 & 1, (chance >> 7 & 7) - 3)
        elif chance & 3 and self.lock is Lock.FREE:
            lower, upper = self._range
            step = 1 if chance & 8 else -1
            self._best_bid = min(max(self._best_bid + step, lower + _MARGIN), upper - _MARGIN)
        else:
            return
        self._prices = self._pack_prices()

    def _trade(self, lots: int, at_ask: int, opened: int) -> None:
        price = self._best_bid + (at_ask if self.lock is Lock.FREE else self.lock is Lock.LOWER)
        if self.volume == 0:
            self._open = self._high = self._low = price
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._last = price
        self._money += lots * price
        self.volume += lots
        self._open_interest = max(0, self._open_interest + opened)

    # --- bytes ----------------------------------------------------------------------------------------------

    def _price(self, ticks: int) -> float:
        numerator, denominator = self.contract.product.tick
        return ticks * numerator / denominator

    def _pack_day(self) -> bytes:
        """The exchange id stays empty: ordinary fronts do not fill it. A combination has no limits."""
        limits = (NO_VALUE, NO_VALUE)
        if self.contract.kind is not Kind.COMBINATION:
            limits = (self._price(self._range[1]), self._price(self._range[0]))
        name = self.contract.id.encode()
        return wire.TICK_DAY.pack(name, b"", self._base, self._base, float(self._open_interest), *limits)

    def _pack_prices(self) -> bytes:
        product = self.contract.product
        numerator, denominator = product.tick
        last, opening, high, low, turnover, average, settlement = (
            self._traded(numerator, denominator, product) if self.volume else self._untraded()
        )
        bid = self._best_bid * numerator
        ask = bid + numerator
        return self._day + wire.TICK_PRICES.pack(
            last,
            opening,
            high,
            low,
            turnover,
            self._open_interest,
            last if self._closed else NO_VALUE,
            settlement if self._settled else NO_VALUE,
            average,
            self.volume,
            *(
                _NO_PRICES
                if self.lock is Lock.LOWER
                else [(bid - i * numerator) / denominator for i in _DEPTH]
            ),
            *(
                _NO_PRICES
                if self.lock is Lock.UPPER
                else [(ask + i * numerator) / denominator for i in _DEPTH]
            ),
        )

    def _traded(self, numerator: int, denominator: int, product: Product) -> tuple[float, ...]:
        """Last to low, then what a front computes: turnover, average, settlement.

        At CZCE fronts take last price x volume for the turnover, which may fall; elsewhere the average price
        still holds the multiplier.
        """
        last = self._last * numerator / denominator
        opening = self._open * numerator / denominator
        high = self._high * numerator / denominator
        low = self._low * numerator / denominator
        mean = self._money * numerator / denominator / self.volume
        if product.exchange is Exchange.CZCE:
            return last, opening, high, low, last * self.volume * product.multiplier, mean, mean
        turnover = self._money * numerator * product.multiplier / denominator
        return last, opening, high, low, turnover, mean * product.multiplier, mean

    def _untraded(self) -> tuple[float, ...]:
        """A combination never has a last price; another contract shows yesterday's until it trades."""
        if self.contract.kind is Kind.COMBINATION:
            return (NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, 0.0, NO_VALUE, NO_VALUE)
        return (self._base, NO_VALUE, NO_VALUE, NO_VALUE, 0.0, self._base, self._base)
