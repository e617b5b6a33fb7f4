"""The book: no two snapshots are alike, and what is like is so on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from random import Random

import pytest

from mds_simulator import wire
from mds_simulator.exchange.book import NO_VALUE, Book, Lock
from mds_simulator.exchange.contracts import parse_contract

STAMP = wire.TICK_STAMP.pack(b"20261123", b"20261123", b"09:30:00", 0)
TODAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Tick:
    last: float
    close: float
    settlement: float
    average: float
    turnover: float
    open_interest: float
    volume: int
    bids: tuple[float, ...]
    asks: tuple[float, ...]
    serial: float
    volumes: tuple[int, ...]

    @property
    def identity(self) -> tuple[object, ...]:
        """What design section 4 hashes, without the time, which a test holds still."""
        return (self.volume, self.open_interest, self.last, self.bids, self.asks, self.volumes)


def unpack(data: bytes) -> Tick:
    last, _open, _high, _low, turnover, interest, close, settlement, average, volume, *levels = (
        wire.TICK_PRICES.unpack_from(data, wire.TICK_DAY.size)
    )
    serial, *volumes = wire.TICK_BOOK.unpack(data[-wire.TICK_BOOK.size :])
    return Tick(
        last, close, settlement, average, turnover, interest, volume,
        tuple(levels[:5]), tuple(levels[5:]), serial, tuple(volumes),
    )  # fmt: skip


def make_book(name: str = "rb2701", lock: Lock = Lock.FREE) -> Book:
    return Book(parse_contract(name, TODAY), Random(1), lock)  # noqa: S311 - a repeatable book


def ticks_of(book: Book, number: int) -> list[Tick]:
    return [unpack(book.snapshot(STAMP)) for _ in range(number)]


@pytest.mark.parametrize("lock", list(Lock))
def test_no_two_snapshots_have_the_same_identity_even_at_one_moment(lock: Lock) -> None:
    ticks = ticks_of(make_book(lock=lock), 20_000)

    assert len({tick.identity for tick in ticks}) == len(ticks)
    assert [tick.serial for tick in ticks] == list(range(1, 20_001))


@pytest.mark.parametrize("lock", list(Lock))
def test_exactly_one_volume_of_the_book_changes_at_each_snapshot(lock: Lock) -> None:
    changes = [
        [place for place in range(10) if before.volumes[place] != after.volumes[place]]
        for before, after in pairwise(ticks_of(make_book(lock=lock), 2000))
    ]

    assert {len(changed) for changed in changes} == {1}
    assert {place for changed in changes for place in changed} == set(lock.value)


def test_volume_and_last_price_stay_over_several_snapshots() -> None:
    pairs = list(pairwise(ticks_of(make_book(), 2000)))
    alike = [1 for before, after in pairs if (before.volume, before.last) == (after.volume, after.last)]

    assert 0.6 < len(alike) / len(pairs) < 0.9


def test_no_level_ever_vanishes_from_a_free_book() -> None:
    for tick in ticks_of(make_book(), 5000):
        assert min(tick.volumes) > 0
        assert list(tick.bids) == sorted(tick.bids, reverse=True)
        assert list(tick.asks) == sorted(tick.asks)
        assert tick.bids[0] < tick.asks[0] < NO_VALUE


@pytest.mark.parametrize(
    ("lock", "side", "volumes"),
    [
        pytest.param(Lock.UPPER, "asks", slice(5, 10), id="at the upper limit nobody sells"),
        pytest.param(Lock.LOWER, "bids", slice(0, 5), id="at the lower limit nobody buys"),
    ],
)
def test_a_locked_book_has_one_side(lock: Lock, side: str, volumes: slice) -> None:
    for tick in ticks_of(make_book(lock=lock), 100):
        assert getattr(tick, side) == (NO_VALUE,) * 5
        assert tick.volumes[volumes] == (0,) * 5


def test_a_locked_book_trades_at_its_limit() -> None:
    book = make_book(lock=Lock.UPPER)
    data = [book.snapshot(STAMP) for _ in range(50)]
    upper = wire.TICK_DAY.unpack_from(data[-1])[5]
    last = unpack(data[-1])

    assert last.last == last.bids[0] == upper


def test_prices_are_the_numbers_that_the_decimal_text_gives() -> None:
    """3 x 0.2 is 0.6000000000000001; the exchange's text is 0.6."""
    for tick in ticks_of(make_book("IF2612"), 3000):
        assert all(float(f"{price:.1f}") == price for price in (*tick.bids, *tick.asks))


def test_close_and_settlement_come_with_the_close() -> None:
    book = make_book()
    before = ticks_of(book, 20)[-1]
    book.close()
    after = ticks_of(book, 1)[0]

    assert (before.close, before.settlement) == (NO_VALUE, NO_VALUE)
    assert after.close == after.last
    assert after.settlement == pytest.approx(after.average / 10)


def test_czce_settles_before_the_close() -> None:
    book = make_book("SR701")
    book.settle()
    tick = ticks_of(book, 20)[-1]

    assert (tick.close, tick.settlement) == (NO_VALUE, tick.average)


def test_the_turnover_of_czce_may_fall_and_others_never_do() -> None:
    def falls(name: str) -> bool:
        turnovers = [tick.turnover for tick in ticks_of(make_book(name), 3000)]
        return any(after < before for before, after in pairwise(turnovers))

    assert (falls("SR701"), falls("rb2701")) == (True, False)


def test_a_new_day_starts_at_volume_nothing_and_goes_on_with_the_serials() -> None:
    book = make_book()
    ticks_of(book, 50)
    book.begin_day()
    data = book.snapshot(STAMP)
    tick = unpack(data)

    assert (tick.serial, tick.close) == (51, NO_VALUE)
    assert tick.volume < 20


def test_combinations_have_no_last_price_and_no_limits() -> None:
    book = make_book("SPD SR701&SR705")
    data = [book.snapshot(STAMP) for _ in range(50)][-1]

    assert (unpack(data).last, unpack(data).volume) == (NO_VALUE, 0)
    assert wire.TICK_DAY.unpack_from(data)[5:] == (NO_VALUE, NO_VALUE)
