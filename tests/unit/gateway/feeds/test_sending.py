"""What a feed sends: in order, each tick once, what a takeover owes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.actions import HeldBack
from mds_gateway.domain.feed import Fate
from mds_protocol.failover.takeover import Last
from tests.unit.gateway.feeds.building import SECOND_NS, Fed, identities, make_tick

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds


def test_a_standby_sends_nothing(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    fed.receive(make_tick(1))

    assert (fed.send(), fed.feed.waiting) == ([], 0)


def test_a_batch_is_no_larger_than_the_room_that_is_left(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(*(make_tick(number) for number in range(1, 401)))

    assert [len(fed.send(room)) for room in (0, 100, 4_000)] == [0, 100, 300]
    assert fed.feed.counts.published == 400


def test_what_the_stream_lacks_goes_first_and_then_what_came_meanwhile(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    ticks = [make_tick(number, number % 2) for number in range(1, 7)]
    fed.receive(*ticks[:4])
    fed.feed.hold(fed.now)
    stored = ticks[1]

    fed.feed.catch_up({stored.contract: Last(stored.order_key, stored.identity)})
    fed.receive(*ticks[4:])
    while (caught_up := fed.feed.go_on()) is None:
        pass

    assert caught_up.sent_again == 3
    assert fed.send_all() == identities([ticks[0], *ticks[2:]])


def test_nothing_goes_out_below_what_was_published_of_its_contract(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1, at=5), make_tick(2, at=4), make_tick(3, at=5), make_tick(4, at=6))

    assert fed.send() == [b"0-5", b"0-6"]
    assert fed.feed.counts.replayed == 2


def test_a_contract_that_is_held_back_for_long_is_told(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1, at=600 * SECOND_NS))
    late = [make_tick(2 + n, at=60 * SECOND_NS + n, received_ns=n * 5 * SECOND_NS) for n in range(3)]

    [told] = fed.receive(*late)

    assert isinstance(told, HeldBack)
    assert (told.contract, told.count, round(told.ahead_s)) == (b"md.X.c0", 3, 540)


@pytest.mark.parametrize(("fate", "duplicates"), [(Fate.STORED, 0), (Fate.DUPLICATE, 2)])
def test_a_batch_is_under_way_until_all_of_it_is_answered(feeds: Feeds, fate: Fate, duplicates: int) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1), make_tick(2))
    fed.send()

    assert fed.feed.settle(fed.batches, fate, 1)
    assert fed.feed.has_unanswered
    assert fed.feed.settle(fed.batches, fate, 1)
    assert not fed.feed.has_unanswered
    assert (fed.feed.counts.acked, fed.feed.counts.duplicates) == (2, duplicates)


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.IN_DOUBT])
def test_one_refusal_gives_up_all_that_is_under_way(feeds: Feeds, fate: Fate) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(*(make_tick(number) for number in range(1, 6)))
    fed.send(2)
    fed.send(2)

    assert fed.feed.settle(1, fate, 1)
    assert not fed.feed.settle(2, fate, 1)
    assert (fed.feed.waiting, fed.feed.has_unanswered, fed.send()) == (0, False, [])
    assert fed.feed.counts.refused == 2


def test_an_answer_to_what_was_given_up_changes_nothing(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1))
    fed.send()
    fed.feed.give_up()

    assert not fed.feed.settle(fed.batches, Fate.STORED, 1)
    assert fed.catch_up()[1].sent_again == 1


def test_what_was_refused_by_a_fence_goes_again_in_order(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    ticks = [make_tick(number) for number in range(1, 6)]
    fed.receive(*ticks)
    fed.send(3)
    fed.feed.settle(1, Fate.REFUSED, 1)

    told, caught_up = fed.catch_up()

    assert (told, caught_up.reports) == ((), ())
    assert fed.send_all() == identities(ticks)


def test_after_standing_by_only_what_the_stream_lacks_goes_out(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1), make_tick(2))
    fed.send()
    fed.feed.stand_by(is_connected=True)
    fed.receive(make_tick(3))
    assert fed.send() == []

    fed.feed.hold(fed.now)
    last = make_tick(2)
    fed.catch_up({last.contract: Last(last.order_key, last.identity)})

    assert fed.send_all() == [b"0-3"]
