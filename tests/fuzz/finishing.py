"""Raw structs through the finisher: a tick says what the struct said, or the struct is refused.

The input is a list of edits of a plain tick, nine bytes each: which field, and its bytes as they would stand
in the struct. The first byte of all chooses the contract. So every input is well typed, as the binding's are.
"""

from __future__ import annotations

import struct
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from mds_gateway.adapters.ctp.finishing import Finisher
from mds_gateway.adapters.ctp.plans import Asked, build_source_plan
from mds_gateway.domain.validation import Fault
from mds_gateway.ports import Outlet
from mds_protocol.wire.contract import Contract, Option, OptionType, ProductClass
from mds_protocol.wire.depth import DBL_MAX, DOUBLES, INTEGERS, TEXTS
from mds_protocol.wire.encodings import Encoding, decode
from mds_protocol.wire.identity import identify_tick
from mds_protocol.wire.subjects import SubjectTemplate
from tests.fuzz.judging import AlteredError, is_same
from tests.kit.slices import run_to_end

if TYPE_CHECKING:
    from mds_protocol.wire.tick import Tick

NOW_NS: Final = 1_795_397_401_000_000_000  # 2026-11-23 09:30:01 in Beijing
SECOND_NS: Final = 1_000_000_000
DAY: Final = "20261123"
EDIT_BYTES: Final = 9
_EXCHANGES: Final = ("SHFE", "DCE", "CZCE", "GFEX", "INE", "CFFEX")
_TEMPLATE: Final = SubjectTemplate.parse("md.{exchange}.{symbol}")
_FIELDS: Final = (*DOUBLES, *INTEGERS, *(text for text in TEXTS if text.ctp != "InstrumentID"))
_logins: Final = count(1)


def _build_contract(number: int, exchange: str, kind: ProductClass) -> Contract:
    is_option = kind is ProductClass.OPTIONS
    return Contract(
        symbol=f"SPD p{number}&q{number}" if kind is ProductClass.COMBINATION else f"p{number}",
        exchange=exchange,
        product="p",
        product_class=kind,
        multiplier=10,
        price_tick=1.0,
        option=Option(underlying="p1", strike=1.0, type=OptionType.CALL) if is_option else None,
    )


CONTRACTS: Final = tuple(
    _build_contract(number, exchange, kind)
    for number, (exchange, kind) in enumerate(
        (exchange, kind)
        for exchange in _EXCHANGES
        for kind in (ProductClass.FUTURES, ProductClass.OPTIONS, ProductClass.COMBINATION)
    )
)


def _build_finisher() -> Finisher:
    symbols = frozenset(one.symbol for one in CONTRACTS)
    outlets = tuple(Outlet(str(encoding), symbols, _TEMPLATE, encoding) for encoding in Encoding)
    made = Finisher()
    made.use(run_to_end(build_source_plan(Asked(own=CONTRACTS, outlets=outlets), made.plan)))
    return made


_finisher: Final = _build_finisher()


def build_raw(data: bytes) -> tuple[Contract, dict[str, Any]]:
    """Return the contract and the struct as the binding would hand it over."""
    contract = CONTRACTS[(data[0] if data else 0) % len(CONTRACTS)]
    raw: dict[str, Any] = {n.ctp: 3000.0 for n in DOUBLES} | {n.ctp: 7 for n in INTEGERS}
    raw |= {text.ctp: "" for text in TEXTS}
    raw |= {"InstrumentID": contract.symbol, "TradingDay": DAY, "ActionDay": DAY, "UpdateTime": "09:30:00"}
    for at in range(1, len(data) - EDIT_BYTES + 1, EDIT_BYTES):
        field, value = _FIELDS[data[at] % len(_FIELDS)], data[at + 1 : at + EDIT_BYTES]
        if field in DOUBLES:
            [raw[field.ctp]] = struct.unpack("<d", value)
        elif field in INTEGERS:
            [raw[field.ctp]] = struct.unpack("<i", value[:4])
        else:
            raw[field.ctp] = value.partition(b"\0")[0].decode("latin-1")
    return contract, raw


def build_edit(ctp: str, value: float | str) -> bytes:
    """For seeds."""
    place = next(number for number, field in enumerate(_FIELDS) if field.ctp == ctp)
    if isinstance(value, str):
        return bytes([place]) + value.encode("latin-1").ljust(8, b"\0")[:8]
    packed = struct.pack("<i", value) + bytes(4) if isinstance(value, int) else struct.pack("<d", value)
    return bytes([place]) + packed


def check_finisher(data: bytes) -> None:
    """Twice: the first of a login is a snapshot, the second is judged as live."""
    contract, raw = build_raw(data)
    _finisher.use_trading_day(DAY)  # forgets the inputs before
    login = next(_logins)
    now_ns = NOW_NS + login % 2 * SECOND_NS  # only the first refusals of a second are told in full
    for arrival in (1, 2):
        made = _finisher.finish([(arrival, now_ns, login, dict(raw), 0)], now_ns=now_ns, monotonic_lag_ns=0)
        if [one for one in made.quarantined if one.reason == Fault.MALFORMED]:
            raise AlteredError(f"a defect while finishing {raw}: {made.quarantined[0].problem}")
        if not made.ticks:
            if len(made.quarantined) != 1 or made.quarantined[0].fields != raw:
                raise AlteredError(f"neither finished nor refused as it was: {raw}")
            continue
        for encoding in Encoding:
            [finished] = made.ticks[str(encoding)]
            tick = decode(finished.body, encoding)
            check_tick(contract, raw, tick)
            subject = finished.contract.decode()
            if (finished.identity, finished.order_key) != (identify_tick(subject, tick), tick.order_key):
                raise AlteredError(f"identity or order key of {raw}: {finished}")


def check_tick(contract: Contract, raw: dict[str, Any], tick: Tick) -> None:
    expected: dict[str, Any] = {text.name: raw[text.ctp] for text in TEXTS}
    expected |= {number.name: raw[number.ctp] for number in INTEGERS}
    for number in DOUBLES:
        value = raw[number.ctp]
        expected[number.name] = value if -DBL_MAX < value < DBL_MAX else None
    expected |= {"exchange": contract.exchange, "trading_day": DAY}
    for name, value in expected.items():
        if not is_same(getattr(tick, name), value):
            raise AlteredError(f"{name} was {value!r}, is {getattr(tick, name)!r}")
