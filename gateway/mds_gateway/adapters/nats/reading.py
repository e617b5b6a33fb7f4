"""Reads the stream's last tick per contract, up to a fence, over a connection of its own.

    CONSUMER.CREATE, last per subject --> MSG.NEXT, so many at a time --> ... --> the fence: complete

The fence's subject is asked for, too: messages come in the order of the stream, so when the fence itself
comes all that lies before it has come. Nothing else completes a read: a replica that lags has nothing more
to send, and a fence that is gone or overtaken never comes. So a hole in the consumer's numbers, or any end
before the fence, fails the read as a whole; whoever asked looks which fence stands, and asks again. Kept is
what orders a contract, and the body, as its last value may have to be written.

A pull consumer because its batches bound what is under way, and because the stream's leader answers it, also
where direct reads are not allowed. Measured beside nats-py: docs/decisions.md.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, override

import msgspec

from mds_gateway.adapters.nats.connection import NatsConnection
from mds_gateway.adapters.nats.parsing import ProtocolError, Signals, check_incomplete, read_signal
from mds_protocol.failover.takeover import Last
from mds_protocol.wire import headers
from mds_protocol.wire.encodings import Encoding, decode
from mds_protocol.wire.errors import WireError

if TYPE_CHECKING:
    from mds_gateway.domain.ticks import OrderKey
    from mds_runtime.nats.access import Access

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0  # 25,000 contracts took 0.2 to 0.6 s
BATCH = 5_000  # messages; some 6 MB
FORGOTTEN_AFTER_NS = 10_000_000_000  # by the server, when nobody asks the consumer any more
_MSG_ID = b"\r\n%b:" % headers.MSG_ID.encode()
_ACK_PREFIX = b"$JS.ACK."


class ReadError(ConnectionError):
    """Not all of it came. Asked again, it may."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The last of each subject of the wildcard that lies before the fence."""

    stream: str
    wildcard: str
    fence_subject: str
    fence: int
    encoding: Encoding


async def read_last(
    access: Access,
    wanted: Wanted,
    name: str,
    *,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    timeout_s: float = READ_TIMEOUT_S,
) -> dict[bytes, Last[bytes]]:
    """Raises ConnectionError or TimeoutError unless it is complete."""
    arrived: asyncio.Queue[Messages | str] = asyncio.Queue()
    async with asyncio.timeout(timeout_s):
        connection = await ReadConnection.open(
            access, arrived.put_nowait, arrived.put_nowait, name=name, timeout_s=connect_timeout_s
        )
        try:
            return await _read(connection, arrived, wanted)
        finally:
            connection.close("all is read")


async def _read(
    connection: ReadConnection, arrived: asyncio.Queue[Messages | str], wanted: Wanted
) -> dict[bytes, Last[bytes]]:
    consumer = secrets.token_hex(8)
    connection.ask(f"CONSUMER.CREATE.{wanted.stream}.{consumer}", _build_create(consumer, wanted))
    collecting = Collecting(wanted)
    while not collecting.is_complete:
        messages = await arrived.get()
        if isinstance(messages, str):
            raise ReadError(messages)
        for message in messages.found:
            collecting.add(message)
        if collecting.may_ask and not collecting.is_complete:
            collecting.may_ask = False
            connection.ask(f"CONSUMER.MSG.NEXT.{wanted.stream}.{consumer}", _NEXT)
    return collecting.last


def _build_create(consumer: str, wanted: Wanted) -> bytes:
    config = {
        "name": consumer,
        "deliver_policy": "last_per_subject",
        "ack_policy": "none",
        "filter_subjects": [wanted.wildcard, wanted.fence_subject],
        "inactive_threshold": FORGOTTEN_AFTER_NS,
        "mem_storage": True,
        "num_replicas": 1,
    }
    return msgspec.json.encode({"stream_name": wanted.stream, "config": config})


_NEXT = msgspec.json.encode({"batch": BATCH, "no_wait": True})


# --- what comes back


class Message(NamedTuple):
    subject: bytes
    reply: bytes
    header: bytes
    body: bytes


@dataclass(slots=True)
class Messages(Signals):
    """What one read brought."""

    found: list[Message] = field(default_factory=list)

    @property
    @override
    def has_content(self) -> bool:
        return bool(self.found)


