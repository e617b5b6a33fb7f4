"""What a feed tells as lost: each cause, with its contracts, times and count; and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.feed import Fate
from mds_gateway.domain.losing import FORGET_OUTAGE_S, Loss
from mds_gateway.domain.sending import MAX_WAITING
from mds_protocol.failover.takeover import Last
from mds_protocol.wire.events import GapCause
from tests.unit.gateway.feeds.building import FENCE, KEEP_S, Fed, make_tick

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds

CONTRACTS = frozenset({b"md.X.c0", b"md.X.c1"})


def cut_off_for_long(fed: Fed) -> None:
    """Of its first two ticks nothing is in the log any more."""
    fed.feed.on_disconnected()
    fed.receive(make_tick(1, 0), make_tick(2, 1))
    fed.now += KEEP_S + 1
    fed.receive(make_tick(3, 0))


def test_where_too_much_waits_the_newest_of_a_contract_wins(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    flood = [make_tick(number, number % 2) for number in range(1, MAX_WAITING + 2)]

    told = fed.receive(*flood)

    assert told == (Loss(GapCause.OVERFLOW, CONTRACTS, 1, MAX_WAITING - 1, MAX_WAITING - 1, FENCE),)
    assert fed.send_all() == [flood[-2].identity, flood[-1].identity]
    assert fed.feed.counts.conflated == MAX_WAITING - 1


def test_what_a_takeover_owes_gives_way_to_nothing(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.receive(*(make_tick(number) for number in range(1, MAX_WAITING + 100)))

    assert fed.go_live().reports == ()
    assert fed.receive(make_tick(MAX_WAITING + 100)) == ()
    assert fed.feed.waiting == MAX_WAITING + 100


def test_what_left_the_log_while_it_could_not_be_sent_is_lost(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    cut_off_for_long(fed)
    fed.connect()

    told, caught_up = fed.catch_up()

    assert told == (Loss(GapCause.LOG_TOO_SHORT, CONTRACTS, 1, 2, 2, FENCE),)
    assert (caught_up.sent_again, caught_up.reports) == (1, ())


def test_what_somebody_stored_meanwhile_is_not_lost(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    cut_off_for_long(fed)
    fed.connect()

    told, _ = fed.catch_up({b"md.X.c0": Last((1, 1), b"0-1"), b"md.X.c1": Last((2, 2), b"1-2")})

    assert told == ()


def test_what_leaves_the_log_of_a_standby_is_not_lost(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    fed.receive(make_tick(1))
    fed.now += KEEP_S + 1
    fed.receive(make_tick(2))
    fed.feed.hold(fed.now)

    assert fed.catch_up()[0] == ()


def test_a_standby_that_was_cut_off_with_all_tells_what_nobody_stored(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    cut_off_for_long(fed)
    fed.connect()
    fed.feed.hold(fed.now)

    assert fed.catch_up()[0] == (Loss(GapCause.LOG_TOO_SHORT, CONTRACTS, 1, 2, 2, FENCE),)


def test_a_standby_does_not_tell_what_who_published_since_has_told(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    cut_off_for_long(fed)
    fed.connect()
    fed.feed.hold(fed.now)

    assert fed.catch_up({b"md.X.c9": Last((3, 3), b"9-3")})[0] == ()


def test_an_outage_of_long_ago_is_not_told_any_more(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    cut_off_for_long(fed)
    fed.connect()
    fed.now += FORGET_OUTAGE_S
    fed.feed.hold(fed.now)

    assert fed.catch_up()[0] == ()


def test_what_was_refused_with_something_newer_stored_is_lost(feeds: Feeds) -> None:
    """A stream that was full for a moment takes the second and not the first."""
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1), make_tick(2))
    fed.send()
    fed.feed.settle(1, Fate.IN_DOUBT, 1)

    _, caught_up = fed.catch_up({b"md.X.c0": Last((2, 2), b"0-2")})

    assert [told.cause for told in caught_up.reports if isinstance(told, Loss)] == [GapCause.SUPERSEDED]
    assert (caught_up.sent_again, fed.feed.counts.superseded) == (0, 1)


def test_what_a_fence_refused_is_no_loss(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1), make_tick(2))
    fed.send()
    fed.feed.settle(1, Fate.REFUSED, 1)

    assert fed.catch_up({b"md.X.c0": Last((1, 1), b"0-1")})[1].reports == ()


# --- what gave way before it was finished


def test_what_the_hand_off_dropped_for_a_tick_that_goes_out_is_lost(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()

    told = fed.receive(make_tick(5, gave_way=3), make_tick(6, 1), make_tick(7, 1, gave_way=1))

    assert told == (Loss(GapCause.OVERFLOW, CONTRACTS, 5, 7, 4, FENCE),)


def test_what_the_hand_off_dropped_on_a_standby_is_lost_only_if_it_has_to_publish_it(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    assert fed.receive(make_tick(1, gave_way=2), make_tick(2), make_tick(3, gave_way=4)) == ()

    caught_up = fed.go_live({b"md.X.c0": Last((2, 2), b"0-2")})

    assert caught_up.reports == (Loss(GapCause.OVERFLOW, frozenset({b"md.X.c0"}), 3, 3, 4, FENCE),)


def test_what_the_hand_off_dropped_is_told_once_however_often_its_tick_goes(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    assert len(fed.receive(make_tick(1, gave_way=2))) == 1
    fed.send()
    fed.feed.settle(1, Fate.REFUSED, 1)

    told, caught_up = fed.catch_up()

    assert (told, caught_up.sent_again, caught_up.reports) == ((), 1, ())


def test_what_the_hand_off_dropped_for_a_tick_that_left_the_log_is_lost_with_it(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.feed.on_disconnected()
    fed.receive(make_tick(1, gave_way=2))
    fed.now += KEEP_S + 1
    fed.receive(make_tick(2))
    fed.connect()

    assert [loss.count for loss in fed.catch_up()[0] if isinstance(loss, Loss)] == [3]


def test_what_was_told_before_a_tick_left_the_log_is_not_told_with_it(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1, gave_way=2))
    fed.feed.on_disconnected()
    fed.now += KEEP_S + 1
    fed.receive(make_tick(2))
    fed.connect()

    assert [loss.count for loss in fed.catch_up()[0] if isinstance(loss, Loss)] == [1]
