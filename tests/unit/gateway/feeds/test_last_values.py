"""Last values: which a feed writes, when, and that nothing of them counts as a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.feed import Fate
from mds_gateway.domain.last_values import BATCH, EVERY_S, PAUSE_S, QUIET_S
from mds_protocol.failover.takeover import Last
from tests.unit.gateway.feeds.building import HEAD, Fed, make_tick
from tests.unit.gateway.feeds.frames import read_frames

if TYPE_CHECKING:
    from mds_gateway.domain.ticks import FinishedTick
    from tests.unit.gateway.feeds.frames import Message
    from tests.unit.gateway.feeds.makers import Feeds

A_MOMENT_S = 0.05


def write(fed: Fed, room: int = 4_000) -> list[Message]:
    """One batch, as a server would see it."""
    fed.batches += 1
    parcel = fed.feed.take_last(fed.batches, room, fed.now)
    if parcel is None:
        return []
    messages = list(read_frames(parcel.frame(HEAD.of_last_values.of_batch(b"_INBOX.ab.7", parcel.count), 0)))
    assert parcel.size_bytes == sum(len(message.body) for message in messages)
    return messages


def store(fed: Fed, room: int = 4_000) -> list[bytes]:
    """One batch that the stream takes: by identity."""
    messages = write(fed, room)
    if messages:
        assert fed.feed.settle(fed.batches, Fate.STORED, len(messages), 50)
    return [message.headers[b"Mds-Last"] for message in messages]


def store_all(fed: Fed) -> list[bytes]:
    stored: list[bytes] = []
    while batch := store(fed):
        stored += batch
    return stored


def go_live(feeds: Feeds) -> Fed:
    """Long enough ago that nothing is owed."""
    fed = Fed(feeds)
    fed.go_live()
    assert store_all(fed) == []
    fed.now += EVERY_S
    return fed


def send(fed: Fed, *ticks: FinishedTick) -> None:
    fed.receive(*ticks)
    count = len(fed.send_all())
    if count:
        fed.feed.settle(fed.batches - 1, Fate.STORED, count)


def test_a_value_is_the_ticks_own_body_behind_the_fence_without_an_id(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1, body=b"body"))

    [message] = write(fed)

    assert (message.subject, message.reply, message.body) == (b"mds.last.md.X.c0", b"_INBOX.ab.7", b"body")
    assert message.headers == {
        b"Nats-Expected-Last-Subject-Sequence": b"42",
        b"Nats-Expected-Last-Subject-Sequence-Subject": b"mds.fence.desk.all",
        b"Mds-Last": b"0-1",
    }


@pytest.mark.parametrize(
    ("later_s", "written"),
    [
        pytest.param(QUIET_S - 0.001, [], id="not quiet for long enough"),
        pytest.param(QUIET_S, [b"0-1", b"1-3"], id="quiet"),
    ],
)
def test_when_no_tick_came_for_a_while_the_newest_of_each_contract_is_written(
    feeds: Feeds, later_s: float, written: list[bytes]
) -> None:
    fed = go_live(feeds)
    fed.now -= EVERY_S
    send(fed, make_tick(1), make_tick(2, 1), make_tick(3, 1))
    fed.now += later_s

    assert store_all(fed) == written


def test_what_was_written_is_not_written_again(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1), make_tick(2, 1))
    assert store_all(fed) == [b"0-1", b"1-2"]
    send(fed, make_tick(3, 1))
    fed.now += QUIET_S

    assert store_all(fed) == [b"1-3"]
    fed.now += 10 * EVERY_S
    assert store_all(fed) == []


@pytest.mark.parametrize(
    ("later_s", "written"),
    [pytest.param(-1, [], id="nine minutes"), pytest.param(0, [b"0-3", b"1-2"], id="ten minutes")],
)
def test_where_ticks_go_on_changes_are_written_every_ten_minutes(
    feeds: Feeds, later_s: float, written: list[bytes]
) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1))
    assert store_all(fed) == [b"0-1"]
    send(fed, make_tick(2, 1))
    fed.now += EVERY_S + later_s
    send(fed, make_tick(3))

    assert store_all(fed) == written


def test_ticks_go_first(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1))
    fed.receive(make_tick(2))

    assert write(fed) == []
    fed.send()
    assert [message.headers[b"Mds-Last"] for message in write(fed)] == [b"0-2"]


def test_one_batch_is_under_way_at_a_time_and_fits_the_room(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, *(make_tick(number, number) for number in range(BATCH + 30)))

    assert write(fed, room=0) == []
    assert len(write(fed, room=20)) == 20
    assert fed.feed.has_unanswered
    assert write(fed) == []
    fed.feed.settle(fed.batches - 1, Fate.STORED, 20)
    assert [len(store(fed)) for _ in range(3)] == [BATCH, 10, 0]
    assert not fed.feed.has_unanswered


def test_what_changes_while_a_round_is_written_is_written_at_its_newest(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1), make_tick(2, 1))
    assert store(fed, room=1) == [b"0-1"]
    send(fed, make_tick(3), make_tick(4, 1))

    assert store_all(fed) == [b"1-4"]
    fed.now += QUIET_S
    assert store_all(fed) == [b"0-3"]


def test_nothing_of_it_counts_as_a_tick(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1), make_tick(2, 1))
    counts = str(fed.feed.counts)
    write(fed)

    for fate in (Fate.STORED, Fate.IN_DOUBT):
        fed.feed.settle(fed.batches, fate, 1)
    fed.now += PAUSE_S
    write(fed)
    for _ in range(2):
        fed.feed.settle(fed.batches, Fate.REFUSED, 1)

    assert str(fed.feed.counts) == counts
    assert fed.catch_up({b"md.X.c0": Last((1, 1), b"0-1"), b"md.X.c1": Last((2, 2), b"1-2")})[0] == ()


def test_what_the_fence_refuses_gives_the_feed_up_and_counts_as_not_written(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1))
    write(fed)

    assert fed.feed.settle(fed.batches, Fate.REFUSED, 1)
    assert not fed.feed.has_unanswered
    fed.catch_up({b"md.X.c0": Last((1, 1), b"0-1", b"{}")})
    fed.now += PAUSE_S

    assert store_all(fed) == [b"0-1"]


def test_what_is_refused_otherwise_is_no_trouble_of_the_ticks_and_is_tried_later_and_later(
    feeds: Feeds,
) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1))
    pauses = []
    for _ in range(7):
        since = fed.now
        while not write(fed):
            fed.now += 1
        assert not fed.feed.settle(fed.batches, Fate.IN_DOUBT, 1)
        pauses.append(fed.now - since)

    assert pauses == [0, 30, 60, 120, 240, 480, EVERY_S]
    fed.receive(make_tick(2))
    assert fed.send() == [b"0-2"]


def test_what_was_under_way_when_the_connection_ended_is_written_again(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1))
    write(fed)
    fed.feed.on_disconnected()
    fed.go_live({b"md.X.c0": Last((1, 1), b"0-1", b"{}")})
    fed.now += PAUSE_S

    assert not fed.feed.settle(1, Fate.STORED, 1)
    assert store_all(fed) == [b"0-1"]


def test_a_takeover_writes_at_once_what_the_stream_has_newest_of_the_contracts_that_were_received(
    feeds: Feeds,
) -> None:
    fed = Fed(feeds)
    fed.connect()
    fed.receive(make_tick(1), make_tick(2, 1))
    fed.now += EVERY_S
    fed.go_live(
        {
            b"md.X.c0": Last((5, 5), b"0-5", b"newer"),
            b"md.X.c1": Last((1, 1), b"1-1", b"older"),
            b"md.X.c9": Last((1, 1), b"9-1", b"another subscription's"),
        }
    )

    assert fed.send_all() == [b"1-2"]
    assert [(message.headers[b"Mds-Last"], message.body) for message in write(fed)] == [
        (b"0-5", b"newer"),
        (b"1-2", b"{}"),
    ]


def test_an_account_that_has_the_feed_again_writes_only_what_changed(feeds: Feeds) -> None:
    fed = go_live(feeds)
    send(fed, make_tick(1), make_tick(2, 1))
    assert store_all(fed) == [b"0-1", b"1-2"]
    fed.feed.stand_by(is_connected=True)
    assert write(fed) == []
    fed.feed.hold(fed.now)
    fed.catch_up({b"md.X.c0": Last((1, 1), b"0-1", b"{}"), b"md.X.c1": Last((9, 9), b"1-9", b"{}")})

    assert store_all(fed) == [b"1-9"]


def test_a_standby_writes_nothing(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.connect()
    fed.receive(make_tick(1))
    fed.now += EVERY_S

    assert write(fed) == []
