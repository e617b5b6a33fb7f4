"""A contract all of whose ticks are held back is told of once, until one of them passes."""

from __future__ import annotations

import pytest

from mds_gateway.domain.actions import HeldBack
from mds_gateway.domain.holding import LEAST_NS, LEAST_TICKS, Holding
from mds_gateway.domain.ticks import FinishedTick

PUBLISHED = (600_000_000_000, 5)


def tick(received_ns: int) -> FinishedTick:
    return FinishedTick(b"md.X.c", (60_000_000_000, 6), b"i", b"", received_ns, 1, snapshot=False)


def hold(*received_ns: int) -> list[HeldBack | None]:
    holding = Holding()
    return [holding.on_held_back(tick(each), PUBLISHED) for each in received_ns]


@pytest.mark.parametrize(
    ("received_ns", "told"),
    [
        pytest.param([0, LEAST_NS], False, id="too few"),
        pytest.param([0, 1, LEAST_NS - 1], False, id="just too soon: a night that is replayed"),
        pytest.param([0, 1, LEAST_NS], True, id="long enough"),
    ],
)
def test_several_ticks_over_some_seconds_are_told(received_ns: list[int], *, told: bool) -> None:
    assert (hold(*received_ns)[-1] is not None) is told


def test_it_is_told_once_with_how_far_ahead_the_published_one_is() -> None:
    found = hold(0, 1, LEAST_NS, LEAST_NS + 1)

    assert found == [None, None, HeldBack(b"md.X.c", LEAST_TICKS, 540.0), None]


def test_a_tick_that_passes_ends_it() -> None:
    holding = Holding()
    for received_ns in (0, 1):
        holding.on_held_back(tick(received_ns), PUBLISHED)
    holding.on_passed(b"md.X.c")

    assert holding.on_held_back(tick(LEAST_NS), PUBLISHED) is None
