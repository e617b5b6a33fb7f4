"""Takeovers in a simulated world: nothing lost, repeated or out of order, whatever happens to the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.actions import TookOver
from mds_gateway.domain.claiming import Phase
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.window import OVERDUE_S
from tests.unit.gateway.world import assert_whole, publishers

if TYPE_CHECKING:
    from tests.unit.gateway.world import BuildWorld, Start, World

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_planned_move_loses_and_repeats_nothing(start: Start, seed: int) -> None:
    world = start(seed)

    for name in ("b", "a", "b"):
        world.move(name)
        world.run(0.7)
        assert publishers(world) == [name]
    world.run(0.5, ticks=False)

    assert_whole(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_death_the_next_one_sends_what_the_dead_one_had_not(start: Start, seed: int) -> None:
    world = start(seed)
    world.accounts["a"].alive = False
    world.accounts["a"].wire.clear()
    world.run(1.0)

    world.move("b")
    world.run(1.0)
    world.run(0.5, ticks=False)

    assert publishers(world)[-1] == "b"
    assert_whole(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sleeper_that_wakes_after_the_move_stores_nothing_more(start: Start, seed: int) -> None:
    world = start(seed)
    world.accounts["a"].asleep_until = world.now + 2.0
    world.run(0.8)
    world.move("b")

    world.run(3.0)
    world.accounts["a"].on_route(world.route)
    world.run(0.5, ticks=False)

    assert publishers(world) == ["b"]
    assert {account for _, _, account, epoch in world.stream.entries if epoch == 2} == {"b"}
    assert_whole(world)


@pytest.mark.parametrize("held_s", [0.5, 2.0, 2.9])
@pytest.mark.parametrize("seed", SEEDS)
def test_bytes_that_arrive_late_are_refused(start: Start, seed: int, held_s: float) -> None:
    world = start(seed)
    world.extra_delay["a"] = held_s
    world.run(0.4)
    world.move("b")

    world.run(held_s + 4.0)
    world.run(0.5, ticks=False)

    assert world.stream.refused > 0
    assert publishers(world) == ["b"]
    assert_whole(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_cut_the_same_account_goes_on_behind_a_new_fence(start: Start, seed: int) -> None:
    world = start(seed)
    before = world.stream.fence

    for _ in range(5):
        world.run(0.3)
        world.accounts["a"].cut()
    world.run(0.5)
    world.run(0.5, ticks=False)

    assert publishers(world) == ["a"]
    assert before is not None
    assert world.stream.fence is not None
    assert world.stream.fence.epoch == before.epoch
    assert world.stream.fence.sequence > before.sequence
    assert_whole(world)


def test_the_old_one_goes_on_until_it_is_fenced_off(start: Start) -> None:
    world = start(1)
    old = world.accounts["a"].claiming

    actions = old.on_route(
        world.route.__class__(uid="u", epoch=2, named="b", reason="", nonce="2", decided_at_ns=0), world.now
    )

    assert actions == ()
    assert old.phase is Phase.ACTIVE


@pytest.mark.parametrize(
    ("after_s", "phase"),
    [pytest.param(2.99, Phase.ACTIVE, id="just before"), pytest.param(3.01, Phase.STANDBY, id="just after")],
)
def test_without_a_refusal_the_old_one_stops_after_three_seconds(
    start: Start, after_s: float, phase: Phase
) -> None:
    world = start(1)
    world.accounts["b"].alive = False
    world.move("b")

    old = world.accounts["a"].claiming
    old.on_clock(world.now + after_s)

    assert old.phase is phase


@pytest.mark.parametrize(
    ("relief", "after_s"), [(False, 0.5), (True, 4.5)], ids=["nobody-else", "another-could-go-on"]
)
def test_a_new_process_leaves_the_feed_of_the_one_before_to_another_for_a_while(
    start: Start, after_s: float, *, relief: bool
) -> None:
    world = start(seed=1)
    anew = world.begin_anew("a")
    anew.claiming.note_replaceable(is_replaceable=relief)
    anew.on_route(world.route)

    world.run(after_s - 0.5)
    assert anew.claiming.phase is (Phase.STANDBY if relief else Phase.FENCING)
    assert anew.claiming.is_resuming is relief
    world.run(0.5)

    assert publishers(world) == ["a"]
    assert not anew.claiming.is_resuming


def test_a_new_process_that_is_relieved_stands_by_and_nothing_is_lost(start: Start) -> None:
    world = start(seed=1)
    world.begin_anew("a").on_route(world.route)
    world.run(1.0)
    assert publishers(world) == []

    world.move("b")
    world.run(1.0)
    world.run(0.5, ticks=False)

    assert publishers(world) == ["b"]
    assert_whole(world)


def test_a_process_that_ends_claims_nothing_new(build_world: BuildWorld) -> None:
    world = build_world(1)
    claiming = world.accounts["b"].claiming
    claiming.start_stopping(world.now)

    world.move("b")
    world.run(0.5)

    assert claiming.phase is Phase.STANDBY
    assert world.stream.fence is None


def test_a_night_that_is_replayed_is_not_published_again(start: Start) -> None:
    world = start(1)
    account = world.accounts["a"]
    stored = len(world.stream.entries)

    account.receive(account.delivered[:50])
    world.run(0.2, ticks=False)

    assert account.feed.counts.replayed > 0
    assert world.count().disordered == ()
    assert len(world.stream.entries) - stored < 50


def test_what_a_front_sends_again_at_a_login_is_not_published_again(start: Start) -> None:
    world = start(1)
    account = world.accounts["a"]
    world.run(0.2, ticks=False)
    last = {tick.contract: tick for tick in account.delivered}
    published = account.feed.counts.published

    account.receive(list(last.values()))

    assert account.feed.counts.replayed == len(last)
    assert account.feed.waiting == 0
    assert account.feed.counts.published == published


def test_a_read_that_failed_is_made_again_behind_the_same_fence_and_only_then_it_goes_on(
    start: Start,
) -> None:
    world = start(1)
    world.reads_fail_until = world.now + 1.0

    world.move("b")
    world.run(0.9)
    waiting, fence = world.accounts["b"].claiming.phase, world.stream.fence
    world.run(0.6)
    world.run(0.5, ticks=False)

    assert waiting is Phase.READING
    assert world.stream.fence == fence
    assert publishers(world) == ["b"]
    assert_whole(world)


def test_a_fence_that_goes_while_the_stream_is_read_is_written_again(start: Start) -> None:
    world = start(1, front_loss=0.0)
    world.reads_fail_until = world.now + 0.3
    world.move("b")
    world.run(0.2)
    waiting, fence = world.accounts["b"].claiming.phase, world.stream.fence
    world.stream.purge()
    world.run(2.0)
    world.run(0.5, ticks=False)

    assert waiting is Phase.READING
    assert fence is not None
    assert world.stream.fence is not None
    assert world.stream.fence.sequence > fence.sequence
    assert publishers(world) == ["b"]
    assert_whole(world)


def test_a_refusal_whose_sister_batches_are_never_answered_costs_the_connection_and_nothing_else(
    start: Start,
) -> None:
    world = start(1)
    account = world.accounts["a"]
    world.extra_delay["a"] = 0.1  # so that several batches are under way
    world.run(0.5)
    connection = account.connection

    world.stream.purge()
    account.answers_left = 1
    world.run(OVERDUE_S - 0.5)
    assert account.connection == connection
    assert account.window.in_flight > 0
    world.run(1.5)
    world.extra_delay.clear()
    world.run(1.0)
    world.run(0.5, ticks=False)

    assert account.connection == connection + 1
    assert account.window.in_flight == 0
    assert publishers(world) == ["a"]
    assert_whole(world)


def test_a_takeover_of_a_long_log_goes_slice_by_slice_and_loses_nothing_that_the_log_held(
    start: Start,
) -> None:
    world = start(1)
    account = world.accounts["b"]
    flood = [world.make_tick() for _ in range(250_000)]
    account.delivered += flood
    account.receive(flood)

    world.move("b")
    world.run(1.0)
    world.run(15.0, ticks=False)

    assert account.slices >= 20
    assert publishers(world) == ["b"]
    assert not [what for _, what in world.happened if isinstance(what, Loss)]
    assert_whole(world)


def test_narrower_bounds_of_the_log_hold_at_once(start: Start) -> None:
    world = start(1)
    feed = world.accounts["a"].feed
    before = feed.log_bytes

    feed.use_log_bounds(keep_s=10.0, max_bytes=before // 4, now=world.now)

    assert feed.log_bytes <= before // 4
    world.run(1.0)
    assert feed.log_bytes <= before // 4


def test_a_takeover_is_timed_from_the_moment_it_could_begin(start: Start) -> None:
    world = start(1)
    account = world.accounts["a"]
    account.lose_connection()
    world.run(5.0)
    account.connect()
    world.run(0.5)

    last = [what for _, what in world.happened if isinstance(what, TookOver)][-1]

    assert last.took_s < 0.2


# --- why


def tell_takeovers(world: World) -> list[tuple[int, str]]:
    return [(what.epoch, what.reason) for _, what in world.happened if isinstance(what, TookOver)]


def test_a_takeover_says_why_its_own_route_names_the_account(build_world: BuildWorld) -> None:
    """The route as it was read, also by who did not hear of it: NATS was away, the leader was asked."""
    world = build_world(1)
    world.move("a", "AccountDeleted")
    world.run(1.0)
    account = world.accounts["a"]
    account.lose_connection()
    world.write_route("a", "RouteLost")
    account.connect()
    world.run(1.0)

    assert tell_takeovers(world) == [(1, "AccountDeleted"), (2, "RouteLost")]


def test_a_second_fence_of_one_epoch_is_no_move(build_world: BuildWorld) -> None:
    world = build_world(1)
    world.move("a", "Draining")
    world.run(1.0)
    world.accounts["a"].cut()
    world.run(1.0)
    world.begin_anew("a").on_route(world.route)
    world.run(5.0)

    assert tell_takeovers(world) == [(1, "Draining"), (1, "FencedAnew"), (1, "FencedAnew")]


def test_a_takeover_says_which_other_account_was_there_before(start: Start) -> None:
    world = start(1)
    world.move("b")
    world.run(0.7)
    world.accounts["b"].cut()
    world.run(0.7)

    told = [(name, what.previous) for name, what in world.happened if isinstance(what, TookOver)]
    assert told == [("a", None), ("b", "a"), ("b", None)]
