"""What a bench's subscriber makes of frames: latencies and counts of ticks, answers to the server."""

from __future__ import annotations

import pytest

from tests.bench.frames import Frame, ServerError
from tests.bench.histogram import Histogram
from tests.bench.subscriber import Acks, OrderedTicks, Ticks

BODY = b'{"symbol":"rb2701","exchange_time_ns":%d,"volume":5,"curr_delta":%d.0,"more":null}'


def tick(serial: int, *, received_ns: int = 1_000_000, consumed: int | None = None) -> Frame:
    headers = b"NATS/1.0\r\nMds-Pub:ctp-a 1 1 %d %d 9\r\n\r\n" % (received_ns, received_ns)
    reply = b"" if consumed is None else b"$JS.ACK.MD.c.1.9.%d.5.0" % consumed
    return Frame(b"md.SHFE.rb2701", reply, headers, BODY % (serial, serial))


def test_a_latency_is_the_arrival_minus_the_receive_time() -> None:
    kept = Ticks()
    assert kept.add(tick(1), 3_500_000) == b""

    assert Histogram.read(kept.describe()["latency"]).most_us == 2500


def test_latencies_begin_anew_with_each_question_and_counts_go_on() -> None:
    kept = Ticks()
    kept.add(tick(1), 2_000_000)
    kept.describe()
    kept.add(tick(3), 2_000_000)
    kept.add(tick(3), 2_000_000)
    found = kept.describe()

    assert found["messages"] == 2
    assert found["tally"] == {"stored": 3, "lost": 1, "repeated": 1, "disordered": 0}


def test_a_tick_that_says_nothing_of_its_publication_ends_the_bench() -> None:
    with pytest.raises(ServerError, match="without Mds-Pub"):
        Ticks().add(Frame(b"md.a", b"", b"NATS/1.0\r\n\r\n", b"{}"), 0)


def test_a_consumer_that_skips_a_message_ends_the_bench() -> None:
    kept = OrderedTicks()
    kept.add(tick(1, consumed=1), 2_000_000)

    with pytest.raises(ServerError, match="skipped from 2 to 3"):
        kept.add(tick(2, consumed=3), 2_000_000)


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        pytest.param(
            Frame(b"in", b"flow.1", b"NATS/1.0 100 FlowControl Request\r\n\r\n", b""),
            b"PUB flow.1 0\r\n\r\n",
            id="flow control",
        ),
        pytest.param(
            Frame(b"in", b"", b"NATS/1.0 100 Idle Heartbeat\r\n\r\n", b""), b"", id="a sign of life"
        ),
        pytest.param(
            Frame(b"in", b"", b"NATS/1.0 100 Idle Heartbeat\r\nNats-Consumer-Stalled: flow.2\r\n\r\n", b""),
            b"PUB flow.2 0\r\n\r\n",
            id="a consumer that waits",
        ),
    ],
)
def test_what_a_consumer_asks_is_answered_and_no_tick(frame: Frame, answer: bytes) -> None:
    kept = OrderedTicks()

    assert kept.add(frame, 1) == answer
    assert kept.describe()["messages"] == 0


def test_acks_of_the_tick_stream_alone_are_kept() -> None:
    kept = Acks()
    for body in (b'{"stream":"MD", "seq":7}', b'{"stream":"KV_x","seq":8}', b'{"error":{"code":503}}'):
        kept.add(Frame(b"_INBOX.a.1", b"", b"", body), 42)

    assert kept.describe() == {"at_ns_by_sequence": {7: 42}}
    assert kept.describe() == {"at_ns_by_sequence": {}}
