"""What nobody received is told, once, by who came back; and what a snapshot shows besides is no loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.absence import GATHER_NS, LEAST_NS, SNAPSHOTS_NS
from mds_gateway.domain.losing import Loss
from mds_protocol.failover.takeover import Last
from mds_protocol.wire.events import GapCause
from tests.unit.gateway.feeds.building import FENCE, KEEP_S, SECOND_NS, Fed, make_tick

if TYPE_CHECKING:
    from mds_gateway.domain.feed import Reports
    from mds_gateway.domain.ticks import FinishedTick
    from tests.unit.gateway.feeds.makers import Feeds

S = SECOND_NS
LOGIN_NS = 1_000 * S
STORED = Last((10 * S, 100), b"stored")


def find_losses(told: Reports) -> list[Loss]:
    return [what for what in told if isinstance(what, Loss)]


def find_absence(fed: Fed) -> list[Loss]:
    """What is told once the snapshots that came were gathered."""
    much_later_ns = LOGIN_NS + SNAPSHOTS_NS + 2 * GATHER_NS
    return find_losses(fed.receive(make_tick(99, 9, at=1, received_ns=much_later_ns)))


def tell_absence(since_ns: int, until_ns: int) -> Loss:
    return Loss(GapCause.NO_PUBLISHER, frozenset(), since_ns, until_ns, None, FENCE)


ROWS = [
    pytest.param(15 * S, 130, [tell_absence(10 * S, 15 * S)], id="it has traded"),
    pytest.param(15 * S, 100, [], id="quotes alone have moved"),
    pytest.param(15 * S, 0, [], id="a trading day begins"),
    pytest.param(90_000 * S, 7, [tell_absence(10 * S, 90_000 * S)], id="… and has traded"),
    pytest.param(10 * S + LEAST_NS, 130, [tell_absence(10 * S, 10 * S + LEAST_NS)], id="for long enough"),
    pytest.param(10 * S + LEAST_NS - 1, 130, [], id="for less"),
]


@pytest.mark.parametrize(("at", "volume", "told"), ROWS)
def test_a_process_that_begins_tells_by_its_snapshots_what_nobody_received(
    feeds: Feeds, at: int, volume: int, told: list[Loss]
) -> None:
    fed = Fed(feeds)
    fed.feed.note_login(LOGIN_NS)
    fed.receive(make_tick(1, at=at, volume=volume, snapshot=True, received_ns=LOGIN_NS))

    assert fed.go_live({b"md.X.c0": STORED}).reports == ()

    assert find_absence(fed) == told


def test_snapshots_that_come_after_the_takeover_tell_it_too_and_once(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.feed.note_login(LOGIN_NS)
    fed.go_live(dict.fromkeys((b"md.X.c0", b"md.X.c2"), STORED) | {b"md.X.c1": Last((2 * S, 2), b"seldom")})
    seldom, often, late = (
        make_tick(number, contract, at=15 * S, snapshot=True, received_ns=LOGIN_NS + after)
        for number, contract, after in ((1, 1, 0), (2, 0, 1), (3, 2, GATHER_NS + 1))
    )

    assert fed.receive(seldom, often) == ()
    assert find_absence(fed) == [tell_absence(10 * S, 15 * S)]
    assert fed.receive(late) == ()
    assert find_absence(fed) == []


def test_a_contract_that_trades_seldom_makes_no_long_absence_of_a_short_one(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.feed.note_login(LOGIN_NS)
    fed.go_live({b"md.X.c0": Last((15 * S - 1, 1), b"often"), b"md.X.c1": Last((2 * S, 2), b"seldom")})
    for contract in (1, 0):
        fed.receive(make_tick(1, contract, at=15 * S, snapshot=True, received_ns=LOGIN_NS))

    assert find_absence(fed) == []


def test_what_was_received_before_the_front_was_lost_is_not_missing(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live({b"md.X.c0": STORED})
    fed.receive(make_tick(1, at=20 * S))
    fed.feed.note_login(LOGIN_NS)

    fed.receive(make_tick(2, at=30 * S, snapshot=True, received_ns=LOGIN_NS))

    assert find_absence(fed) == [tell_absence(20 * S, 30 * S)]


@pytest.mark.parametrize(
    "tick",
    [
        pytest.param(make_tick(2, at=30 * S, received_ns=LOGIN_NS), id="a live tick"),
        pytest.param(
            make_tick(2, at=30 * S, snapshot=True, received_ns=LOGIN_NS + SNAPSHOTS_NS + 1),
            id="a contract that begins to trade",
        ),
        pytest.param(make_tick(2, 5, at=30 * S, snapshot=True, received_ns=LOGIN_NS), id="a new contract"),
        pytest.param(
            make_tick(2, at=20 * S, snapshot=True, received_ns=LOGIN_NS), id="the same tick once more"
        ),
    ],
)
def test_what_says_nothing_of_the_time_before_tells_nothing(feeds: Feeds, tick: FinishedTick) -> None:
    fed = Fed(feeds)
    fed.go_live({b"md.X.c0": STORED})
    fed.receive(make_tick(1, at=20 * S))
    fed.feed.note_login(LOGIN_NS)

    fed.receive(tick)

    assert find_absence(fed) == []


def test_what_another_account_stored_meanwhile_is_not_missing(feeds: Feeds) -> None:
    """A standby whose front was away takes over from an account that had all."""
    fed = Fed(feeds)
    fed.connect()
    fed.receive(make_tick(1, at=10 * S))
    fed.feed.note_login(LOGIN_NS)
    fed.receive(make_tick(2, at=30 * S, snapshot=True, received_ns=LOGIN_NS))

    fed.go_live({b"md.X.c0": Last((30 * S, 30 * S - 5), b"29")})

    assert find_absence(fed) == []


def test_ticks_of_others_under_the_same_wildcard_say_nothing_of_ours(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.feed.note_login(LOGIN_NS)
    fed.receive(make_tick(1, at=15 * S, snapshot=True, received_ns=LOGIN_NS))

    fed.go_live({b"md.X.c0": STORED, b"md.X.others": Last((99 * S, 1), b"others")})

    assert find_absence(fed) == [tell_absence(10 * S, 15 * S)]


# --- what a standby received, and nobody stored


def stand_by_for_long(fed: Fed) -> None:
    """What came at 10 s is in the log no more."""
    fed.connect()
    fed.receive(make_tick(1, at=9 * S), make_tick(2, at=10 * S))
    fed.now += KEEP_S + 1
    fed.receive(make_tick(3, at=21 * S))


@pytest.mark.parametrize(
    ("stored_at", "told"),
    [
        pytest.param(8 * S, [Loss(GapCause.LOG_TOO_SHORT, frozenset(), 8 * S, 10 * S, None, FENCE)], id="no"),
        pytest.param(10 * S, [], id="yes"),
        pytest.param(12 * S, [], id="and more"),
    ],
)
def test_what_left_a_standbys_log_and_nobody_stored_is_told_without_a_count(
    feeds: Feeds, stored_at: int, told: list[Loss]
) -> None:
    fed = Fed(feeds)
    stand_by_for_long(fed)

    caught_up = fed.go_live({b"md.X.c0": Last((stored_at, stored_at), b"stored")})

    assert find_losses(caught_up.reports) == told


def test_where_the_stream_is_empty_nothing_was_to_be_stored(feeds: Feeds) -> None:
    fed = Fed(feeds)
    stand_by_for_long(fed)

    assert find_losses(fed.go_live().reports) == []


def test_what_left_the_log_before_this_account_published_is_its_own(feeds: Feeds) -> None:
    fed = Fed(feeds)
    stand_by_for_long(fed)
    fed.go_live({b"md.X.c0": Last((12 * S, 12), b"12")})
    fed.feed.stand_by(is_connected=True)

    caught_up = fed.go_live({b"md.X.c0": Last((8 * S, 8), b"8")})

    assert find_losses(caught_up.reports) == []
