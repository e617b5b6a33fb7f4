"""At most a window is in flight; what waits too long gives way to newer ticks; answers find their batch."""

from __future__ import annotations

from mds_gateway.domain import sending
from mds_gateway.domain.sending import Sender, Window
from mds_gateway.domain.ticks import FinishedTick


def make_ticks(count: int, contracts: int = 10) -> list[FinishedTick]:
    return [
        FinishedTick(b"md.X.c%d" % (n % contracts), (n, n), b"%d" % n, b"", 0, n, snapshot=False)
        for n in range(count)
    ]


def test_a_batch_takes_what_waits_up_to_its_size() -> None:
    sender = Sender(Window())
    sender.queue(make_ticks(sending.BATCH + 1))

    assert len(sender.next_batch(1, 0.0)) == sending.BATCH
    assert len(sender.next_batch(2, 0.0)) == 1
    assert sender.next_batch(3, 0.0) == []


def test_the_window_is_shared_and_never_exceeded() -> None:
    window = Window(limit=600)
    one, other = Sender(window), Sender(window)
    one.queue(make_ticks(500))
    other.queue(make_ticks(500))

    sent = [len(one.next_batch(1, 0.0)), len(other.next_batch(2, 0.0)), len(other.next_batch(3, 0.0))]

    assert sent == [500, 100, 0]
    one.settle(1, stored=500)
    assert len(other.next_batch(4, 0.0)) == 400


def test_on_overflow_the_newest_of_each_contract_wins() -> None:
    sender = Sender(Window())

    dropped = sender.queue(make_ticks(sending.MAX_WAITING + 1))

    assert sender.waiting == 10
    assert len(dropped) == sending.MAX_WAITING + 1 - 10
    assert [tick.order_key[0] for tick in sender.next_batch(1, 0.0)] == list(
        range(sending.MAX_WAITING - 9, sending.MAX_WAITING + 1)
    )


def test_the_oldest_unacknowledged_is_told_until_it_is_answered() -> None:
    sender = Sender(Window())
    sender.queue(make_ticks(2))
    sender.next_batch(1, 10.0)

    assert sender.oldest_unacked_s(12.0) == 2.0
    sender.settle(1, stored=1)
    assert sender.oldest_unacked_s(12.0) == 2.0
    sender.settle(1, stored=1)
    assert sender.oldest_unacked_s(12.0) is None


def test_what_was_given_up_on_keeps_its_place_until_it_is_answered() -> None:
    window = Window()
    sender = Sender(window)
    sender.queue(make_ticks(3))
    sender.next_batch(1, 0.0)

    doubt = sender.give_up()

    assert len(doubt.ticks) == 3
    assert (window.in_flight, sender.oldest_unacked_s(9.0)) == (3, None)
    assert sender.settle(1, stored=3) is False
    assert window.in_flight == 0


def test_a_lost_connection_frees_the_window() -> None:
    window = Window()
    sender = Sender(window)
    sender.queue(make_ticks(3))
    sender.next_batch(1, 0.0)

    sender.forget_connection()

    assert window.in_flight == 0
    assert sender.settle(1, stored=3) is False
    assert window.in_flight == 0
