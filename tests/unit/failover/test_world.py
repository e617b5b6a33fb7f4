"""The rules together, in a world with delays, partitions, stopped and dying processes, and no operator."""

from __future__ import annotations

from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

import pytest

from mds_protocol.failover.routing import is_legal
from tests.unit.failover.world import CONTRACTS, World

if TYPE_CHECKING:
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
def test_no_tick_is_stored_twice_and_each_contract_is_in_order(worlds: dict[int, World], seed: int) -> None:
    stored = [tick.entry for tick in worlds[seed].stream.ticks]

    assert len({entry.identity for entry in stored}) == len(stored)
    for contract in CONTRACTS:
        keys = [entry.order_key for entry in stored if entry.contract == contract]
        assert keys == sorted(keys)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_that_the_publishing_accounts_log_held(worlds: dict[int, World], seed: int) -> None:
    """Before each stored tick, what its writer had received since the stored one before is stored."""
    world = worlds[seed]
    for contract in CONTRACTS:
        stored = [tick for tick in world.stream.ticks if tick.entry.contract == contract]
        written = {id(tick.log): tick.log for tick in stored}
        logs = {key: [entry for entry in log if entry.contract == contract] for key, log in written.items()}
        places = {key: first_places(log) for key, log in logs.items()}
        for before, tick in pairwise(stored):
            key = id(tick.log)
            held = held_between(logs[key][: places[key][tick.entry.identity]], before.entry, tick.entry)
            assert [entry for entry in held if entry.identity not in world.stream.identities] == []


def first_places(log: list[Entry]) -> dict[str, int]:
    """Where each identity came first: a front may replay."""
    return {tick.identity: place for place, tick in reversed(list(enumerate(log)))}


def held_between(log: list[Entry], before: Entry, tick: Entry) -> list[Entry]:
    """The end of the log with an order key between the two, in order of arrival."""
    newer = takewhile(lambda entry: entry.order_key > before.order_key, reversed(log))
    return [entry for entry in newer if entry.order_key < tick.order_key]


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
