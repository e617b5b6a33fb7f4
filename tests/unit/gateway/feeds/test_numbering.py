"""Each tick has a number behind its fence, so that a reader takes a hole for a loss, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.feed import Fate
from mds_gateway.domain.sending import MAX_WAITING
from mds_protocol.failover.takeover import Last
from tests.unit.gateway.feeds.building import HEAD, KEEP_S, Fed, make_tick
from tests.unit.gateway.feeds.frames import read_frames

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds


def send_numbers(fed: Fed) -> list[int]:
    parcel = fed.take()
    if parcel is None:
        return []
    frames = parcel.frame(HEAD.of_batch(b"_INBOX.ab.7", parcel.count), 12)
    return [message.number for message in read_frames(frames)]


def test_ticks_are_numbered_from_one_behind_each_fence(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1), make_tick(2, 1))
    assert send_numbers(fed) == [1, 2]
    fed.receive(make_tick(3))
    assert send_numbers(fed) == [3]

    fed.feed.begin_behind(99)
    fed.receive(make_tick(4), make_tick(5))

    assert send_numbers(fed) == [1, 2]


def test_what_goes_again_behind_another_fence_is_numbered_anew(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1), make_tick(2), make_tick(3))
    send_numbers(fed)
    fed.feed.settle(1, Fate.REFUSED, 1)

    fed.catch_up({b"md.X.c0": Last((1, 1), b"0-1")})

    assert send_numbers(fed) == [1, 2]


def test_what_gave_way_leaves_its_number_out(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(*(make_tick(number, number % 2) for number in range(1, MAX_WAITING + 2)))

    first, second = send_numbers(fed)

    assert (first, second - first) == (MAX_WAITING // 2, MAX_WAITING // 2 + 1)


def lose_two(fed: Fed) -> None:
    """Two ticks leave the log while there is no connection."""
    fed.go_live()
    fed.feed.on_disconnected()
    fed.receive(make_tick(1, 0), make_tick(2, 1))
    fed.now += KEEP_S + 1
    fed.receive(make_tick(3, 0))
    fed.connect()
    fed.catch_up()


def test_what_left_the_log_unsent_leaves_its_number_out(feeds: Feeds) -> None:
    fed = Fed(feeds)
    lose_two(fed)

    assert send_numbers(fed) == [3]


def test_it_does_so_until_a_tick_shows_it(feeds: Feeds) -> None:
    """A connection that comes and goes ends a fence before anything behind it is stored."""
    fed = Fed(feeds)
    lose_two(fed)
    assert send_numbers(fed) == [3]
    fed.feed.on_disconnected()
    fed.connect()
    fed.catch_up()
    assert send_numbers(fed) == [3]

    fed.feed.settle(fed.batches, Fate.STORED, 1, 43)
    fed.feed.begin_behind(99)
    fed.receive(make_tick(4))

    assert send_numbers(fed) == [1]
