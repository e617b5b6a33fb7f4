"""Which ticks are the same tick, whichever front delivered it: `Nats-Msg-Id`.

SHA-256, cut to 128 bits, in base64url without padding, over what the exchange said and no front computes:

    subject NUL contract NUL update time NUL, numbers

The numbers are little-endian and without padding: 19 doubles, the volume in 64 bits, 11 integers of 32 bits.
A null is DBL_MAX, as CTP writes it; -0.0 is 0.0, because both are the same price. Every text is free of NUL,
so no two inputs give the same bytes. `docs/wire.md` has the recipe for other languages.
"""

from __future__ import annotations

import struct
from binascii import b2a_base64
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, cast

from mds_protocol.wire.depth import DBL_MAX, IDENTITY_DOUBLES, INTEGERS, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mds_protocol.wire.tick import Tick

IDENTITY_CHARACTERS: Final = 22

_DOUBLES: Final = len(IDENTITY_DOUBLES)
_FIRST_INTEGER: Final = len(NUMBERS) - len(INTEGERS)
_pack = struct.Struct(f"<{_DOUBLES}dq{len(INTEGERS) - 1}i").pack
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_read_numbers = cast("Callable[[Tick], tuple[Any, ...]]", attrgetter(*(field.name for field in NUMBERS)))


def build_prefix(subject: str, contract: str) -> bytes:
    """The part that a contract's ticks share, made once per contract; `contract` is `rb2701.SHFE`."""
    return f"{subject}\0{contract}\0".encode()


def identify(prefix: bytes, update_time: str, numbers: list[Any]) -> bytes:
    """The hot path's way: `numbers` is `depth.normalise(raw)`."""
    doubles = [DBL_MAX if x is None else x for x in numbers[:_DOUBLES]]
    return _hash(prefix, update_time, doubles, numbers[_FIRST_INTEGER:])


def identify_tick(subject: str, tick: Tick) -> bytes:
    """The same from a tick, which may have been decoded and so hold a -0.0 that no gateway of ours writes."""
    numbers = _read_numbers(tick)
    doubles = [DBL_MAX if x is None else x + 0.0 for x in numbers[:_DOUBLES]]
    return _hash(build_prefix(subject, tick.contract), tick.update_time, doubles, numbers[_FIRST_INTEGER:])


def _hash(prefix: bytes, update_time: str, doubles: list[float], integers: Sequence[int]) -> bytes:
    data = b"%b%b\0%b" % (prefix, update_time.encode(), _pack(*doubles, *integers))
    return b2a_base64(sha256(data, usedforsecurity=False).digest()[:16]).translate(_URL_SAFE, b"=\n")
