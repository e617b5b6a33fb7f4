"""A parcel frames itself: every message as a NATS server wants it, with the head that its place demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.domain.feed import LANE, Head
from mds_gateway.domain.ticks import FinishedTick
from mds_protocol.wire.headers import build_publication
from tests.unit.gateway.feeds.building import HEAD, Fed, make_tick
from tests.unit.gateway.feeds.frames import read_frames

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds


@pytest.mark.parametrize("snapshot", [True, False], ids=["a snapshot", "no snapshot"])
def test_a_tick_is_framed_with_its_fence_and_identity(feeds: Feeds, snapshot: bool) -> None:  # noqa: FBT001 - rows
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(FinishedTick(b"md.SHFE.rb2701", (1, 2), b"identity", b"body", 11, 13, snapshot))
    parcel = fed.take()
    assert parcel is not None

    framed = parcel.frame(HEAD.of_batch(b"_INBOX.ab.7", 1), 12)

    header = (
        b"NATS/1.0\r\n"
        b"Nats-Expected-Last-Subject-Sequence:42\r\n"
        b"Nats-Expected-Last-Subject-Sequence-Subject:mds.fence.desk.all\r\n"
        b"Mds-Pub:%b\r\n"
        b"Nats-Msg-Id:identity\r\n\r\n" % build_publication(b"ctp-a", 3, 42, 11, 12, 1, snapshot=snapshot)
    )
    assert framed == (
        b"HPUB md.SHFE.rb2701 _INBOX.ab.7 %d %d\r\n" % (len(header), len(header) + 4) + header + b"body\r\n"
    )


def test_each_message_begins_as_its_place_in_the_batch_demands(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(*(make_tick(number) for number in (1, 2, 3)))
    parcel = fed.take()
    assert parcel is not None

    places = [b"first", b"2", b"last"]
    heads = [Head(b"to.%b" % place, b"NATS/1.0\r\nPlace:%b\r\nMds-Pub:a 1 " % place) for place in places]
    framed = list(read_frames(parcel.frame(heads, 12)))

    assert [message.headers[b"Place"] for message in framed] == places
    assert [message.reply for message in framed] == [b"to.first", b"to.2", b"to.last"]
    assert [message.identity for message in framed] == [b"0-1", b"0-2", b"0-3"]


def test_a_parcel_says_how_much_it_is_and_since_when_it_waits(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1, body=b"x" * 10, received_ns=5), make_tick(2, body=b"x" * 20, received_ns=7))
    parcel = fed.take()
    assert parcel is not None

    assert (parcel.count, parcel.size_bytes, parcel.first_received_ns) == (2, 30, 5)


def test_a_run_says_how_much_it_is_and_how_far_it_goes(feeds: Feeds) -> None:
    run = feeds.make_run(
        [make_tick(1, body=b"x" * 10, received_ns=5), make_tick(4, body=b"x" * 20, received_ns=7)]
    )

    assert (run.count, run.size_bytes, run.first_received_ns, run.last_arrival) == (2, 30, 5, 4)


def test_other_lanes_than_the_one_have_nothing_to_send(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(make_tick(1))

    assert fed.feed.take(LANE + 1, 1, 4_000) is None
    assert fed.send() == [b"0-1"]
