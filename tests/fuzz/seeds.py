"""Where the fuzzer begins: the vectors, good and refused; bytes of a server; edits of a struct."""

from __future__ import annotations

import json
import math
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.rpc import Verb
from tests.fuzz.finishing import CONTRACTS, build_edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

VECTORS: Final = Path(__file__).parents[1] / "vectors"
_REPLIES: Final = (
    b'{"stream":"MD", "seq":12345}',
    b'{"stream":"MD","seq":1234,"duplicate":true}',
    b'{"stream":"MD","seq":1,"domain":"hub"}',
    b'{"stream":"MD","seq":1,"val":"7"}',
    b'{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 9"},"stream":"MD","seq":0}',
)
_SAID: Final = (
    *(b"MSG _INBOX.ab.7 1 %d\r\n%b\r\n" % (len(reply), reply) for reply in _REPLIES),
    b"HMSG _INBOX.ab.9 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
    b'INFO {"server_id":"x","headers":true,"max_payload":1048576}\r\n',
    b"PING\r\n",
    b"PONG\r\n",
    b"+OK\r\n",
    b"-ERR 'Authorization Violation'\r\n",
)


def read_seeds(target: str) -> list[bytes]:
    """A target without seeds of its own is a message, named as its vectors are."""
    build = _OWN.get(target, partial(_read_messages, target))
    return list(build())


def _load(area: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{area}.json").read_text())
    return found


def _read_messages(area: str) -> Iterator[bytes]:
    rows = _load(area)
    for row in [*rows["cases"], *rows["refused"]]:
        yield bytes.fromhex(row["hex"])


def _read_ticks(encoding: str) -> Iterator[bytes]:
    rows = _load("ticks")
    yield from (bytes.fromhex(row[encoding]) for row in rows["cases"])
    yield from (bytes.fromhex(row["hex"]) for row in rows["refused"] if row["encoding"] == encoding)


def _read_rpc() -> Iterator[bytes]:
    rows, verbs = _load("rpc"), tuple(Verb)
    for row in [*rows["cases"], *rows["refused"]]:
        if row.get("verb") in verbs:
            side = 0 if row["side"] == "request" else 0x80
            # NB: 0x80 is a multiple of the number of verbs, so the side does not change the verb.
            yield bytes([side + verbs.index(row["verb"])]) + bytes.fromhex(row["hex"])


def _read_publications() -> Iterator[bytes]:
    rows = _load("mds_pub")
    for row in [*rows["cases"], *rows["refused"]]:
        yield row["text"].encode()


def _build_frames() -> list[bytes]:
    replies = [bytes([8 * place, len(reply)]) + reply for place, reply in enumerate(_REPLIES)]
    others = [b"\x0c\x03503", b"\x05\x02no", b"\x06\x02{}", b"\x07\x00", b"\x0f\x00"]
    return [*replies, *others, b"".join([*replies, *others])]


def _build_structs() -> Iterator[bytes]:
    for number in range(len(CONTRACTS)):
        yield bytes([number])
    dearest = sys.float_info.max
    for value in (0.0, -0.0, -1.0, 1e8, dearest, -dearest, math.inf, -math.inf, math.nan, 5e-324):
        yield b"\0" + build_edit("LastPrice", value) + build_edit("Turnover", value)
        yield b"\2" + build_edit("BidPrice1", value) + build_edit("CurrDelta", value)
    for count in (0, -1, 2**31 - 1, -(2**31), 999, 1000):
        yield b"\0" + build_edit("Volume", count) + build_edit("UpdateMillisec", count)
    for time in ("", "09:30:01", "24:00:00", "23:59:59", "00:00:00", "9:30:00", "\xff" * 8):
        yield b"\1" + build_edit("UpdateTime", time)
    for day in ("", "20261120", "20260231", "00000000", "99999999", "\xb2" * 8):
        yield b"\3" + build_edit("ActionDay", day) + build_edit("TradingDay", day)
        yield b"\6" + build_edit("ActionDay", day)


_OWN: Final[dict[str, Callable[[], Iterable[bytes]]]] = {
    **{f"tick-{encoding}": partial(_read_ticks, encoding) for encoding in Encoding},
    "operator-heartbeat": partial(_read_messages, "heartbeat"),
    "event": partial(_read_messages, "events"),
    "rpc": _read_rpc,
    "mds-pub": _read_publications,
    "reader": lambda: [*_SAID, b"".join(_SAID)],
    "frames": lambda: [bytes([size]) + frame for size in (0, 7, 255) for frame in _build_frames()],
    "finisher": _build_structs,
}
