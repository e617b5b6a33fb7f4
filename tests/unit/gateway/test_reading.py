"""What a read of the last ticks makes of the server's frames: all up to the fence, or an error."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_gateway.adapters.nats.parsing import ProtocolError
from mds_gateway.adapters.nats.reading import (
    BATCH,
    Collecting,
    Message,
    MessageReader,
    Messages,
    ReadError,
    Wanted,
)
from mds_protocol.failover.takeover import Last
from mds_protocol.wire.encodings import Encoding

FENCE = "mds.fence.desk.all"
WANTED = Wanted("MD", "md.>", FENCE, 40, Encoding.JSON)
NO_MORE = Message(b"_INBOX.x.0", b"", b"NATS/1.0 404 No Messages\r\n\r\n", b"")
CREATED = b'MSG _INBOX.x.0 1 17\r\n{"num_pending":2}\r\n'
TICK = (
    b"HMSG md.SHFE.rb2701 1 $JS.ACK.MD.c.1.12.1.1795271132241371459.1 49 82\r\n"
    b"NATS/1.0\r\nMds-Pub:a 1 2 3 4 5\r\nNats-Msg-Id:id\r\n\r\n"
    b'{"exchange_time_ns":7,"volume":3}\r\n'
)
FENCED = b"HMSG mds.fence.desk.all 1 $JS.ACK.MD.c.1.40.2.1.0 12 14\r\nNATS/1.0\r\n\r\n{}\r\n"
STREAM = b"".join([b'INFO {"a":1}\r\n', CREATED, b"PING\r\n", TICK, FENCED, b"PONG\r\n"])


def frame(subject: str, reply: str, header: bytes, body: bytes) -> bytes:
    return b"HMSG %b 1 %b %d %d\r\n%b%b\r\n" % (
        subject.encode(), reply.encode(), len(header), len(header) + len(body), header, body,
    )  # fmt: skip


def stored(
    number: int,
    sequence: int,
    pending: int,
    *,
    subject: str = "md.SHFE.rb2701",
    header: bytes = b"NATS/1.0\r\nMds-Pub:a 1 2 3 4 5\r\nNats-Msg-Id:id\r\n\r\n",
    body: bytes = b'{"exchange_time_ns":7,"volume":3,"last_price":1.5}',
) -> Message:
    reply = f"$JS.ACK.MD.c.1.{sequence}.{number}.1795271132241371459.{pending}"
    return Message(subject.encode(), reply.encode(), header, body)


def answer(body: bytes) -> Message:
    return Message(b"_INBOX.x.0", b"", b"", body)


def created(pending: int) -> Message:
    return answer(b'{"name":"c","num_pending":%d}' % pending)


def collect(*messages: Message, wanted: Wanted = WANTED) -> Collecting:
    collecting = Collecting(wanted)
    for message in messages:
        collecting.add(message)
    return collecting


# --- frames


def test_messages_are_taken_apart() -> None:
    header, body = b"NATS/1.0\r\nNats-Msg-Id:id\r\n\r\n", b'{"volume":3}'
    got = MessageReader().feed(CREATED + b"PING\r\n" + frame("md.SHFE.rb2701", "$JS.ACK.x", header, body))

    assert got.pings == 1
    assert got.found == [
        Message(b"_INBOX.x.0", b"", b"", b'{"num_pending":2}'),
        Message(b"md.SHFE.rb2701", b"$JS.ACK.x", header, body),
    ]


def test_a_message_without_headers_and_a_status_without_reply_are_taken_apart() -> None:
    got = MessageReader().feed(
        b"MSG md.x 1 $JS.ACK.x 2\r\n{}\r\nHMSG _INBOX.x.0 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
    )

    assert got.found == [
        Message(b"md.x", b"$JS.ACK.x", b"", b"{}"),
        Message(b"_INBOX.x.0", b"", b"NATS/1.0 503\r\n\r\n", b""),
    ]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_it_does_not_matter_where_a_read_ends(cuts: list[int]) -> None:
    reader, total = MessageReader(), Messages()
    for start, end in pairwise([0, *sorted(cuts), len(STREAM)]):
        got = reader.feed(STREAM[start:end])
        total.found += got.found
        total.pings += got.pings
        total.pongs += got.pongs
        total.info = got.info or total.info

    assert total == MessageReader().feed(STREAM)
    assert len(total.found) == 3


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n", id="another protocol"),
        pytest.param(b"MSG\r\n", id="a message without anything"),
        pytest.param(b"HMSG a 1 x 12\r\n", id="a size that is no number"),
        pytest.param(b"x" * (1 << 20) + b"x", id="a line without an end"),
    ],
)
def test_what_is_no_nats_is_refused(garbage: bytes) -> None:
    with pytest.raises(ProtocolError):
        MessageReader().feed(garbage)


# --- what is kept


def test_the_last_of_each_contract_before_the_fence_is_kept() -> None:
    other = b'{"exchange_time_ns":9,"volume":1}'
    collecting = collect(
        created(3), stored(1, 12, 2), stored(2, 39, 1, subject="md.DCE.m2701", body=other),
        stored(3, 40, 0, subject=FENCE),
    )  # fmt: skip

    assert collecting.is_complete
    assert collecting.last == {
        b"md.SHFE.rb2701": Last((7, 3), b"id", b'{"exchange_time_ns":7,"volume":3,"last_price":1.5}'),
        b"md.DCE.m2701": Last((9, 1), b"id", other),
    }


@pytest.mark.parametrize(
    "fence",
    [pytest.param(41, id="a newer one of ours"), pytest.param(39, id="an older one, of a replica that lags")],
)
def test_another_fence_does_not_complete_it(fence: int) -> None:
    with pytest.raises(ReadError, match="without the fence 40"):
        collect(created(2), stored(1, 12, 1), stored(2, fence, 0, subject=FENCE))


@pytest.mark.parametrize(
    ("message", "complete"),
    [
        pytest.param(stored(1, 39, 1), False, id="one before the fence, and more to come"),
        pytest.param(stored(1, 38, 1, subject=FENCE), False, id="an older fence, and more to come"),
        pytest.param(stored(1, 40, 5, subject=FENCE), True, id="the fence, and others publish on"),
        pytest.param(stored(1, 40, 0, subject=FENCE), True, id="the fence, and nothing to come"),
    ],
)
def test_the_fence_alone_completes_it(message: Message, complete: bool) -> None:  # noqa: FBT001 - a column
    assert collect(created(6), message).is_complete is complete


def test_what_the_server_says_after_it_is_complete_changes_nothing() -> None:
    assert collect(created(1), stored(1, 40, 0, subject=FENCE), NO_MORE).is_complete


def test_the_next_batch_is_asked_for_when_one_is_through() -> None:
    collecting = collect(created(2 * BATCH))
    asked_at = []
    for number in range(1, BATCH + 2):
        collecting.may_ask = False
        collecting.add(stored(number, 12, 2 * BATCH - number))
        asked_at += [number] if collecting.may_ask else []

    assert asked_at == [BATCH]


def test_with_a_domain_the_place_stands_two_tokens_later() -> None:
    reply = b"$JS.ACK.hub.ABCDEF.MD.c.1.40.1.1795271132241371459.0.token"

    assert collect(created(1), stored(1, 40, 0, subject=FENCE)._replace(reply=reply)).is_complete


@pytest.mark.parametrize(
    ("header", "identity"),
    [
        pytest.param(b"NATS/1.0\r\nNats-Msg-Id:id\r\n\r\n", b"id", id="without a blank"),
        pytest.param(b"NATS/1.0\r\nNats-Msg-Id: id\r\nA:b\r\n\r\n", b"id", id="with a blank"),
        pytest.param(b"NATS/1.0\r\nX-Nats-Msg-Id:no\r\n\r\n", b"", id="another header"),
    ],
)
def test_the_identity_is_the_header_of_that_name(header: bytes, identity: bytes) -> None:
    [last] = collect(created(2), stored(1, 12, 1, header=header)).last.values()

    assert last.identity == identity


def test_what_is_no_tick_orders_nothing() -> None:
    assert collect(created(2), stored(1, 12, 1, body=b"hello")).last == {}


# --- what fails it


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        pytest.param([created(5), stored(2, 12, 3)], "message 2 in place of 1", id="the first is missing"),
        pytest.param(
            [created(5), stored(1, 12, 4), stored(3, 14, 2)], "message 3 in place of 2", id="a hole"
        ),
        pytest.param(
            [created(5), stored(1, 12, 4), NO_MORE],
            "ended after 1 messages: NATS/1.0 404 No Messages",
            id="an end before the fence",
        ),
        pytest.param(
            [created(1), stored(1, 39, 0)],
            "ended after 1 messages without the fence 40",
            id="nothing to come",
        ),
        pytest.param([created(0)], "ended after 0 messages without the fence 40", id="nothing at all"),
        pytest.param(
            [created(5), stored(1, 41, 4)], "ended after 1 messages without the fence 40", id="one behind it"
        ),
        pytest.param(
            [answer(b'{"error":{"code":404,"description":"stream not found"}}')],
            "gives no consumer: stream not found",
            id="no such stream",
        ),
        pytest.param([answer(b"+")], "answered with", id="an answer that is no JSON"),
        pytest.param(
            [created(1), stored(1, 1, 1)._replace(reply=b"$JS.ACK.MD.c")],
            "the place",
            id="a place that is none",
        ),
    ],
)
def test_a_read_that_is_not_whole_fails(messages: list[Message], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        collect(*messages)
