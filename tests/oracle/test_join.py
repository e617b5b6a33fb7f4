"""The oracle finds what is planted, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from mds_simulator.counting.join import Counts, Delivered, Epoch, Stored, count

if TYPE_CHECKING:
    from collections.abc import Callable

    Plant = Callable[[list[Stored], int], None]

CONTRACTS = ("rb2701", "SR701")
PROMISED = ("lost", "repeated", "disordered", "invented")
LAST = 40
TURN = 20  # the last serial of the first epoch
EPOCHS = (Epoch(1, "a", active_ns=0), Epoch(2, "b", active_ns=TURN * 1000))
END = 10**9


def deliver(account: str, serials: range = range(1, LAST + 1)) -> list[Delivered]:
    return [Delivered(account, c, s, at_ns=s * 1000) for s in serials for c in CONTRACTS]


def store(first: int = 1, last: int = LAST) -> list[Stored]:
    """Two snapshots in a second, as at CZCE: pairs of equal order keys."""
    return [
        Stored(1 if serial <= TURN else 2, contract, serial, f"{contract} {serial}", (serial // 2, 0))
        for serial in range(first, last + 1)
        for contract in CONTRACTS
    ]


def judge(stored: list[Stored], delivered: list[Delivered] | None = None, until_ns: int = END) -> Counts:
    return count(
        deliver("a") + deliver("b") if delivered is None else delivered, stored, EPOCHS, until_ns=until_ns
    )


def without(stored: list[Stored], contract: str, *serials: int) -> list[Stored]:
    return [one for one in stored if one.contract != contract or one.serial not in serials]


def test_a_complete_stream_is_clean() -> None:
    assert judge(store()) == Counts(stored=80, delivered=160)


@pytest.mark.parametrize("serial", [2, TURN, TURN + 1, LAST - 1, LAST])
def test_a_planted_loss_is_found(serial: int) -> None:
    counts = judge(without(store(), "rb2701", serial))

    assert counts.lost == (("rb2701", serial),)
    assert counts.died_with == ()
    assert not counts.is_clean


def test_a_contract_that_is_missing_altogether_is_lost() -> None:
    counts = judge(without(store(), "SR701", *range(1, LAST + 1)))

    assert counts.lost == tuple(("SR701", serial) for serial in range(1, LAST + 1))


@pytest.mark.parametrize("serial", [1, TURN, LAST])
@pytest.mark.parametrize(
    "at", [pytest.param(1, id="at once"), pytest.param(9, id="later"), pytest.param(99, id="at the end")]
)
def test_a_planted_repeat_is_found(serial: int, at: int) -> None:
    stored = store()
    place = next(n for n, one in enumerate(stored) if (one.contract, one.serial) == ("rb2701", serial))
    stored.insert(place + at, stored[place])

    assert judge(stored).repeated == (("rb2701", serial),)


def test_a_planted_swap_is_found() -> None:
    stored = store()
    stored[10], stored[14] = stored[14], stored[10]

    assert judge(stored).disordered == ((stored[12].contract, stored[12].serial),)
    assert judge(stored).lost == ()


def test_a_swap_of_equal_order_keys_is_free() -> None:
    stored = store()
    place = next(n for n, (a, b) in enumerate(pairwise(stored[::2])) if a.order_key == b.order_key) * 2
    stored[place], stored[place + 2] = stored[place + 2], stored[place]

    assert judge(stored).is_clean


def test_the_same_order_key_in_two_contracts_is_no_swap() -> None:
    stored = store()
    ordered = [one for one in stored if one.contract == "SR701"] + [
        one for one in stored if one.contract == "rb2701"
    ]

    assert judge(ordered).is_clean


def test_what_the_new_front_never_delivered_is_not_lost_but_died_with_the_old_account() -> None:
    delivered = deliver("a") + [one for one in deliver("b") if (one.contract, one.serial) != ("rb2701", TURN)]
    counts = judge(without(store(), "rb2701", TURN), delivered)

    assert counts.lost == ()
    assert counts.died_with == (("rb2701", TURN),)


def test_what_the_old_account_got_as_a_standby_did_not_die_with_it() -> None:
    later = ("rb2701", TURN + 1)
    delivered = deliver("a") + [one for one in deliver("b") if (one.contract, one.serial) != later]
    counts = judge(without(store(), *later), delivered)

    assert counts.died_with == ()
    assert counts.front_missed == (later,)


def test_what_the_active_front_never_delivered_is_not_lost_but_counted() -> None:
    delivered = [one for one in deliver("a") if (one.contract, one.serial) != ("rb2701", 7)] + deliver("b")
    counts = judge(without(store(), "rb2701", 7), delivered)

    assert counts.lost == ()
    assert counts.front_missed == (("rb2701", 7),)


def test_what_the_old_account_left_falls_to_the_new_one() -> None:
    """Epoch 1 ended early for one contract; the new account's log holds the rest."""
    stored = [replace(one, epoch=2) if one.serial > 15 else one for one in store()]

    assert judge(stored).is_clean
    assert judge(without(stored, "rb2701", 16)).lost == (("rb2701", 16),)


def test_what_came_before_the_first_account_was_active_is_not_due() -> None:
    epochs = (replace(EPOCHS[0], active_ns=5000), EPOCHS[1])
    counts = count(deliver("a") + deliver("b"), store(first=5), epochs, until_ns=END)

    assert counts.is_clean


def test_what_another_front_delivered_before_anybody_was_active_was_not_missed() -> None:
    epochs = (replace(EPOCHS[0], active_ns=5000), EPOCHS[1])
    counts = count(deliver("a", range(5, LAST + 1)) + deliver("b"), store(first=5), epochs, until_ns=END)

    assert counts.front_missed == ()


def test_what_is_delivered_after_the_end_is_not_due_yet() -> None:
    late = judge(store(last=LAST - 2), until_ns=(LAST - 2) * 1000)

    assert late.is_clean
    assert len(judge(store(last=LAST - 2)).lost) == 4


def test_a_replayed_night_is_not_due() -> None:
    replayed = [Delivered("b", "rb2701", 1000, at_ns=30_000, replay=True)]

    assert judge(store(), deliver("a") + deliver("b") + replayed).is_clean


def test_what_no_front_delivered_is_invented() -> None:
    stored = [*store(), Stored(2, "rb2701", 99, "rb2701 99", (99, 0))]

    assert judge(stored).invented == (("rb2701", 99),)


def test_what_only_the_other_front_delivered_is_invented_too() -> None:
    delivered = deliver("a") + [one for one in deliver("b") if (one.contract, one.serial) != ("rb2701", 30)]

    assert judge(store(), delivered).invented == (("rb2701", 30),)


def lose(stored: list[Stored], place: int) -> None:
    del stored[place]


def repeat(stored: list[Stored], place: int) -> None:
    stored.append(stored[place])


def swap(stored: list[Stored], place: int) -> None:
    """With the tick four serials on: two order keys further."""
    stored[place], stored[place + 8] = stored[place + 8], stored[place]


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        pytest.param(lose, {"lost"}, id="lose"),
        pytest.param(repeat, {"repeated", "disordered"}, id="repeat, which is out of order too"),
        pytest.param(swap, {"disordered"}, id="swap"),
    ],
)
def test_wherever_it_is_planted_it_is_found(plant: Plant, found: set[str]) -> None:
    for place in range(len(store()) - 8):
        stored = store()
        plant(stored, place)
        counts = judge(stored)

        assert {name for name in PROMISED if getattr(counts, name)} == found
