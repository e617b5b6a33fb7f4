"""What becomes of a raw CTP tick, and which ticks are the same."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_protocol.wire import depth, encodings
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.identity import build_prefix, identify, identify_tick
from mds_protocol.wire.tick import Tick, build_tick
from tests.unit.wire import raw_ticks
from tests.unit.wire.raw_ticks import DBL_MAX, DOUBLES, INTEGERS, OF_SOME_FRONTS, TEXTS, make_raw

SUBJECT = "md.SHFE.rb2701"
IN_IDENTITY = [
    "InstrumentID",
    "UpdateTime",
    "UpdateMillisec",
    "Volume",
    "OpenInterest",
    "LastPrice",
    "OpenPrice",
    "HighestPrice",
    "LowestPrice",
    "ClosePrice",
    "SettlementPrice",
    "UpperLimitPrice",
    "LowerLimitPrice",
    "BidPrice1",
    "BidVolume1",
    "AskPrice1",
    "AskVolume1",
    "BidPrice2",
    "BidVolume2",
    "AskPrice2",
    "AskVolume2",
    "BidPrice3",
    "BidVolume3",
    "AskPrice3",
    "AskVolume3",
    "BidPrice4",
    "BidVolume4",
    "AskPrice4",
    "AskVolume4",
    "BidPrice5",
    "BidVolume5",
    "AskPrice5",
    "AskVolume5",
]
NOT_IN_IDENTITY = sorted({*DOUBLES, *INTEGERS, *TEXTS} - set(IN_IDENTITY))


def make_tick(raw: dict[str, Any]) -> Tick:
    return build_tick(raw, depth.normalise(raw), "SHFE", 1_795_179_600_500_000_000, "20261123")


def make_identity(raw: dict[str, Any], subject: str = SUBJECT) -> bytes:
    prefix = build_prefix(subject, f"{raw['InstrumentID']}.SHFE")
    return identify(prefix, raw["UpdateTime"], depth.normalise(raw))


def test_every_field_of_the_struct_is_in_the_table_or_reserved() -> None:
    table = {field.ctp for field in (*depth.NUMBERS, *depth.TEXTS, depth.SENDING_TIME)}

    assert table | set(depth.RESERVED) == {*DOUBLES, *INTEGERS, *TEXTS, *OF_SOME_FRONTS}


def test_tick_fields_stand_in_the_order_of_the_table() -> None:
    numbers = tuple(field.name for field in depth.NUMBERS)

    assert Tick.__struct_fields__[-len(numbers) :] == numbers
    assert {field.name for field in depth.TEXTS} <= set(Tick.__struct_fields__)


@pytest.mark.parametrize("field", depth.DOUBLES, ids=lambda field: field.ctp)
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(DBL_MAX, None, id="DBL_MAX"),
        pytest.param(math.nextafter(DBL_MAX, 0), math.nextafter(DBL_MAX, 0), id="just below DBL_MAX"),
        pytest.param(-DBL_MAX, None, id="minus DBL_MAX"),
        pytest.param(math.inf, None, id="infinity"),
        pytest.param(math.nan, None, id="NaN"),
        pytest.param(0.5, 0.5, id="a number"),
        pytest.param(0.0, 0.0, id="zero"),
    ],
)
def test_only_what_is_no_number_becomes_null(field: depth.Number, raw: float, expected: float | None) -> None:
    tick = make_tick(make_raw(**{field.ctp: raw}))

    assert getattr(tick, field.name) == expected


@pytest.mark.parametrize("field", depth.INTEGERS + depth.TEXTS, ids=lambda field: field.ctp)
def test_each_integer_and_text_arrives_under_its_name(field: depth.Number) -> None:
    value: Any = 17 if field in depth.INTEGERS else "seventeen"

    assert getattr(make_tick(make_raw(**{field.ctp: value})), field.name) == value


def test_what_only_some_fronts_have_is_null_from_the_others() -> None:
    raw = {name: value for name, value in make_raw().items() if name not in OF_SOME_FRONTS}
    tick = make_tick(raw)

    assert (tick.banding_upper, tick.banding_lower, tick.circuit_ref_price, tick.sending_time) == (None,) * 4
    assert make_identity(raw) == make_identity(make_raw(BandingUpperPrice=3.0, CircuitRefPrice=4.0))


def test_a_stock_option_front_says_more() -> None:
    tick = make_tick(make_raw(CircuitRefPrice=0.25, SendingTime="09:30:00.250"))

    assert (tick.circuit_ref_price, tick.sending_time) == (0.25, "09:30:00.250")


@pytest.mark.parametrize("volume", [2**31 - 1, 2**31, 2**63 - 1])
def test_a_volume_has_64_bits_in_every_form(volume: int) -> None:
    tick = make_tick(make_raw(Volume=volume))

    assert tick.order_key[1] == volume
    assert make_identity(make_raw(Volume=volume)) != make_identity(make_raw(Volume=volume - 2**31))
    assert {encodings.decode(encodings.encode(tick, each), each).volume for each in Encoding} == {volume}


def test_minus_zero_becomes_zero() -> None:
    tick = make_tick(make_raw(LastPrice=-0.0))

    assert math.copysign(1, tick.last_price or 0.0) == 1


def test_order_key_is_exchange_time_then_volume() -> None:
    assert make_tick(make_raw(Volume=7)).order_key == (1_795_179_600_500_000_000, 7)


@pytest.mark.parametrize("encoding", Encoding)
@given(raw=raw_ticks.raw_ticks)
def test_every_tick_survives_every_encoding(encoding: Encoding, raw: dict[str, Any]) -> None:
    tick = make_tick(raw)

    assert encodings.decode(encodings.encode(tick, encoding), encoding) == tick


@given(raw=raw_ticks.raw_ticks)
def test_identity_is_the_same_from_the_raw_tick_and_from_the_decoded_one(raw: dict[str, Any]) -> None:
    body = encodings.encode(make_tick(raw), Encoding.JSON)

    assert identify_tick(SUBJECT, encodings.decode(body, Encoding.JSON)) == make_identity(raw)


@pytest.mark.parametrize("name", IN_IDENTITY)
@given(data=st.data())
def test_a_change_of_what_the_exchange_says_is_another_tick(name: str, data: st.DataObject) -> None:
    raw = make_raw()
    kind = raw_ticks.doubles if name in DOUBLES else raw_ticks.integers if name in INTEGERS else st.just("x")
    changed = raw | {name: data.draw(kind)}

    same = depth.normalise(raw) == depth.normalise(changed) and name not in TEXTS
    assert (make_identity(raw) == make_identity(changed)) is same


@pytest.mark.parametrize("name", NOT_IN_IDENTITY)
@pytest.mark.parametrize("value", [0, 1, DBL_MAX, math.nan])
def test_a_change_of_what_a_front_computes_is_the_same_tick(name: str, value: float) -> None:
    changed = make_raw(**{name: "x" if name in TEXTS else float(value)})

    assert make_identity(make_raw()) == make_identity(changed)


def test_the_same_tick_under_another_subject_is_another_message() -> None:
    assert make_identity(make_raw()) != make_identity(make_raw(), subject="md2.SHFE.rb2701")


@pytest.mark.parametrize("encoding", Encoding)
@given(junk=st.binary(max_size=64))
def test_junk_is_refused_and_nothing_else_happens(encoding: Encoding, junk: bytes) -> None:
    with pytest.raises(WireError):
        encodings.decode(junk, encoding)


@pytest.mark.parametrize("encoding", Encoding)
@given(at=st.integers(0, 2**16), byte=st.integers(0, 255))
def test_a_damaged_tick_is_refused_or_is_another_valid_tick(encoding: Encoding, at: int, byte: int) -> None:
    body = bytearray(encodings.encode(make_tick(make_raw()), encoding))
    body[at % len(body)] = byte

    try:
        tick = encodings.decode(bytes(body), encoding)
    except WireError:
        return
    assert msgspec.convert(msgspec.to_builtins(tick), Tick) == tick
