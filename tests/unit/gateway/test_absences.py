"""Times without anybody in a simulated world: who comes back tells them once, with all that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.losing import Loss
from mds_protocol.wire.events import GapCause
from tests.unit.gateway.world import CONTRACTS, SERIAL_NS, assert_whole, publishers

if TYPE_CHECKING:
    from tests.unit.gateway.world import Start, World


def find_told(world: World) -> list[tuple[str, Loss]]:
    return [(name, what) for name, what in world.happened if isinstance(what, Loss)]


def assert_holds_what_is_missing(world: World, *losses: Loss) -> None:
    """What was made and is not stored lies in the hole, up to a tick on either side."""
    since, until = min(loss.from_ns for loss in losses), max(loss.to_ns for loss in losses)
    stored = world.stream.identities
    newest = max(tick.arrival for _, tick, _, _ in world.stream.entries)
    missing = [
        tick.order_key[0]
        for tick in world.made.values()
        if tick.identity not in stored and tick.arrival <= newest
    ]
    assert missing
    assert since == pytest.approx(min(missing), abs=2 * SERIAL_NS)
    assert until == pytest.approx(max(missing), abs=2 * SERIAL_NS)


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "after it left the feed to another"])
def test_a_process_that_alone_begins_anew_tells_what_nobody_received(start: Start, *, waits: bool) -> None:
    """Its snapshots come behind its fence, or lie in its log when it takes the feed over."""
    world = start(1, front_loss=0.0)
    for account in world.accounts.values():
        account.alive = False
    world.run(5.0)
    fresh = world.begin_anew("a")
    fresh.claiming.note_replaceable(is_replaceable=waits)
    fresh.on_route(world.route)
    world.run(0.5, ticks=False)
    fresh.log_in()
    world.run(6.0)
    world.run(0.5, ticks=False)

    [(name, told)] = find_told(world)
    assert (name, told.cause, told.count) == ("a", GapCause.NO_PUBLISHER, None)
    assert_holds_what_is_missing(world, told)
    assert (world.count().lost, world.count_holes()) == ((), 0)


def test_an_account_whose_front_was_away_tells_what_nobody_received(start: Start) -> None:
    world = start(1, front_loss=0.0)
    world.accounts["b"].alive = False
    world.accounts["a"].has_front = False
    world.run(5.0)
    world.accounts["a"].log_in()
    world.run(3.0)
    world.run(0.5, ticks=False)

    [(name, told)] = find_told(world)
    assert (name, told.cause, told.count) == ("a", GapCause.NO_PUBLISHER, None)
    assert_holds_what_is_missing(world, told)


@pytest.mark.parametrize("moves_back", [False, True])
def test_where_a_standby_published_meanwhile_nothing_is_told(start: Start, *, moves_back: bool) -> None:
    world = start(1, front_loss=0.0)
    world.accounts["a"].has_front = False
    world.run(0.5)
    world.move("b")
    world.run(4.0)
    world.accounts["a"].log_in()
    if moves_back:
        world.move("a")
    world.run(3.0)
    world.run(0.5, ticks=False)

    assert publishers(world) == ["a" if moves_back else "b"]
    assert not find_told(world)
    assert_whole(world)


def test_a_break_in_which_nothing_is_traded_is_no_absence(start: Start) -> None:
    world = start(1, front_loss=0.0)
    for account in world.accounts.values():
        account.has_front = False
    world.run(20.0, ticks=False)
    for account in world.accounts.values():
        account.log_in()
    world.run(1.0, ticks=False)
    world.run(3.0)
    world.run(0.5, ticks=False)

    assert not find_told(world)
    assert_whole(world)


@pytest.mark.parametrize(
    ("reason", "is_told"), [("Silent", True), ("FirstElection", False), ("Reopened", False)]
)
def test_what_a_standby_received_while_nobody_was_named_is_told_by_its_times(
    start: Start, reason: str, *, is_told: bool
) -> None:
    """Not for a feed that begins: what is in the stream is of a namesake before."""
    world = start(1, front_loss=0.0)
    world.accounts["a"].alive = False
    world.run(20.0)
    world.move("b", reason)
    world.run(1.0)
    world.run(0.5, ticks=False)

    told = find_told(world)
    assert {(name, what.cause) for name, what in told} == {("b", GapCause.LOG_TOO_SHORT)}
    # What leaves the log from the moment on when it is named is counted.
    assert [what.count is None for _, what in told] == ([False, True] if is_told else [False])
    if is_told:
        assert_holds_what_is_missing(world, *(what for _, what in told))


# --- more than a process finishes


def test_what_the_hand_off_drops_is_told_with_the_count_that_is_lost(start: Start) -> None:
    world = start(1, front_loss=0.0)
    for _ in range(3):
        ticks = [world.make_tick() for _ in range(300)]
        world.accounts["a"].overload(ticks)
        world.accounts["b"].deliver(ticks)
        world.run(0.2)
    world.run(0.5, ticks=False)

    counts = [loss.count for _, loss in find_told(world) if loss.cause is GapCause.OVERFLOW]
    assert counts == [300 - CONTRACTS] * 3
    assert sum(filter(None, counts)) == len(world.count().lost) == world.count_holes()


@pytest.mark.parametrize("is_dead", [False, True])
def test_what_a_standby_drops_is_lost_only_where_nobody_stored_it(start: Start, *, is_dead: bool) -> None:
    world = start(1, front_loss=0.0)
    world.accounts["a"].alive = not is_dead
    ticks = [world.make_tick() for _ in range(300)]
    if not is_dead:
        world.accounts["a"].deliver(ticks)
    world.accounts["b"].overload(ticks)
    world.run(0.5)
    world.move("b")
    world.run(1.0)
    world.run(0.5, ticks=False)

    told = sum(loss.count or 0 for _, loss in find_told(world))
    assert told == len(world.count().lost) == (300 - CONTRACTS if is_dead else 0)
