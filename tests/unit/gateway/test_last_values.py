"""Last values in a world with moves, deaths and cuts: never older than ten minutes, and no tick notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.feed import LANE
from mds_gateway.domain.last_values import EVERY_S, PAUSE_S, QUIET_S
from mds_gateway.domain.renewing import StreamRoom
from tests.unit.gateway.world import CONTRACTS, assert_whole, publishers

if TYPE_CHECKING:
    from mds_gateway.domain.ticks import FinishedTick
    from tests.unit.gateway.world import BuildWorld, Start, World

A_WHILE_S = 0.3
"""For a takeover, and for what is due to be written."""


def newest(ticks: list[FinishedTick]) -> dict[bytes, FinishedTick]:
    """By contract; what came last stands."""
    return {tick.contract: tick for tick in ticks}


def values(world: World) -> dict[bytes, FinishedTick]:
    """As a reader finds them when the stream holds no tick any more."""
    return newest(world.stream.last_values)


def stored(world: World, until: float = float("inf")) -> dict[bytes, FinishedTick]:
    return newest([tick for at, tick in world.stored_at if at <= until])


def wait(world: World, seconds: float) -> None:
    """Without ticks; what was under way has come."""
    world.run(A_WHILE_S, ticks=False)
    world.now += seconds
    world.run(A_WHILE_S, ticks=False)


def test_when_a_session_has_ended_every_contract_has_its_newest_tick(start: Start) -> None:
    world = start(1)

    wait(world, QUIET_S)

    assert len(values(world)) == CONTRACTS
    assert values(world) == stored(world)
    assert_whole(world)


def test_a_weekend_writes_nothing_more(start: Start) -> None:
    world = start(1)
    wait(world, QUIET_S)
    written = len(world.stream.last_values)

    for _ in range(20):
        wait(world, EVERY_S)

    assert len(world.stream.last_values) == written


def test_a_feed_that_is_left_leaves_them_to_the_next_account(start: Start) -> None:
    world = start(1)
    world.accounts["b"].alive = False
    world.run(A_WHILE_S, ticks=False)
    world.now += QUIET_S
    written = len(world.stream.last_values)

    world.move("b")
    world.run(1.0, ticks=False)
    assert publishers(world) == ["a"]
    assert len(world.stream.last_values) == written

    world.move("a")
    world.run(A_WHILE_S, ticks=False)
    assert values(world) == stored(world)


def test_what_a_process_that_ends_has_not_written_is_left_to_the_next(start: Start) -> None:
    world = start(1)
    world.run(A_WHILE_S, ticks=False)
    world.now += QUIET_S
    written = len(world.stream.last_values)

    world.accounts["a"].act(world.accounts["a"].claiming.start_stopping(world.now))
    world.run(1.0, ticks=False)

    assert publishers(world) == ["a"]
    assert len(world.stream.last_values) == written


def test_values_that_are_under_way_count_for_the_next_renewal(start: Start) -> None:
    world = start(1)
    world.run(A_WHILE_S, ticks=False)
    world.now += QUIET_S
    account, stream = world.accounts["a"], world.stream
    assert stream.fence is not None
    reach = stream.sequence - stream.fence.sequence + CONTRACTS
    account.claiming.on_room(StreamRoom(4 * reach, None, 1, 1, stream.sequence))

    written = account.claiming.take_last(10_000, 4_000, world.now)
    account.receive([world.make_tick()])

    assert written is not None
    assert written.count == CONTRACTS
    assert account.claiming.take(LANE, 10_001, 4_000) is None


@pytest.mark.parametrize("how", ["moves", "dies"])
@pytest.mark.parametrize("seed", range(4))
def test_the_next_account_writes_what_the_one_before_owed(start: Start, seed: int, how: str) -> None:
    world = start(seed)
    wait(world, EVERY_S)
    world.run(0.5)
    world.run(A_WHILE_S, ticks=False)
    assert values(world) != stored(world)

    world.accounts["a"].alive = how == "moves"
    world.move("b")
    wait(world, 0)

    assert publishers(world)[-1] == "b"
    assert values(world) == stored(world)


@pytest.mark.parametrize("seed", range(4))
def test_a_takeover_amid_a_round_loses_nothing_of_it(start: Start, seed: int) -> None:
    world = start(seed)
    world.extra_delay["a"] = 0.1
    world.run(A_WHILE_S, ticks=False)
    world.now += QUIET_S
    world.run(0.05, ticks=False)
    before = world.stream.refused

    world.move("b")
    world.run(1.0, ticks=False)

    assert world.stream.refused > before
    assert values(world) == stored(world)
    assert_whole(world)


@pytest.mark.parametrize("seed", range(12))
def test_after_any_history_a_value_is_at_most_ten_minutes_old_and_at_rest_it_is_the_newest(
    build_world: BuildWorld, seed: int
) -> None:
    world = build_world(seed, max_messages=world_size(seed))
    world.move("a")
    for _ in range(40):
        disturb(world)
        world.quiet = frozenset(c for c in range(CONTRACTS) if world.random.random() < 0.4)
        world.run(world.random.uniform(0.05, 0.4))
        wait(world, world.random.choice((0, 1, QUIET_S, EVERY_S / 3, EVERY_S)))
        assert_no_older_than_ten_minutes(world)
    world.move("b")
    wait(world, PAUSE_S)
    wait(world, QUIET_S)

    assert values(world) == stored(world)


@pytest.mark.parametrize("seed", range(4))
def test_ticks_numbers_and_counts_are_the_same_without_them(start: Start, seed: int) -> None:
    def live(*, writes: bool) -> tuple[object, ...]:
        world = start(seed)
        world.writes_last_values = writes
        for name in ("b", "a", "b"):
            world.run(0.5)
            world.now += QUIET_S
            world.run(0.5)
            world.move(name)
        world.accounts["b"].cut()
        world.run(1.0)
        world.run(A_WHILE_S, ticks=False)
        assert bool(world.stream.last_values[CONTRACTS:]) is writes
        assert_whole(world)
        ticks = [(tick, account, epoch) for _, tick, account, epoch in world.stream.entries]
        numbers = [number for _, number in world.stream.numbers]
        feeds = [account.feed for account in world.accounts.values()]
        return ticks, numbers, [feed.counts for feed in feeds]

    assert live(writes=True) == live(writes=False)


def world_size(seed: int) -> int | None:
    """Of every third the stream is full all the time, and lets ticks go before their values are written."""
    return 300 if seed % 3 == 0 else None


def disturb(world: World) -> None:
    match world.random.choice(("nothing", "nothing", "move", "move", "cut", "begin anew")):
        case "move":
            world.move(world.random.choice(tuple(world.accounts)))
        case "cut":
            world.accounts[world.random.choice(tuple(world.accounts))].cut()
        case "begin anew":
            name = next(name for name in world.accounts if name != world.route.named)
            world.begin_anew(name).on_route(world.route)


def assert_no_older_than_ten_minutes(world: World) -> None:
    found = values(world)
    for contract, tick in stored(world, until=world.now - EVERY_S - PAUSE_S - 1).items():
        assert found[contract].order_key >= tick.order_key, (contract, world.now)
