"""Counting by holes finds what is planted; and it agrees with counting by delivery where both can know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mds_simulator.counting.join import Delivered, Epoch, Stored, count
from mds_simulator.counting.ledger import Ledger, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

LAST = 12
CONTRACTS = ("rb2701", "IF2701")


def store(serial: int, contract: str = "rb2701", epoch: int = 1) -> Stored:
    """Two snapshots in a second: pairs of equal order keys."""
    return Stored(epoch, contract, serial, f"{contract} {serial}", (serial // 2, 0))


def tally(ticks: Iterable[Stored]) -> Tally:
    ledger = Ledger()
    for tick in ticks:
        ledger.add(tick)
    return ledger.tally


@pytest.mark.parametrize(
    ("serials", "lost", "repeated"),
    [
        pytest.param([1, 2, 3], 0, 0, id="an unbroken row"),
        pytest.param([7, 8], 0, 0, id="what came before the first is nobody's business"),
        pytest.param([1, 3], 1, 0, id="one is missing"),
        pytest.param([1, 5], 3, 0, id="three in a row are missing"),
        pytest.param([1, 3, 2], 0, 0, id="a hole that is filled later is no loss"),
        pytest.param([3, 1], 1, 0, id="one from before the first widens the row"),
        pytest.param([3, 1, 2], 0, 0, id="which is filled as any other"),
        pytest.param([1, 2, 2], 0, 1, id="one twice"),
        pytest.param([1, 3, 2, 2], 0, 1, id="a filled hole filled again"),
    ],
)
def test_serials_tell_what_is_lost_and_what_is_repeated(serials: list[int], lost: int, repeated: int) -> None:
    found = tally(store(serial) for serial in serials)

    assert (found.lost, found.repeated, found.stored) == (lost, repeated, len(serials))


@pytest.mark.parametrize(
    ("second", "disordered"),
    [
        pytest.param((100, 4), 1, id="less volume at the same time"),
        pytest.param((100, 5), 0, id="an equal key may stand in any order"),
        pytest.param((99, 9), 1, id="an earlier time"),
    ],
)
def test_order_is_judged_by_exchange_time_then_volume(second: tuple[int, int], disordered: int) -> None:
    ticks = [replace(store(1), order_key=(100, 5)), replace(store(2), order_key=second)]

    assert tally(ticks).disordered == disordered


def test_contracts_are_counted_apart() -> None:
    assert tally([store(5), store(2, "IF2701")]) == Tally(stored=2)


def test_what_came_since_a_moment_is_a_difference() -> None:
    assert Tally(9, 3, 2, 1).since(Tally(4, 1, 1, 1)) == Tally(5, 2, 1, 0)


INNER = [store(serial, name) for serial in range(2, LAST) for name in CONTRACTS]


@st.composite
def histories(draw: st.DrawFn) -> list[Stored]:
    """One takeover; some ticks are not stored, some twice, some not in their turn."""
    turn = draw(st.integers(1, LAST))
    missing = draw(st.sets(st.sampled_from(INNER)))
    whole = [store(serial, name) for serial in range(1, LAST + 1) for name in CONTRACTS]
    kept = [replace(one, epoch=1 if one.serial <= turn else 2) for one in whole if one not in missing]
    for place, is_moved in draw(
        st.lists(st.tuples(st.integers(0, len(kept) - 1), st.booleans()), max_size=3)
    ):
        tick = kept.pop(place) if is_moved else kept[place]
        kept.insert(draw(st.integers(0, len(kept))), tick)
    return kept


@given(histories())
@settings(max_examples=100, deadline=None)
def test_where_every_front_hands_out_all_both_ways_count_the_same(history: list[Stored]) -> None:
    """As far as holes reach: from a contract's first serial to its last."""
    delivered = [
        Delivered(account, name, serial, at_ns=serial)
        for serial in range(1, LAST + 1)
        for name in CONTRACTS
        for account in "ab"
    ]
    by_delivery = count(delivered, history, (Epoch(1, "a", 0), Epoch(2, "b", 0)), until_ns=LAST)
    by_holes = tally(history)

    assert by_holes.lost == len(by_delivery.lost)
    assert by_holes.repeated == len(by_delivery.repeated)
    assert by_holes.disordered == len(by_delivery.disordered)
