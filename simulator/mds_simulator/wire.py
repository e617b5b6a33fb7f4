"""What a front and the stand-in libraries say to each other: frames of fixed records, little-endian.

    +--------------+-----------+-----------+----------------- - -
    | length u32   | kind u16  | last u16  | body: `length` bytes
    +--------------+-----------+-----------+----------------- - -

A body is one record, or, where this page says "many", records of one size one after another. Text is
padded with NUL and is GB18030, as in the vendor's structs. `native/wire.h` declares the same records; the
build hands it the version and the sizes from here, so that a difference does not compile.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

VERSION: Final = 1
MAGIC: Final = 0x3153444D  # "MDS1"
HEADER: Final = struct.Struct("<IHH")
# A request is small; more than this is no client of ours.
MAX_REQUEST_BYTES: Final = 1 << 20


class Kind(IntEnum):
    """What a frame holds."""

    # both ways
    HEARTBEAT = 1  # empty
    # to the front
    HELLO = 10
    AUTHENTICATE = 11
    LOGIN = 12
    LOGOUT = 13  # REQUEST
    CONFIRM = 14  # REQUEST
    QUERY = 15
    SUBSCRIBE = 16  # many INSTRUMENT_ID
    UNSUBSCRIBE = 17  # many INSTRUMENT_ID
    # to the library
    WELCOME = 30
    DISCONNECT = 31  # the library reports this reason, then closes
    AUTHENTICATED = 32  # REPLY
    LOGGED_IN = 33  # LOGIN_REPLY
    LOGGED_OUT = 34  # REPLY
    CONFIRMED = 35  # REPLY
    ERROR = 36  # REPLY, for OnRspError
    SUBSCRIBED = 37  # many SUBSCRIPTION
    UNSUBSCRIBED = 38  # many SUBSCRIPTION
    TICKS = 39  # many TICK
    INSTRUMENTS = 40  # REQUEST, then many INSTRUMENT; `last` closes the answer
    ACCOUNT = 41  # REQUEST, then one ACCOUNT
    POSITIONS = 42  # REQUEST; there are none
    STATUS = 43  # many STATUS
    PATIENCE = 44  # for the library itself
    REFUSE_SUBSCRIBE = 45  # the same, at a market-data front


class Query(IntEnum):
    INSTRUMENT = 1
    ACCOUNT = 2
    POSITION = 3


# --- records ------------------------------------------------------------------------------------------------

REASON: Final = struct.Struct("<i")
REQUEST: Final = struct.Struct("<i")
INSTRUMENT_ID: Final = struct.Struct("<40s")
# magic, version, side: b"m" market data or b"t" trading
HELLO: Final = struct.Struct("<IIc")
# milliseconds without a byte until the library gives up (0: its own time)
PATIENCE: Final = struct.Struct("<I")
# the code with which the library answers subscriptions without sending them (0: it sends them)
CODE: Final = struct.Struct("<i")
# version, queries a second (0: no limit)
WELCOME: Final = struct.Struct("<Ii")
# request, broker, user, app id, auth code
AUTHENTICATE: Final = struct.Struct("<i12s16s36s20s")
# request, broker, user, password, resume type of the public topic (-1: not subscribed)
LOGIN: Final = struct.Struct("<i12s16s44si")
# request, what, exchange, instrument, product
QUERY: Final = struct.Struct("<ii12s40s40s")
# request, error id, error text, broker, user
REPLY: Final = struct.Struct("<ii84s12s16s")
# request, error id, error text, broker, user, trading day, time, system, front id, session id
LOGIN_REPLY: Final = struct.Struct("<ii84s12s16s12s12s44sii")
# error id, error text, instrument
SUBSCRIPTION: Final = struct.Struct("<i84s40s")
# balance, available
ACCOUNT: Final = struct.Struct("<dd")
# exchange, product, status, segment, enter time
STATUS: Final = struct.Struct("<12s40sci12s")
# instrument, exchange, name, product, underlying, open day, expire day, class, option type, year, month,
# multiplier, min and max limit volume, price tick, strike
INSTRUMENT: Final = struct.Struct("<40s12s64s40s40s12s12sccxxiiiiidd")

# A tick is four parts, by how often each changes: packing only what changed is what makes 100,000 a second
# possible.
# instrument, exchange, pre-settlement, pre-close, pre-open-interest, upper limit, lower limit
TICK_DAY: Final = struct.Struct("<40s8sddddd")
# last, open, high, low, turnover, open interest, close, settlement, average, volume, 5 bids, 5 asks
TICK_PRICES: Final = struct.Struct("<9di5d5d")
# trading day, action day, update time, ms
TICK_STAMP: Final = struct.Struct("<8s8s8si")
# serial (in CurrDelta), 5 bid volumes, 5 ask volumes
TICK_BOOK: Final = struct.Struct("<d10i")
TICK_BYTES: Final = TICK_DAY.size + TICK_PRICES.size + TICK_STAMP.size + TICK_BOOK.size

# What the build compares with native/wire.h.
SIZES: Final = {
    "Hello": HELLO.size,
    "Welcome": WELCOME.size,
    "Authenticate": AUTHENTICATE.size,
    "Login": LOGIN.size,
    "Query": QUERY.size,
    "Reply": REPLY.size,
    "LoginReply": LOGIN_REPLY.size,
    "Subscription": SUBSCRIPTION.size,
    "Account": ACCOUNT.size,
    "Status": STATUS.size,
    "Instrument": INSTRUMENT.size,
    "Tick": TICK_BYTES,
}


class WireError(ValueError):
    """The peer does not speak this protocol; the connection must be closed."""


@dataclass(frozen=True, slots=True)
class Frame:
    kind: Kind
    body: bytes


def pack_frame(kind: Kind, body: bytes = b"", *, last: bool = True) -> bytes:
    return HEADER.pack(len(body), kind, last) + body


def encode_text(value: str) -> bytes:
    return value.encode("gb18030")


def decode_text(value: bytes) -> str:
    return value.split(b"\0", 1)[0].decode("gb18030", errors="replace")


def unpack(layout: struct.Struct, frame: Frame) -> tuple[Any, ...]:
    """The one record of a frame."""
    if len(frame.body) != layout.size:
        raise WireError(f"{frame.kind.name} of {len(frame.body)} bytes; it has {layout.size}")
    return layout.unpack(frame.body)


def instrument_ids(frame: Frame) -> list[bytes]:
    if len(frame.body) % INSTRUMENT_ID.size:
        raise WireError(f"{frame.kind.name} of {len(frame.body)} bytes; ids have {INSTRUMENT_ID.size} each")
    return [name for (name,) in INSTRUMENT_ID.iter_unpack(frame.body)]


class FrameReader:
    """Bytes in, whole frames out, in order."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        self._pending += data
        frames = []
        start = 0
        while len(self._pending) - start >= HEADER.size:
            length, kind, _last = HEADER.unpack_from(self._pending, start)
            if length > MAX_REQUEST_BYTES:
                raise WireError(f"a request of {length} bytes; the limit is {MAX_REQUEST_BYTES}")
            end = start + HEADER.size + length
            if len(self._pending) < end:
                break
            frames.append(Frame(_known(kind), bytes(self._pending[start + HEADER.size : end])))
            start = end
        del self._pending[:start]
        return frames


def _known(kind: int) -> Kind:
    try:
        return Kind(kind)
    except ValueError as exc:
        raise WireError(f"frame of unknown kind {kind}; known are {[k.value for k in Kind]}") from exc
