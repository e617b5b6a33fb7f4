"""Where each field stands in the bytes of a tick, for those who want to spoil one.

The order is that of `wire.TICK_DAY`, `TICK_PRICES`, `TICK_STAMP` and `TICK_BOOK`.
"""

from __future__ import annotations

import math
import struct
from typing import Final

from mds_simulator.exchange.book import NO_VALUE

_LAYOUT: Final = (
    ("40s", "instrument"),
    ("8s", "exchange"),
    ("d", "pre_settlement pre_close pre_open_interest upper_limit lower_limit"),
    ("d", "last open high low turnover open_interest close settlement average"),
    ("i", "volume"),
    ("d", "bid1 bid2 bid3 bid4 bid5 ask1 ask2 ask3 ask4 ask5"),
    ("8s", "trading_day action_day update_time"),
    ("i", "millisecond"),
    ("d", "serial"),
    ("i", "bid_volume1 bid_volume2 bid_volume3 bid_volume4 bid_volume5"),
    ("i", "ask_volume1 ask_volume2 ask_volume3 ask_volume4 ask_volume5"),
)
_SPECIAL: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "dbl_max": NO_VALUE}


class TickFieldError(ValueError):
    """No such field, or a value that it cannot hold."""


def _offsets() -> dict[str, tuple[int, struct.Struct]]:
    found = {}
    at = 0
    for kind, names in _LAYOUT:
        layout = struct.Struct("<" + kind)
        for name in names.split():
            found[name] = (at, layout)
            at += layout.size
    return found


FIELDS: Final = _offsets()


def pack_value(name: str, value: object) -> bytes:
    """Text is Latin-1 here, so that bytes that are no GB18030 can be asked for too."""
    if name not in FIELDS:
        raise TickFieldError(f"a tick has no field {name!r}; known: {', '.join(FIELDS)}")
    layout = FIELDS[name][1]
    try:
        if layout.format.endswith("s"):
            return layout.pack(str(value).encode("latin-1"))
        return layout.pack(_SPECIAL.get(value, value) if isinstance(value, str) else value)
    except (struct.error, UnicodeEncodeError) as exc:
        raise TickFieldError(f"{value!r} does not fit the field {name}: {exc}") from exc


def overwrite(tick: bytes, name: str, value: bytes) -> bytes:
    at = FIELDS[name][0]
    return tick[:at] + value + tick[at + len(value) :]
