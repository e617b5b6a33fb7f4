"""The three forms of a tick: JSON, MessagePack, and a pickled dict of builtins.

All three name every field, so that a reader in another language needs no table of positions. A decoder
refuses an unknown version, a missing, unknown or mistyped field, and names its path.
"""

from __future__ import annotations

import pickle
from enum import StrEnum
from typing import Final

import msgspec

from mds_protocol.wire.codec import explain
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.pickling import read_pickle
from mds_protocol.wire.tick import TICK_VERSION, Tick

MAX_TICK_BYTES: Final = 16 * 1024
"""Ten times what a tick has; bounds what a decoder spends on a bad one."""

PICKLE_PROTOCOL: Final = 4
"""Readable since Python 3.4; 5 adds nothing for numbers and strings."""


class Encoding(StrEnum):
    """`spec.publish.encoding`."""

    JSON = "json"
    MSGPACK = "msgpack"
    PICKLE = "pickle"


def encode_pickle(tick: Tick) -> bytes:
    return pickle.dumps(msgspec.structs.asdict(tick), PICKLE_PROTOCOL)


def decode_pickle(data: bytes) -> Tick:
    return msgspec.convert(read_pickle(data), Tick)


ENCODERS: Final = {
    Encoding.JSON: msgspec.json.Encoder().encode,
    Encoding.MSGPACK: msgspec.msgpack.Encoder().encode,
    Encoding.PICKLE: encode_pickle,
}
"""The hot path takes its encoder once, at the start."""

_DECODERS: Final = {
    Encoding.JSON: msgspec.json.Decoder(Tick).decode,
    Encoding.MSGPACK: msgspec.msgpack.Decoder(Tick).decode,
    Encoding.PICKLE: decode_pickle,
}


def encode(tick: Tick, encoding: Encoding) -> bytes:
    return ENCODERS[encoding](tick)


def decode(data: bytes, encoding: Encoding) -> Tick:
    if len(data) > MAX_TICK_BYTES:
        raise WireError("Tick", "$", f"{len(data)} bytes, at most {MAX_TICK_BYTES} are allowed")
    try:
        return _DECODERS[encoding](data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _check_version(data, encoding)
        raise explain("Tick", error) from error


class _Versioned(msgspec.Struct):
    v: int


def _check_version(data: bytes, encoding: Encoding) -> None:
    """Refuse a tick of the next version for that, not for the first field that this reader misses."""
    try:
        version = _read_version(data, encoding)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return  # the first refusal says more
    if version != TICK_VERSION:
        raise WireError(
            "Tick", "$.v", f"unknown version {str(version)[:8]}, this reader knows {TICK_VERSION}"
        )


def _read_version(data: bytes, encoding: Encoding) -> int:
    match encoding:
        case Encoding.JSON:
            return msgspec.json.decode(data, type=_Versioned).v
        case Encoding.MSGPACK:
            return msgspec.msgpack.decode(data, type=_Versioned).v
        case Encoding.PICKLE:
            return msgspec.convert(read_pickle(data), _Versioned).v
