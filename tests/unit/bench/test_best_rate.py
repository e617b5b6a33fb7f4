"""The peer is measured at its best: a program that can take so many a second is found within 15 per cent."""

from __future__ import annotations

import pytest

from tests.bench.best_rate import CLOSE_ENOUGH, KEPT_UP, MOST_TRIES, Tried, decide_next, find_best


def search(capacity: int, under_flood: int, first: int = 1000) -> list[Tried]:
    """A program that does what it is offered up to its capacity, and beyond it much less."""
    tried: list[Tried] = []
    while (offered := decide_next(tried, first)) is not None:
        tried.append(Tried(offered, offered if offered <= capacity else under_flood))
    return tried


@pytest.mark.parametrize("capacity", [90, 1000, 1500, 7000, 30_000])
def test_the_best_is_near_the_capacity_and_not_what_a_flood_leaves(capacity: int) -> None:
    tried = search(capacity, under_flood=50)

    assert capacity / CLOSE_ENOUGH <= find_best(tried).reached <= capacity
    assert len(tried) <= MOST_TRIES


@pytest.mark.parametrize(("reached", "kept_up"), [(970, True), (969, False)])
def test_keeping_up_is_97_per_cent(reached: int, *, kept_up: bool) -> None:
    assert KEPT_UP == 0.97
    assert Tried(1000, reached).kept_up is kept_up


def test_a_program_that_takes_nothing_ends_the_search() -> None:
    assert find_best(search(0, under_flood=0)).reached == 0


def test_one_that_keeps_up_by_chance_above_its_limit_does_not_widen_the_search() -> None:
    tried = [Tried(1000, 1000), Tried(2000, 500), Tried(4000, 4000)]

    assert decide_next(tried, 1000) == 1414
