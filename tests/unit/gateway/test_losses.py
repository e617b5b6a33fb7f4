"""Losses in a simulated world: what the next one to publish cannot send is told, once, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.losing import Loss
from mds_protocol.wire.events import GapCause
from tests.unit.gateway.world import CONTRACTS, assert_whole, publishers

if TYPE_CHECKING:
    from tests.unit.gateway.world import Start


def test_what_was_dropped_for_newer_ticks_is_counted_and_told(start: Start) -> None:
    world = start(1)
    account = world.accounts["a"]
    flood = [world.make_tick() for _ in range(200_100)]
    actions = account.receive(flood)

    losses = [action for action in actions if isinstance(action, Loss)]
    assert sum(loss.count or 0 for loss in losses) == account.feed.counts.conflated > 0
    fence = account.claiming.fence
    assert fence is not None
    assert all(fence.sequence <= (loss.after or 0) <= world.stream.sequence for loss in losses)
    world.run(5.0, ticks=False)
    assert world.count_holes() == account.feed.counts.conflated


def test_what_left_the_log_before_it_could_be_sent_is_counted_and_told(start: Start) -> None:
    world = start(1)
    account = world.accounts["a"]
    account.lose_connection()
    world.run(12.0)
    account.connect()
    world.run(0.5)

    losses = [what for _, what in world.happened if isinstance(what, Loss)]

    assert [loss.cause for loss in losses] == [GapCause.LOG_TOO_SHORT]
    # The log keeps 10 s of 12 s; what the stream answered last may be a few batches old.
    assert losses[0].count == pytest.approx(2 * 1000 * 0.99, rel=0.1)
    assert len(losses[0].contracts) == CONTRACTS
    fence = account.claiming.fence
    assert fence is not None
    assert losses[0].after == fence.sequence
    world.run(0.5, ticks=False)
    assert world.count_holes() == losses[0].count


def test_what_leaves_a_full_log_during_a_takeover_is_not_lost_as_the_one_before_stored_it(
    start: Start,
) -> None:
    world = start(1)
    world.run(12.0)
    world.reads_fail_until = world.now + 0.5
    world.move("b")
    world.run(1.5)
    world.run(0.5, ticks=False)

    assert publishers(world) == ["b"]
    assert not [what for _, what in world.happened if isinstance(what, Loss)]
    assert_whole(world)


@pytest.mark.parametrize("outage_s", [8.0, 12.0])
def test_after_an_outage_of_all_who_takes_over_tells_what_it_cost(start: Start, outage_s: float) -> None:
    """The account that published died meanwhile: the log of a standby is as short."""
    world = start(1, front_loss=0.0)
    for account in world.accounts.values():
        account.lose_connection()
    world.run(outage_s)
    world.accounts["a"].alive = False
    world.accounts["b"].connect()
    world.move("b")
    world.run(1.0)
    world.run(0.5, ticks=False)

    told = [what.count for name, what in world.happened if isinstance(what, Loss) and name == "b"]
    lost = len(world.count().lost)
    assert publishers(world)[-1] == "b"
    assert (lost > 0) is (outage_s > 10.0)
    assert told == ([lost] if lost else [])
    assert world.count_holes() == lost


def test_what_the_one_before_has_told_is_not_told_again(start: Start) -> None:
    """Of a contract that is quiet since, the stream's last tick is still older than the outage."""
    world = start(1, front_loss=0.0)
    for account in world.accounts.values():
        account.lose_connection()
    world.run(12.0)
    world.quiet = frozenset({3})
    world.run(10.5)
    for account in world.accounts.values():
        account.connect()
    world.run(1.0)
    world.move("b")
    world.run(1.0)

    assert publishers(world) == ["b"]
    assert [name for name, what in world.happened if isinstance(what, Loss)] == ["a"]


@pytest.mark.parametrize("later_s", [0.0, 40.0])
def test_a_standby_that_alone_was_cut_off_tells_no_loss(start: Start, later_s: float) -> None:
    world = start(1, front_loss=0.0)
    world.accounts["b"].lose_connection()
    world.run(12.0)
    world.accounts["b"].connect()
    world.run(later_s)
    world.move("b")
    world.run(1.0)
    world.run(0.5, ticks=False)

    assert publishers(world) == ["b"]
    assert not [what for _, what in world.happened if isinstance(what, Loss)]
    assert_whole(world)


def test_an_outage_within_the_log_loses_nothing(start: Start) -> None:
    world = start(1)
    account = world.accounts["a"]
    account.lose_connection()
    world.run(8.0)
    account.connect()
    world.run(0.5)
    world.run(0.5, ticks=False)

    assert not [what for _, what in world.happened if isinstance(what, Loss)]
    assert_whole(world)
