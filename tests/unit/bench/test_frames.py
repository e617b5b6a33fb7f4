"""What the benches' subscriber reads: hand-written bytes, however they are cut."""

from __future__ import annotations

import pytest

from tests.bench.frames import Frame, Frames, ServerError, read_consumer_sequence

HEADERS = b"NATS/1.0\r\nMds-Pub:a 1 2 3 4\r\n\r\n"
BYTES = (
    b'INFO {"version":"2.15.1"}\r\nPONG\r\n'
    b"HMSG live.md.SHFE.rb2701 2 31 34\r\n" + HEADERS + b"{1}\r\n"
    b"MSG _INBOX.a.7 1 5\r\nhello\r\nPING\r\n"
    b"HMSG md.x 2 $JS.ACK.MD.c.1.9.1.5.0 31 31\r\n" + HEADERS + b"\r\n"
    b"MSG flow 2 _R_.x 0\r\n\r\n+OK\r\n"
)
FRAMES = [
    Frame(b"live.md.SHFE.rb2701", b"", HEADERS, b"{1}"),
    Frame(b"_INBOX.a.7", b"", b"", b"hello"),
    Frame(b"md.x", b"$JS.ACK.MD.c.1.9.1.5.0", HEADERS, b""),
    Frame(b"flow", b"_R_.x", b"", b""),
]


@pytest.mark.parametrize("size", [1, 7, 33, len(BYTES)])
def test_frames_are_the_same_however_the_bytes_are_cut(size: int) -> None:
    frames = Frames()
    found = [one for at in range(0, len(BYTES), size) for one in frames.feed(BYTES[at : at + size])]

    assert found == FRAMES
    assert (frames.pings, frames.pongs) == (1, 1)


def test_an_error_of_the_server_is_raised() -> None:
    with pytest.raises(ServerError, match="Slow Consumer"):
        Frames().feed(b"-ERR 'Slow Consumer'\r\n")


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(ServerError, match="no frame"):
        Frames().feed(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    "reply",
    [
        b"$JS.ACK.MD.c.1.900.17.5.0",
        b"$JS.ACK._.hash.MD.c.1.900.17.5.0",
        b"$JS.ACK._.hash.MD.c.1.900.17.5.0.r",
    ],
)
def test_the_sequence_of_a_consumer_is_found_in_both_forms_of_its_replies(reply: bytes) -> None:
    assert read_consumer_sequence(reply) == 17