class MessageReader:
    """Messages by frame; keeps the incomplete one at the end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Messages:
        buffer = self._rest + data if self._rest else data
        messages = Messages()
        position = 0
        while position < len(buffer):
            after = read_signal(buffer, position, messages)
            if after is None:
                after = _read_message(buffer, position, messages)
            if after is None:
                break
            position = after
        self._rest = buffer[position:]
        return messages


def _read_message(buffer: bytes, position: int, messages: Messages) -> int | None:
    """Where the message ends; None: not all of it has come."""
    start = buffer.find(b"\r\n", position) + 2
    if start < 2:  # noqa: PLR2004 - find's -1, and the two of the line's end
        check_incomplete(buffer, position)
        return None
    verb, *fields = buffer[position : start - 2].split(b" ")
    try:
        sizes = [int(each) for each in (fields[-2:] if verb == b"HMSG" else [b"0", fields[-1]])]
        subject, reply = fields[0], fields[2] if len(fields) > 2 + len(_SIZES[verb]) else b""
    except (ValueError, LookupError) as exc:
        raise ProtocolError(f"not a NATS frame: {buffer[position : position + 20]!r}") from exc
    header, end = start + sizes[0], start + sizes[1]
    if len(buffer) < end + 2:
        return None
    messages.found.append(Message(subject, reply, buffer[start:header], buffer[header:end]))
    return end + 2


_SIZES = {b"HMSG": ("header", "total"), b"MSG": ("total",)}


class ReadConnection(NatsConnection[Messages]):
    """Asks JetStream, hears messages."""

    @override
    @staticmethod
    def make_reader() -> MessageReader:
        return MessageReader()

    def ask(self, what: str, request: bytes) -> None:
        self.write(b"PUB $JS.API.%b %b.0 %d\r\n%b\r\n" % (what.encode(), self.inbox, len(request), request))


class Collecting:
    """Judges each message that comes; a state machine without I/O."""

    def __init__(self, wanted: Wanted) -> None:
        self.last: dict[bytes, Last[bytes]] = {}
        self.is_complete = False
        self.may_ask = False
        """The server has done what it was asked for."""
        self._wanted = wanted
        self._fence_subject = wanted.fence_subject.encode()
        self._count = 0
        self._order_key_of = ORDER_KEY_OF[wanted.encoding]

    def add(self, message: Message) -> None:
        if self.is_complete:
            return  # what follows is the server's word that there is no more
        if message.reply.startswith(_ACK_PREFIX):
            self._on_stored(message)
        elif message.header:
            # The server's own status: it delivers no more, and the fence has not come.
            status = message.header.split(b"\r\n", 1)[0].decode(errors="replace")
            raise ReadError(f"{self._wanted.stream} ended after {self._count} messages: {status}")
        else:
            self._on_created(message.body)

    def _on_created(self, body: bytes) -> None:
        try:
            answer = msgspec.json.decode(body, type=_Created)
        except msgspec.MsgspecError as exc:
            raise ReadError(f"a consumer was answered with {body[:40]!r}") from exc
        if answer.error is not None:
            raise ReadError(f"{self._wanted.stream} gives no consumer: {answer.error.description}")
        if answer.num_pending == 0:
            raise ReadError(self._tell_end())
        self.may_ask = True

    def _on_stored(self, message: Message) -> None:
        sequence, number, pending = _parse_place(message.reply)
        self._count += 1
        if number != self._count:
            raise ReadError(f"{self._wanted.stream} sent message {number} in place of {self._count}")
        if message.subject == self._fence_subject:
            self.is_complete = sequence == self._wanted.fence
        elif sequence < self._wanted.fence:
            self._keep(message)
        if not self.is_complete and (pending == 0 or sequence >= self._wanted.fence):
            raise ReadError(self._tell_end())
        self.may_ask = number % BATCH == 0

    def _tell_end(self) -> str:
        return (
            f"{self._wanted.stream} ended after {self._count} messages without the fence {self._wanted.fence}"
        )

    def _keep(self, message: Message) -> None:
        """What is no tick, as another publisher may leave it, orders nothing."""
        identity = _find_identity(message.header)
        try:
            order_key = self._order_key_of(message.body)
        except (WireError, msgspec.MsgspecError):
            return
        self.last[message.subject] = Last(order_key, identity, message.body)


def _parse_place(reply: bytes) -> tuple[int, int, int]:
    """Sequence in the stream, number in the consumer, and how many are to come (ADR-15).

    `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<sequence>.<number>.<time>.<pending>[.<token>]`
    """
    tokens = reply.split(b".")
    start = 5 if len(tokens) == _TOKENS_WITHOUT_DOMAIN else 7
    try:
        return int(tokens[start]), int(tokens[start + 1]), int(tokens[start + 3])
    except (ValueError, IndexError) as exc:
        raise ReadError(f"a message came with the place {reply[:100]!r}") from exc


_TOKENS_WITHOUT_DOMAIN = 9


class _Problem(msgspec.Struct, frozen=True):
    description: str = ""


class _Created(msgspec.Struct, frozen=True):
    num_pending: int = 0
    error: _Problem | None = None


def _find_identity(header: bytes) -> bytes:
    start = header.find(_MSG_ID)
    if start < 0:
        return b""
    start += len(_MSG_ID)
    return header[start : header.find(b"\r\n", start)].strip()


# --- of a stored tick, only what orders it: the rest is not decoded


class _OrderKey(msgspec.Struct):
    exchange_time_ns: int
    volume: int


_decode_json = msgspec.json.Decoder(_OrderKey).decode
_decode_msgpack = msgspec.msgpack.Decoder(_OrderKey).decode


def _of_json(body: bytes) -> OrderKey:
    key = _decode_json(body)
    return key.exchange_time_ns, key.volume


def _of_msgpack(body: bytes) -> OrderKey:
    key = _decode_msgpack(body)
    return key.exchange_time_ns, key.volume


def _of_pickle(body: bytes) -> OrderKey:
    return decode(body, Encoding.PICKLE).order_key


ORDER_KEY_OF = {Encoding.JSON: _of_json, Encoding.MSGPACK: _of_msgpack, Encoding.PICKLE: _of_pickle}
