"""Where each field stands in the bytes of a tick, for those who want to spoil one.

The order is that of `wire.TICK_DAY`, `TICK_PRICES`, `TICK_STAMP` and `TICK_BOOK`.
"""

from __future__ import annotations

import math
import struct
from datetime import datetime, timedelta
from typing import Final

from mds_simulator.exchange.book import NO_VALUE
from mds_simulator.exchange.calendar import BEIJING

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
_DAY_S: Final = 86_400
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


def shift_time(tick: bytes, seconds: int) -> bytes:
    """As a clock would stamp it that is ahead by so much. Past midnight the natural day follows."""
    hours, minutes, rest = map(int, _read(tick, "update_time").split(b":"))
    days, of_day = divmod(hours * 3600 + minutes * 60 + rest + seconds, _DAY_S)
    clock = f"{of_day // 3600:02d}:{of_day // 60 % 60:02d}:{of_day % 60:02d}"
    tick = overwrite(tick, "update_time", clock.encode())
    day = _read(tick, "action_day").rstrip(b"\0")
    if not (days and day):
        return tick
    moved = datetime.strptime(day.decode(), "%Y%m%d").replace(tzinfo=BEIJING) + timedelta(days=days)
    return overwrite(tick, "action_day", f"{moved:%Y%m%d}".encode())


def _read(tick: bytes, name: str) -> bytes:
    at, layout = FIELDS[name]
    return tick[at : at + layout.size]
