"""Times of other writers: what no reader can reckon with is refused with its field."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.events import decode_event
from mds_protocol.wire.route import Route, read_epoch
from mds_protocol.wire.times import END_NS, FIRST_NS, to_ns, to_time

FORGED_NS = 10**30
NEW_YEAR_2200_S = 7_258_118_400

REFUSED = [
    pytest.param(FORGED_NS, id="after any year"),
    pytest.param(-(10**30), id="before any year"),
    pytest.param(2**63 - 1, id="the last of 64 bits, in 2262"),
    pytest.param(946_684_799_999_999_999, id="before 2000"),
    pytest.param(NEW_YEAR_2200_S * 10**9, id="after 2199"),
    pytest.param(0, id="1970"),
    pytest.param(1_795_179_600_000, id="milliseconds"),
    pytest.param("2026-11-20T13:00:00Z", id="a text"),
    pytest.param(1_795_179_600.5e9, id="a fraction"),
    pytest.param(None, id="null"),
]


def write_route(decided_at_ns: object, **changed: object) -> bytes:
    fields = {
        "v": 1, "uid": "0b1c", "epoch": 7, "named": "ctp-b", "reason": "FrontLost", "nonce": "5f3a",
        "decided_at_ns": decided_at_ns,
    }  # fmt: skip
    return json.dumps(fields | changed).encode()


def write_event(at_ns: object) -> bytes:
    return json.dumps(
        {
            "v": 1, "kind": "blocked", "namespace": "desk", "name": "ctp-a", "account": "ctp-a",
            "instance": "ctp-a-0", "at_ns": at_ns, "error_code": 3,
        }
    ).encode()  # fmt: skip


def write_contracts(trading_day: str) -> bytes:
    return json.dumps(
        {
            "v": 1, "gateway": "CTP", "environment": "Test", "exchange": "SHFE", "product": "rb",
            "trading_day": trading_day, "contracts": [],
        }
    ).encode()  # fmt: skip


@pytest.mark.parametrize("found", REFUSED)
def test_a_route_of_a_time_that_cannot_be_is_refused(found: object) -> None:
    with pytest.raises(WireError) as caught:
        Route.decode(write_route(found))

    assert caught.value.path == "$.decided_at_ns"


@pytest.mark.parametrize("found", REFUSED)
def test_an_event_of_a_time_that_cannot_be_is_refused(found: object) -> None:
    with pytest.raises(WireError) as caught:
        decode_event(write_event(found))

    assert caught.value.path == "$.at_ns"


@pytest.mark.parametrize(
    "text", ["2026-11-31", "00000000", "20261131", "99999999", "19991231", "22000101", "today"]
)
def test_contracts_of_a_day_that_is_none_are_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        ProductContracts.decode(write_contracts(text))

    assert caught.value.path == "$.trading_day"


@pytest.mark.parametrize("found", [946_684_800 * 10**9, NEW_YEAR_2200_S * 10**9 - 1])
def test_the_first_and_the_last_nanosecond_are_read(found: int) -> None:
    assert found in (FIRST_NS, END_NS - 1)
    assert Route.decode(write_route(found)).decided_at_ns == found


def test_a_time_is_converted_to_the_microsecond_and_back() -> None:
    moment = datetime(2026, 11, 20, 13, 0, 0, 123_456, tzinfo=UTC)

    assert to_ns(moment) == 1_795_179_600_123_456_000
    assert to_time(1_795_179_600_123_456_789) == moment


def test_contracts_of_a_day_are_read() -> None:
    assert ProductContracts.decode(write_contracts("20261123")).trading_day == "20261123"


@pytest.mark.parametrize(
    ("data", "epoch"),
    [
        pytest.param(write_route(FORGED_NS, epoch=900), 900, id="a route with one bad field"),
        pytest.param(write_route(FORGED_NS, v=2, epoch=900), 900, id="of the next version"),
        pytest.param(write_route(FORGED_NS, epoch=2**63 - 2), 2**63 - 2, id="the last that can be followed"),
        pytest.param(write_route(FORGED_NS, epoch=2**63 - 1), 0, id="none can follow it"),
        pytest.param(write_route(FORGED_NS, epoch="many"), 0, id="no number"),
        pytest.param(b"{", 0, id="cut short"),
        pytest.param(b"\xff", 0, id="no text"),
        pytest.param(b"[" * 100_000, 0, id="nested without end"),
    ],
)
def test_the_epoch_of_a_bad_route_is_read_where_it_says_one(data: bytes, epoch: int) -> None:
    assert read_epoch(data) == epoch
