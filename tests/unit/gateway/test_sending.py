"""What waits too long gives way to newer ticks, but for what a takeover owes; answers find their batch."""

from __future__ import annotations

from mds_gateway.domain import sending
from mds_gateway.domain.sending import Sender
from mds_gateway.domain.ticks import FinishedTick


def make_ticks(count: int, contracts: int = 10) -> list[FinishedTick]:
    return [
        FinishedTick(b"md.X.c%d" % (n % contracts), (n, n), b"%d" % n, b"", 0, n, snapshot=False)
        for n in range(count)
    ]


def test_a_batch_takes_what_waits_up_to_its_size() -> None:
    sender = Sender()
    sender.queue(make_ticks(sending.BATCH + 1))

    assert len(sender.next_batch(1, 4_000)) == sending.BATCH
    assert len(sender.next_batch(2, 3_500)) == 1
    assert sender.next_batch(3, 3_499) == []


def test_a_batch_is_no_larger_than_the_room_that_is_left() -> None:
    sender = Sender()
    sender.queue(make_ticks(500))

    assert [len(sender.next_batch(number, room)) for number, room in ((1, 0), (2, 100), (3, 4_000))] == [
        0,
        100,
        400,
    ]


def test_on_overflow_the_newest_of_each_contract_wins() -> None:
    sender = Sender()

    dropped = sender.queue(make_ticks(sending.MAX_WAITING + 1))

    assert sender.waiting == 10
    assert len(dropped) == sending.MAX_WAITING + 1 - 10
    assert [tick.order_key[0] for tick in sender.next_batch(1, 4_000)] == list(
        range(sending.MAX_WAITING - 9, sending.MAX_WAITING + 1)
    )


def test_what_a_takeover_owes_goes_first_and_gives_way_to_nothing() -> None:
    sender = Sender()
    owed = make_ticks(2 * sending.MAX_WAITING)
    live = make_ticks(5)

    sender.owe(owed)

    assert sender.queue(live) == []
    assert sender.waiting == len(owed) + 5
    sent = []
    while batch := sender.next_batch(1, 500):
        sent += batch
    assert sent == owed + live


def test_a_batch_is_under_way_until_all_of_it_is_answered() -> None:
    sender = Sender()
    sender.queue(make_ticks(2))
    sender.next_batch(1, 10)

    sender.on_stored(1, 1)
    assert sender.has_unanswered
    sender.on_stored(1, 1)
    assert not sender.has_unanswered
    assert sender.settled_arrival == 1


def test_what_was_given_up_on_is_told_and_waits_for_nothing_more() -> None:
    sender = Sender()
    sender.queue(make_ticks(5))
    sender.next_batch(7, 3)

    given_up = sender.give_up()

    assert set(given_up.batches) == {7}
    assert len(given_up.ticks) == 3
    assert (sender.waiting, sender.has_unanswered, sender.has_sent(7)) == (0, False, False)
