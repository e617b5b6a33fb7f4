"""What a NATS server sends to a subscriber, as frames. Bytes in, frames out: it reads no socket.

nats-py takes a quarter of a millisecond for the headers of one message, so at 5,000 ticks a second it would
measure itself. Written for the benches alone: the product's reader is not measured by itself.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_HEAD: Final = re.compile(rb"(H?)MSG ([^ ]+) [^ ]+ (?:([^ ]+) )??(?:(\d+) )?(\d+)\r\n")
_LINE: Final = re.compile(rb"(INFO|PING|PONG|\+OK|-ERR)([^\r\n]*)\r\n")
_LONGEST_LINE: Final = 1 << 20
_REPLY_OF_NINE: Final = 9
"""`$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; with a domain and
an account before the stream, the consumer's sequence stands two further on."""


class Frame(NamedTuple):
    subject: bytes
    reply: bytes
    """Empty: none."""
    headers: bytes
    body: bytes


class ServerError(ConnectionError):
    """The server said -ERR, or something that is no frame."""


class Frames:
    def __init__(self) -> None:
        self._rest = b""
        self.pings = 0
        """Not answered yet: who owns the socket does."""
        self.pongs = 0

    def feed(self, data: bytes) -> list[Frame]:
        buffer = self._rest + data if self._rest else data
        found: list[Frame] = []
        at = 0
        while at < len(buffer):
            after = self._read_message(buffer, at, found) or self._read_line(buffer, at)
            if after is None:
                break
            at = after
        self._rest = buffer[at:]
        return found

    def _read_message(self, buffer: bytes, at: int, found: list[Frame]) -> int | None:
        head = _HEAD.match(buffer, at)
        if head is None:
            return None
        begin, total = head.end(), int(head[5])
        end = begin + total
        if len(buffer) < end + 2:
            return None
        split = begin + (int(head[4]) if head[1] else 0)
        found.append(Frame(head[2], head[3] or b"", buffer[begin:split], buffer[split:end]))
        return end + 2

    def _read_line(self, buffer: bytes, at: int) -> int | None:
        """None: what stands here is not complete."""
        line = _LINE.match(buffer, at)
        if line is None:
            can_grow = b"\r\n" not in buffer[at:] and len(buffer) - at <= _LONGEST_LINE
            if not can_grow and not buffer.startswith((b"MSG ", b"HMSG "), at):
                raise ServerError(f"no frame: {buffer[at : at + 60]!r}")
            return None
        if line[1] == b"-ERR":
            raise ServerError(line[2].decode(errors="replace").strip())
        self.pings += line[1] == b"PING"
        self.pongs += line[1] == b"PONG"
        return line.end()


def read_consumer_sequence(reply: bytes) -> int:
    """Return it from the reply subject of a delivered message: it counts by one, or a message is missing."""
    tokens = reply.split(b".")
    return int(tokens[6 if len(tokens) == _REPLY_OF_NINE else 8])
