"""What is fuzzed: bytes go in, and either they are refused as declared or nothing of them is altered.

A target raises what must not be: any exception but the declared refusal, or `AlteredError`. The same targets
run under a coverage-guided fuzzer (`make fuzz`) and, with few inputs that are always the same, in
tests/unit/fuzz.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mds_gateway.adapters.nats.parsing import ProtocolError
from mds_protocol.wire import headers
from mds_protocol.wire.encodings import Encoding, decode, encode
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.events import decode_event
from mds_protocol.wire.heartbeat import Heartbeat, OperatorHeartbeat
from mds_protocol.wire.pickling import read_pickle
from mds_protocol.wire.route import Route
from mds_protocol.wire.rpc import Verb, decode_reply, decode_request
from mds_protocol.wire.settings import Settings
from tests.fuzz.finishing import check_finisher
from tests.fuzz.judging import AlteredError, is_same, same
from tests.kit.nats_reads import read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mds_gateway.adapters.nats.parsing import Incoming
    from mds_protocol.wire.codec import Message
    from mds_protocol.wire.tick import Tick

MICROSECOND: Final = timedelta(microseconds=1)

type Decode = Callable[[bytes], Message]


# --- ticks


def check_tick(encoding: Encoding, data: bytes) -> None:
    try:
        tick = decode(data, encoding)
    except WireError:
        return
    same("read", msgspec.structs.asdict(tick), _read_freely(data, encoding))
    for other in Encoding:
        same(f"{encoding} to {other}", _fields(decode(encode(tick, other), other)), _fields(tick))


def _fields(tick: Tick) -> dict[str, Any]:
    return msgspec.structs.asdict(tick)


def _read_freely(data: bytes, encoding: Encoding) -> Any:
    """By a reader that knows nothing of ticks."""
    match encoding:
        case Encoding.JSON:
            return json.loads(data)
        case Encoding.MSGPACK:
            return msgspec.msgpack.decode(data)
        case Encoding.PICKLE:
            return read_pickle(data)


# --- control messages


def check_message(decode_one: Decode, data: bytes) -> None:
    try:
        message = decode_one(data)
    except WireError:
        return
    _check_kept(message, data)
    again = decode_one(message.encode())
    if again != message:
        raise AlteredError(f"{message!r} came back as {again!r}")


def _check_kept(message: Message, data: bytes) -> None:
    """What is written again stood in the input; what is left out again is the default."""
    given = json.loads(data)
    written = json.loads(message.encode())
    for name, value in written.items():
        same_part(name, value, given.get(name) if isinstance(given, dict) else None)


def same_part(path: str, written: Any, given: Any) -> None:
    """Defaults are left out of what is written, so the input may have more."""
    if isinstance(written, dict) and isinstance(given, dict):
        for name, value in written.items():
            same_part(f"{path}.{name}", value, given.get(name))
    elif isinstance(written, list) and isinstance(given, list) and len(written) == len(given):
        for place, (one, other) in enumerate(zip(written, given, strict=True)):
            same_part(f"{path}[{place}]", one, other)
    elif not is_same(written, given) and not _is_same_moment(written, given):
        raise AlteredError(f"{path}: {given!r} became {written!r}")


def _is_same_moment(one: Any, other: Any) -> bool:
    """To the microsecond, which is what a moment keeps; `z` is `Z` in RFC 3339, and `t` is `T`."""
    try:
        return abs(_parse(one) - _parse(other)) <= MICROSECOND
    except (AttributeError, TypeError, ValueError):
        return False


def _parse(moment: str) -> datetime:
    return datetime.fromisoformat(moment.upper())


def check_rpc(data: bytes) -> None:
    """The first byte chooses verb and side."""
    verbs = tuple(Verb)
    chosen = data[0] if data else 0
    verb = verbs[chosen % len(verbs)]
    if chosen & 0x80:
        check_message(partial(decode_reply, verb), data[1:])
    elif len(data) > 1:  # an empty request is the one with its defaults
        check_message(partial(decode_request, verb), data[1:])


# --- the header of a tick


def check_publication(data: bytes) -> None:
    text = data.decode("latin-1")
    try:
        found = headers.parse_publication(text)
    except WireError:
        return
    built = headers.build_publication(
        found.account.encode(),
        found.epoch,
        found.fence,
        found.receive_ns,
        found.publish_ns,
        found.number,
        snapshot=found.snapshot,
    )
    if built != data:
        raise AlteredError(f"{data!r} became {built!r}")


# --- what the server sends


def check_reader(data: bytes) -> None:
    """Anything at all: it is read, or refused as no NATS."""
    _read([data])


def check_frames(data: bytes) -> None:
    """Frames as a server builds them: the first byte says how long the reads are, and it must not matter."""
    size, stream = (data[0] + 1, b"".join(build_frames(data[1:]))) if data else (1, b"")
    whole = _read([stream])
    pieces = _read([stream[at : at + size] for at in range(0, len(stream), size)])
    if whole != pieces:
        raise AlteredError(f"read at once {whole}, in pieces of {size} {pieces}")


def build_frames(data: bytes) -> Iterator[bytes]:
    """Each from a byte for its kind, a byte for its length, and so much of what follows."""
    at = 0
    while at + 1 < len(data):
        kind, length = data[at], data[at + 1]
        # NB: a line's end is in no JSON that a server writes.
        payload = data[at + 2 : at + 2 + length].replace(b"\r", b" ").replace(b"\n", b" ")
        yield _build_frame(kind, payload)
        at += 2 + length


def _build_frame(kind: int, payload: bytes) -> bytes:
    batch = kind >> 3
    match kind & 7:
        case 0 | 1 | 2 | 3:
            return b"MSG _INBOX.ab.%d 1 %d\r\n%b\r\n" % (batch, len(payload), payload)
        case 4:
            head = b"NATS/1.0 %b\r\n\r\n" % payload
            return b"HMSG _INBOX.ab.%d 1 %d %d\r\n%b\r\n" % (batch, len(head), len(head), head)
        case 5:
            return b"-ERR '%b'\r\n" % payload
        case 6:
            return b"INFO %b\r\n" % payload
        case _:
            return b"PING\r\n" if batch % 2 else b"PONG\r\n"


def _read(chunks: list[bytes]) -> Incoming | None:
    """What many reads brought; None: refused."""
    try:
        return read_all(chunks)
    except ProtocolError:
        return None


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    **{f"tick-{encoding}": partial(check_tick, encoding) for encoding in Encoding},
    "route": partial(check_message, Route.decode),
    "heartbeat": partial(check_message, Heartbeat.decode),
    "operator-heartbeat": partial(check_message, OperatorHeartbeat.decode),
    "settings": partial(check_message, Settings.decode),
    "event": partial(check_message, decode_event),
    "rpc": check_rpc,
    "mds-pub": check_publication,
    "reader": check_reader,
    "frames": check_frames,
    "finisher": check_finisher,
}
