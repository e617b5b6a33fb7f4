"""What can be made to go wrong at a front: frozen data, changed by JSON from the control port.

The control port replaces the whole value; nothing here is changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from mds_simulator.front.tick_fields import TickFieldError, pack_value

if TYPE_CHECKING:
    from collections.abc import Mapping


_DAY_S: Final = 86_400
_FROM_ZERO: Final = (0, 2**31 - 1, "a whole number from 0 to 2147483647")
_RANGES: Final = {
    "refuse_subscribe": (-3, 0, "-1, -2, -3 or 0"),
    "clock_ahead_s": (1 - _DAY_S, _DAY_S - 1, "a whole number of seconds within a day"),
}


class FaultError(ValueError):
    """A fault that does not exist or has an impossible value; the message names it."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """Overwrites one field of a share of the snapshots, of all contracts or of those named."""

    field: str
    value: bytes  # as it stands in the tick
    share: float = 1.0
    contracts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Faults:
    """The habits and the ills of one front. The defaults are a healthy, ordinary one."""

    refuse_login: int = 0  # ErrorID; 0: logins are judged as usual
    silent: bool = False  # no market data; everything else goes on
    frozen: bool = False  # not one byte, no heartbeat either: the library gives up by itself
    patience_ms: int = 0  # after which it does; told, before anything else changes, to whoever is connected
    lag_ms: int = 0
    drop_share: float = 0.0
    conflate_ms: int = 0  # only the newest snapshot of a contract in each such time
    query_not_ready: bool = False  # queries end with error 90
    login_verify: bool = False  # market data only after a trading login of the same user, this day
    max_subscriptions: int = 0  # 0: no limit; then error 6000
    max_subscribes_per_second: int = 0  # 0: no limit; then the connection is cut, as by a full send buffer
    refuse_subscribe: int = 0  # -1, -2 or -3: what the library itself answers to each; 0: it sends them
    clock_ahead_s: int = 0  # negative: behind; the times of day in its snapshots, and the day past midnight
    fill_exchange: bool = False  # an mdfront names the exchange, an ordinary front does not
    corrupt: tuple[Corruption, ...] = field(default=())

    @property
    def passes_all(self) -> bool:
        """No snapshot needs a closer look."""
        return not (self.drop_share or self.corrupt or self.fill_exchange or self.clock_ahead_s)


# --- from JSON ----------------------------------------------------------------------------------------------


def change(faults: Faults, request: Mapping[str, object]) -> Faults:
    """The faults after a request, which names only what changes."""
    known = {one.name: getattr(faults, one.name) for one in fields(Faults)}
    unknown = sorted(set(request) - set(known))
    if unknown:
        raise FaultError(f"no such fault: {', '.join(unknown)}; known: {', '.join(known)}")
    return Faults(**(known | {name: _parse(name, known[name], value) for name, value in request.items()}))


def _parse(name: str, old: object, value: object) -> object:
    if name == "corrupt":
        return tuple(_parse_corruption(one) for one in _expect(name, list, value))
    if isinstance(old, bool):
        return _expect(name, bool, value)
    if isinstance(old, float):
        return _parse_share(name, value)
    least, most, text = _RANGES.get(name, _FROM_ZERO)
    if isinstance(value, bool) or not least <= _expect(name, int, value) <= most:
        raise FaultError(f"{name} is {text}, not {value!r}")
    return value


def _expect[T](name: str, kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise FaultError(f"{name} is a {kind.__name__}, not {value!r}")
    return value


def _parse_share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise FaultError(f"{name} is a share from 0 to 1, not {value!r}")
    return float(value)


def _parse_corruption(request: object) -> Corruption:
    given = _expect("corrupt", dict, request)
    if not {"field", "value"} <= set(given) <= {"field", "value", "share", "contracts"}:
        raise FaultError("a corruption is {field, value, share?, contracts?}")
    try:
        value = pack_value(given["field"], given["value"])
    except TickFieldError as exc:
        raise FaultError(str(exc)) from exc
    contracts = frozenset(_expect("contracts", list, given.get("contracts", [])))
    return Corruption(given["field"], value, _parse_share("share", given.get("share", 1)), contracts)
