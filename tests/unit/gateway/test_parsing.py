"""Acks are counted by frame, wherever a read ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_gateway.adapters.nats.parsing import ProtocolError, Reader
from tests.kit.nats_reads import read_all

ACK = b'MSG _INBOX.ab.7 1 28\r\n{"stream":"MD", "seq":12345}\r\n'
DUPLICATE = b'MSG _INBOX.ab.7 1 43\r\n{"stream":"MD","seq":1234,"duplicate":true}\r\n'
OTHER_BATCH = b'MSG _INBOX.ab.8 1 23\r\n{"stream":"MD","seq":1}\r\n'
FENCED_OFF_BODY = (
    b'{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 9"},"stream":"MD","seq":0}'
)
FENCED_OFF = b"MSG _INBOX.ab.8 1 %d\r\n%b\r\n" % (len(FENCED_OFF_BODY), FENCED_OFF_BODY)
NO_TEXT = b'{"error":{"code":400,"description":"\xff"}}'
NOBODY = b"HMSG _INBOX.ab.9 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
STREAM = b"".join([b"PING\r\n", ACK, DUPLICATE, b"PONG\r\n", OTHER_BATCH, FENCED_OFF, NOBODY, b"+OK\r\n"])


def test_a_read_is_counted_by_batch() -> None:
    got = read_all([STREAM])

    assert got.stored == {7: 2, 8: 1}
    assert got.newest == {7: 1234, 8: 1}
    assert (got.duplicates, got.pings, got.pongs) == ({7: 1}, 1, 1)
    assert [(refusal.batch, refusal.code) for refusal in got.refusals] == [(8, 10071), (9, 503)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_it_does_not_matter_where_a_read_ends(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[start:end] for start, end in pairwise(edges)]

    assert read_all(chunks) == read_all([STREAM])


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n", id="another protocol"),
        pytest.param(b"MSG _INBOX.ab.7 1 5\r\nhello\r\n", id="an answer that is no JSON"),
        pytest.param(b"x" * (1 << 20) + b"x", id="a line without an end"),
        pytest.param(b"MSG _INBOX.ab.x 1 2\r\n{}\r\n", id="an answer to no batch"),
        pytest.param(b"MSG _INBOX.ab.%b 1 2\r\n{}\r\n" % (b"9" * 5000), id="a batch beyond all numbers"),
        pytest.param(
            b'MSG _INBOX.ab.7 1 12\r\n{"stream":"M\r\nMSG _INBOX.ab.8 1 10\r\nD","seq":1}\r\n',
            id="an answer over two frames",
        ),
        pytest.param(b"HMSG _INBOX.ab.7 1 2\r\n{}\r\n", id="headers without their length"),
        pytest.param(
            b"MSG _INBOX.ab.7 1 %d\r\n%b\r\n" % (len(NO_TEXT), NO_TEXT), id="an answer that is not UTF-8"
        ),
    ],
)
def test_what_is_no_nats_ends_the_connection(garbage: bytes) -> None:
    with pytest.raises(ProtocolError):
        Reader().feed(garbage)


def test_an_info_is_handed_on() -> None:
    assert Reader().feed(b'INFO {"headers":true}\r\n').info == b'{"headers":true}'


def test_an_error_is_handed_on() -> None:
    assert Reader().feed(b"-ERR 'Authorization Violation'\r\n").error == "Authorization Violation"
