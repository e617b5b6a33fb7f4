"""The rules together, in a world with delays, partitions, stopped and dying processes, and no operator."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from mds_protocol.failover.routing import is_legal
from mds_simulator.counting import join
from tests.unit.failover.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.failover.builders import Entry

SEEDS = range(30)
CALM_S = 12.0


@pytest.fixture(scope="module")
def worlds() -> dict[int, World]:
    """Twenty seconds of trouble each, then calm."""
    return {seed: live_through(seed) for seed in SEEDS}


def live_through(seed: int) -> World:
    world = World(seed)
    world.run(2.0)
    while world.now < 22.0:
        world.break_something()
        world.run(world.now + world.random.uniform(0.2, 3.0))
    world.run(world.now + CALM_S)
    return world


def test_the_troubles_were_real(worlds: dict[int, World]) -> None:
    """Otherwise the other tests would prove nothing."""
    assert sum(len(world.stream.fences) for world in worlds.values()) > 4 * len(SEEDS)
    assert sum(world.stream.refused for world in worlds.values()) > len(SEEDS)
    reasons = {route.reason for world in worlds.values() for route in world.routes}
    assert {"OperatorGone", "FrontLost", "Failback", "Silent", "ContainerDied"} <= reasons


@pytest.mark.parametrize("seed", SEEDS)
def test_epochs_never_go_back_and_have_one_writer_each(worlds: dict[int, World], seed: int) -> None:
    world = worlds[seed]
    fences = world.stream.fences
    writers = {(fence.epoch, fence.account) for fence in fences}

    assert all(one.epoch <= two.epoch for one, two in pairwise(fences))
    assert len(writers) == len({epoch for epoch, _ in writers})
    assert all(is_legal(one, two) for one, two in pairwise(world.routes))


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_fence_only_its_epoch_is_stored(worlds: dict[int, World], seed: int) -> None:
    stream = worlds[seed].stream
    fences = [(fence.sequence, True, fence.epoch) for fence in stream.fences]
    ticks = [(tick.sequence, False, tick.epoch) for tick in stream.ticks]
    epoch = 0
    for _, is_fence, of in sorted(fences + ticks):
        assert is_fence or of == epoch
        epoch = of


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_repeated_or_out_of_order(worlds: dict[int, World], seed: int) -> None:
    """Lost is what the log of the process that published held."""
    counts = count(worlds[seed])

    assert (counts.lost, counts.repeated, counts.disordered, counts.invented) == ((), (), (), ())
    assert counts.stored > 1_000


def count(world: World) -> join.Counts:
    """By the oracle: each log is an account, as a process made anew has another, and an epoch of its own.

    What a front says again was not due.
    """
    ticks = world.stream.ticks
    logs = {id(tick.log): tick.log for tick in ticks}
    tenures = list(dict.fromkeys((tick.epoch, id(tick.log)) for tick in ticks))
    stored = [
        join.Stored(
            tenures.index((tick.epoch, id(tick.log))),
            tick.entry.contract,
            number(tick.entry),
            tick.entry.identity,
            tick.entry.order_key,
        )
        for tick in ticks
    ]
    delivered = [one for key, log in logs.items() for one in deliver(str(key), log)]
    epochs = [join.Epoch(place, str(key), active_ns=0) for place, (_, key) in enumerate(tenures)]
    return join.count(delivered, stored, epochs, until_ns=number(ticks[-1].entry))


def deliver(account: str, log: list[Entry]) -> Iterator[join.Delivered]:
    newest: dict[str, int] = {}
    for entry in log:
        serial = number(entry)
        again = serial < newest.get(entry.contract, 0)
        newest[entry.contract] = max(serial, newest.get(entry.contract, 0))
        yield join.Delivered(account, entry.contract, serial, at_ns=serial, replay=again)


def number(entry: Entry) -> int:
    """They are numbered as they are made: the exchange's clock, too."""
    return int(entry.identity.rpartition("-")[2])


@pytest.mark.parametrize("seed", SEEDS)
def test_when_the_trouble_is_over_every_fresh_tick_is_stored(worlds: dict[int, World], seed: int) -> None:
    """But for what the active account's front itself drops: one in a hundred."""
    world = worlds[seed]
    fresh = [entry for when, entry in world.made if world.now - 3.0 < when < world.now - 0.5]
    missing = [entry for entry in fresh if entry.identity not in world.stream.identities]

    assert len(missing) <= 0.08 * len(fresh)


@pytest.mark.parametrize("seed", SEEDS)
def test_when_the_trouble_is_over_the_first_account_publishes_and_nothing_moves(
    worlds: dict[int, World], seed: int
) -> None:
    world = worlds[seed]
    writers = {tick.writer for tick in world.stream.ticks[-30:]}
    moves = len(world.routes)
    world.run(world.now + 2.0)

    assert writers == {"a"}
    assert len(world.routes) == moves


@pytest.mark.parametrize("back_after_s", [0.8, 1.4, 1.7, 1.9, 3.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_container_that_comes_back_without_an_operator_costs_no_tick(
    seed: int, back_after_s: float
) -> None:
    """The kubelet is quicker than a standby's patience; the new process must not go on with an empty log."""
    world = World(seed)
    world.drop_rate = 0.0
    world.run(4.0)
    world.operator.restart(100.0)
    world.run(6.0)
    world.gateways["a"].crash()
    world.at(world.now + back_after_s, world.gateways["a"].start)
    world.run(14.0)

    missing = [
        entry
        for when, entry in world.made
        if 4.0 < when < 13.5 and entry.identity not in world.stream.identities
    ]
    assert [route.reason for route in world.routes[1:]] == ["OperatorGone"]
    assert missing == []
