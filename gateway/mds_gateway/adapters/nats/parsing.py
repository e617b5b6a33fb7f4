"""What a NATS server sends, parsed in bulk: acknowledgements, refusals, and what concerns the connection.

Acks are parsed by frame: counting a substring per read miscounts where a frame straddles two reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import override

import msgspec

# The server's acknowledgement of one publish: to our inbox, token = batch number. It ends within its frame.
_ACK = re.compile(
    rb"MSG [^ ]+\.(\d{1,20}) \d+ \d+\r\n"
    rb'\{"stream":"[^"\r\n]*", ?"seq":(\d{1,20})(?:,"domain":"[^"\r\n]*")?(,"duplicate":true)?\}\r\n'
)
# Any other answer; with headers their length stands before that of all.
_MESSAGE = re.compile(rb"(?:MSG [^ ]+\.(\d{1,20}) \d+|HMSG [^ ]+\.(\d{1,20}) \d+ (\d{1,10})) (\d{1,10})\r\n")
_LINE = re.compile(rb"(INFO|PING|PONG|\+OK|-ERR)[ \t]*([^\r\n]*)\r\n")
_LONGEST_CONTROL_LINE = 1 << 20  # INFO of a large cluster; longer is no NATS server


class ProtocolError(ConnectionError):
    """The peer does not speak NATS."""


class _PublishError(msgspec.Struct, frozen=True):
    code: int
    description: str = ""
    err_code: int = 0


class _PublishReply(msgspec.Struct, frozen=True):
    error: _PublishError | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server did not store one message of a batch."""

    batch: int
    code: int
    description: str


@dataclass(slots=True)
class Signals:
    """What one read brought that concerns the connection itself."""

    pings: int = 0
    pongs: int = 0
    info: bytes | None = None
    error: str | None = None

    @property
    def has_content(self) -> bool:
        """Whether it brought more than signals."""
        return False


@dataclass(slots=True)
class Incoming(Signals):
    """What one read of the connection for ticks brought."""

    stored: dict[int, int] = field(default_factory=dict)
    """Per batch: messages acknowledged, duplicates among them."""
    newest: dict[int, int] = field(default_factory=dict)
    """Per batch: the sequence that the last of them has in the stream."""
    duplicates: dict[int, int] = field(default_factory=dict)
    """Per batch: those of them that the stream had already."""
    refusals: list[Refusal] = field(default_factory=list)

    @property
    @override
    def has_content(self) -> bool:
        return bool(self.stored or self.refusals)


class Reader:
    """Turns what the server sends into `Incoming`; keeps the incomplete frame at the end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Incoming:
        buffer = self._rest + data if self._rest else data
        incoming = Incoming()
        position, end = 0, len(buffer)
        stored, newest = incoming.stored, incoming.newest
        match_ack = _ACK.match
        while position < end:
            ack = match_ack(buffer, position)
            if ack is not None:
                batch = int(ack[1])
                stored[batch] = stored.get(batch, 0) + 1
                newest[batch] = int(ack[2])
                if ack[3]:
                    incoming.duplicates[batch] = incoming.duplicates.get(batch, 0) + 1
                position = ack.end()
                continue
            after = self._read_other(buffer, position, incoming)
            if after is None:
                break
            position = after
        self._rest = buffer[position:]
        return incoming

    def _read_other(self, buffer: bytes, position: int, incoming: Incoming) -> int | None:
        """Any frame but a plain ack. None: the frame is not complete yet."""
        after = read_signal(buffer, position, incoming)
        if after is not None:
            return after
        message = _MESSAGE.match(buffer, position)
        if message is None:
            check_incomplete(buffer, position)
            return None
        end = message.end() + int(message[4])
        if len(buffer) < end + 2:
            return None
        _note_reply(message, buffer[message.end() : end], incoming)
        return end + 2


def read_signal(buffer: bytes, position: int, signals: Signals) -> int | None:
    """Where the control line ends; None: no control line begins here, or not all of it has come."""
    line = _LINE.match(buffer, position)
    if line is None:
        return None
    match line[1]:
        case b"PING":
            signals.pings += 1
        case b"PONG":
            signals.pongs += 1
        case b"INFO":
            signals.info = line[2]
        case b"-ERR":
            signals.error = line[2].decode(errors="replace").strip("'")
    return line.end()


def check_incomplete(buffer: bytes, position: int) -> None:
    """Raises where no frame can come of what stands here, however much follows."""
    if b"\r\n" in buffer[position:] or len(buffer) - position > _LONGEST_CONTROL_LINE:
        raise ProtocolError(f"not a NATS frame: {buffer[position : position + 20]!r}")


def _note_reply(message: re.Match[bytes], payload: bytes, incoming: Incoming) -> None:
    batch = int(message[1] or message[2])
    if message[3]:
        # Only the server's own status comes with headers: 503, no stream listens on that subject.
        status = payload[: int(message[3])].split(b"\r\n", 1)[0].decode(errors="replace")
        incoming.refusals.append(Refusal(batch, 503, f"no stream takes the subject ({status})"))
        return
    try:
        reply = msgspec.json.decode(payload, type=_PublishReply)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ProtocolError(f"a publish was answered with {payload[:40]!r}") from exc
    if reply.error is None:  # an ack with fields that _ACK does not know
        incoming.stored[batch] = incoming.stored.get(batch, 0) + 1
        incoming.newest[batch] = reply.seq
        return
    code = reply.error.err_code or reply.error.code
    incoming.refusals.append(Refusal(batch, code, reply.error.description))
