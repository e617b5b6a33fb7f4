"""A full stream lets its oldest message go, which may be the fence. Nothing is lost or told by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.actions import LetGo
from mds_gateway.domain.claiming import Phase
from mds_gateway.domain.losing import Loss
from tests.unit.gateway.world import STEP_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.gateway.world import BuildWorld, World

    type Start = Callable[[int], World]

SEEDS = range(6)
HELD = 400
"""Messages; the world makes 1,000 ticks a second."""
A_WRAP_S = HELD / 1000
LOWERED = 20


@pytest.fixture
def start(build_world: BuildWorld) -> Start:
    def start(seed: int) -> World:
        world = build_world(seed, max_messages=HELD)
        world.run(0.3)
        world.move("a")
        world.run(1.0)
        return world

    return start


def let_the_fence_age(world: World, messages: int) -> None:
    """Until more than so many lie behind it."""
    while world.stream.fence is None or world.stream.sequence - world.stream.fence.sequence <= messages:
        world.run(STEP_S)


def assert_nobody_noticed(world: World) -> None:
    counts = world.count()
    assert (counts.lost, counts.repeated, counts.disordered) == ((), (), ())
    assert [what for _, what in world.happened if isinstance(what, Loss)] == []


def test_a_hundred_wraps_refuse_nothing_and_tell_nothing(start: Start) -> None:
    world = start(1)

    world.run(100 * A_WRAP_S)
    world.run(0.5, ticks=False)

    assert world.stream.first > 99 * HELD
    assert world.stream.refused == 0
    assert world.accounts["a"].claiming.renewals >= 100
    assert_nobody_noticed(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_deaths_and_cuts_in_the_moment_of_a_wrap(start: Start, seed: int) -> None:
    world = start(seed)

    for name in ("b", "a", "b"):
        world.run(world.random.uniform(0.5, 1.5) * A_WRAP_S)
        world.move(name)
        world.run(world.random.uniform(0.5, 1.5) * A_WRAP_S)
        world.accounts[name].cut()
    world.run(1.0)
    world.accounts["b"].alive = False
    world.run(0.9)
    world.move("a")
    world.run(2.0)
    world.run(0.5, ticks=False)

    assert world.stream.fence is not None
    assert world.stream.fence.account == "a"
    assert_nobody_noticed(world)


@pytest.mark.parametrize("how", ["purged", "limit lowered"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fence_that_goes_loses_nothing_and_tells_no_loss(start: Start, seed: int, how: str) -> None:
    world = start(seed)

    if how == "limit lowered":
        let_the_fence_age(world, LOWERED)
        world.stream.max_messages = LOWERED
    for _ in range(5):
        world.run(world.random.uniform(0.2, 0.6))
        if how == "purged":
            world.stream.purge()
    world.run(1.0)
    world.run(0.5, ticks=False)

    assert world.stream.refused > 0
    assert_nobody_noticed(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_renewal_whose_answer_is_lost_does_not_end_the_feed(start: Start, seed: int) -> None:
    world = start(seed)
    world.fence_answers_lost = 0.5

    world.run(20 * A_WRAP_S)
    world.fence_answers_lost = 0.0
    world.run(3.0)
    world.run(0.5, ticks=False)

    assert world.accounts["a"].claiming.phase is Phase.ACTIVE
    assert not [what for _, what in world.happened if isinstance(what, LetGo)]
    assert_nobody_noticed(world)


def test_a_fence_that_goes_while_the_route_cannot_be_read_is_written_again(start: Start) -> None:
    world = start(1)
    world.route_is_lost = True
    world.stream.purge()

    world.run(1.0)
    world.run(0.5, ticks=False)

    assert world.accounts["a"].claiming.phase is Phase.ACTIVE
    assert_nobody_noticed(world)


def test_a_route_that_cannot_be_read_gives_nobody_a_feed_that_another_has_fenced(start: Start) -> None:
    world = start(1)
    world.route_is_lost = True

    world.move("b")
    world.run(1.0)
    world.run(0.5, ticks=False)

    assert world.accounts["b"].claiming.phase is Phase.ACTIVE
    assert world.accounts["a"].claiming.phase is Phase.STANDBY
    assert_nobody_noticed(world)
