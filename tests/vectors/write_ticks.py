"""Writes the bytes of ticks.json and identity.json anew from their values. Imports nothing of ours.

    python tests/vectors/write_ticks.py

JSON by Python's `json`, MessagePack and the plain pickle byte by byte, the other pickle by CPython, the
identity with `struct`, `hashlib` and `base64`, all from docs/wire.md. A refused tick is the first case
spoiled in one place; those of a few bytes were written by hand and stay as they are.
"""

from __future__ import annotations

import json
import math
import pickle
import struct
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

type Values = dict[str, Any]

FOLDER = Path(__file__).parent
LEVELS = range(1, 6)
DOUBLES = (
    "last_price", "open_price", "high_price", "low_price", "close_price", "settlement", "limit_up",
    "limit_down", "open_interest", *(f"bid_price_{n}" for n in LEVELS), *(f"ask_price_{n}" for n in LEVELS),
)  # fmt: skip
INTEGERS = (
    "update_millisec",
    *(f"bid_volume_{n}" for n in LEVELS),
    *(f"ask_volume_{n}" for n in LEVELS),
)


# --- the forms


def write_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def write_msgpack(value: object) -> bytes:
    """In the fewest bytes, as the format asks."""
    match value:
        case None:
            return b"\xc0"
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case int():
            return _write_integer(value)
        case str():
            text = value.encode()
            head = bytes([0xA0 | len(text)]) if len(text) < 32 else b"\xd9" + bytes([len(text)])
            return head + text
        case dict():
            return b"\xde" + struct.pack(">H", len(value)) + b"".join(
                write_msgpack(each) for pair in value.items() for each in pair
            )  # fmt: skip
    raise TypeError(type(value))


def _write_integer(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack(">b", value)
    forms = "\xccB\xcdH\xceI\xcfQ" if value > 0 else "\xd0b\xd1h\xd2i\xd3q"
    for opcode, form in zip(forms[::2], forms[1::2], strict=True):
        try:
            return opcode.encode("latin-1") + struct.pack(f">{form}", value)
        except struct.error:
            continue
    raise OverflowError(value)


def write_pickle(value: object) -> bytes:
    return pickle.dumps(value, 4)


def write_plain_pickle(value: Values) -> bytes:
    """Protocol 4 without frame and memo."""
    pairs = b"".join(_write_opcode(each) for pair in value.items() for each in pair)
    return b"\x80\x04}(" + pairs + b"u."


def _write_opcode(value: object) -> bytes:
    match value:
        case None:
            return b"N"
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            text = value.encode()
            return b"\x8c" + bytes([len(text)]) + text
        case int():
            return _write_integer_opcode(value)
    raise TypeError(type(value))


def _write_integer_opcode(value: int) -> bytes:
    for opcode, form in ((b"K", "<B"), (b"M", "<H"), (b"J", "<i")):
        try:
            return opcode + struct.pack(form, value)
        except struct.error:
            continue
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


# --- the identity


def build_preimage(subject: str, tick: Values) -> bytes:
    texts = (subject, f"{tick['symbol']}.{tick['exchange']}", tick["update_time"])
    doubles = [sys.float_info.max if tick[name] is None else tick[name] + 0.0 for name in DOUBLES]
    numbers = struct.pack("<19dq11i", *doubles, tick["volume"], *(tick[name] for name in INTEGERS))
    return b"".join(text.encode() + b"\0" for text in texts) + numbers


def identify(preimage: bytes) -> str:
    return urlsafe_b64encode(sha256(preimage).digest()[:16]).decode().rstrip("=")


# --- what is refused


def without(name: str) -> Callable[[Values], Values]:
    return lambda tick: {key: value for key, value in tick.items() if key != name}


def with_(**changes: object) -> Callable[[Values], Values]:
    return lambda tick: tick | changes


SPOILED_VALUES: dict[str, Callable[[Values], Values]] = {
    "the next version, whatever else it has": lambda tick: without("volume")(tick) | {"v": 2, "vwap": 1.0},
    "the next version, said last": lambda tick: without("v")(tick) | {"last_price": "x"} | {"v": 2},
    "no version": without("v"),
    "no volume": without("volume"),
    "no reference of a circuit breaker": without("circuit_ref_price"),
    "a field that version 1 does not have": with_(vwap=1.0),
    "a price as text": with_(last_price="3105"),
    "a volume with a fraction": with_(volume=1.5),
    "a volume beyond 64 bits": with_(volume=2**63),
    "a volume of a level beyond 32 bits": with_(bid_volume_1=2**31),
    "a time as text": with_(exchange_time_ns="2026-11-20T13:00:00.5Z"),
    "a sending time as a number": with_(sending_time=93000),
    "a null volume": with_(volume=None),
    "DBL_MAX where null belongs": with_(close_price=sys.float_info.max),
    "a symbol of 82 characters": with_(symbol="x" * 82),
    "NaN": with_(last_price=math.nan),
    "infinity": with_(ask_price_1=math.inf),
}
SPOILED_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[:-1],
    "no end": lambda data: data[:-1],
    "two ticks": lambda data: data * 2,
    "text that is not UTF-8": lambda data: data.replace(b"rb2701", b"rb\xff701", 1),
    "16,385 bytes": lambda data: data[:-1] + b" " * (16_385 - len(data)) + b"}",
    "bytes after the end": lambda data: data + b"N",
}
FORMS: dict[str, Callable[[Values], bytes]] = {
    "json": write_json,
    "msgpack": write_msgpack,
    "pickle": write_pickle,
    "pickle_plain": write_plain_pickle,
}
SPOILED_FORMS = FORMS | {"pickle": write_plain_pickle}


def spoil(row: dict[str, str], tick: Values) -> bytes:
    write = SPOILED_FORMS[row["encoding"]]
    if change := SPOILED_VALUES.get(row["name"]):
        return write(change(tick))
    if damage := SPOILED_BYTES.get(row["name"]):
        return damage(write(tick))
    return bytes.fromhex(row["hex"])


def renew(ticks: dict[str, Any], identities: dict[str, Any]) -> None:
    for row in ticks["cases"]:
        row.update({form: write(row["value"]).hex() for form, write in FORMS.items()})
    for row in ticks["refused"]:
        row["hex"] = spoil(row, ticks["cases"][0]["value"]).hex()
    for row in identities["cases"]:
        preimage = build_preimage(row["subject"], row["tick"])
        row.update(preimage=preimage.hex(), identity=identify(preimage))


def main() -> None:
    paths = [FOLDER / name for name in ("ticks.json", "identity.json")]
    ticks, identities = (json.loads(path.read_text()) for path in paths)
    renew(ticks, identities)
    for path, content in zip(paths, (ticks, identities), strict=True):
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
