from __future__ import annotations

from mds_demo.counting import Count
from mds_simulator.counting.ledger import Tally
from tests.unit.tryout.builders import make_tick


def make_count(*serials: int) -> Count:
    count = Count()
    for serial in serials:
        count.add(make_tick(serial), float(serial))
    return count


def test_a_fault_costs_only_what_came_after_the_mark() -> None:
    count = make_count(1, 3, 3)  # one lost, one repeated
    mark = count.mark()
    for serial in (6, 6, 7):
        count.add(make_tick(serial), float(serial))

    cost = count.sum_up("a fault", mark)

    assert cost.tally == Tally(stored=3, lost=2, repeated=1)
    assert not cost.tally.is_clean


def test_the_gap_of_a_fault_is_that_of_its_first_move() -> None:
    count = make_count(1)
    mark = count.mark()
    count.add(make_tick(2, account="broker-b", epoch=2, stored_s=1.4), 2.0)
    count.add(make_tick(3, account="broker-a", epoch=3, stored_s=3.4), 3.0)

    cost = count.sum_up("a fault", mark)

    assert (cost.before, cost.after, round(cost.gap_ms)) == ("broker-a", "broker-b", 400)
    assert cost.tally.is_clean


def test_without_a_move_the_gap_is_the_longest_silence_since_the_mark() -> None:
    count = make_count(1, 5)
    mark = count.mark()
    count.add(make_tick(6, stored_s=5.25), 6.0)
    count.add(make_tick(7, stored_s=5.5), 7.0)
    count.add(make_tick(8, stored_s=5.6), 8.0)

    cost = count.sum_up("nothing", mark)

    assert (cost.before, cost.after, round(cost.gap_ms)) == ("broker-a", "broker-a", 250)


def test_the_silence_before_the_first_tick_after_a_mark_counts() -> None:
    count = make_count(1)
    mark = count.mark()
    count.add(make_tick(2, stored_s=1.75), 2.0)

    assert round(count.sum_up("nothing", mark).gap_ms) == 750


def test_a_move_before_the_mark_is_none_after_it() -> None:
    count = make_count(1)
    before = count.mark()
    count.add(make_tick(2, account="broker-b", epoch=2), 2.0)

    assert count.has_moved_since(before)
    assert not count.has_moved_since(count.mark())


def test_a_tick_out_of_order_is_told() -> None:
    count = make_count(1)
    mark = count.mark()
    count.add(make_tick(2, order_key=(0, 0)), 2.0)

    assert count.sum_up("a fault", mark).tally.disordered == 1
