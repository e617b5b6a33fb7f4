"""Times of other writers: what no reader can reckon with is refused with the field and the value."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.events import decode_event
from mds_protocol.wire.route import Route, read_epoch
from mds_protocol.wire.times import parse_time

FORGED = "0001-01-01T00:00:00+14:00"

REFUSED = [
    pytest.param(FORGED, id="before year 1 in UTC"),
    pytest.param("9999-12-31T23:59:59-14:00", id="after year 9999 in UTC"),
    pytest.param("1999-12-31T23:59:59Z", id="before 2000"),
    pytest.param("2200-01-01T00:00:00Z", id="after 2199"),
]
NO_TIME = [
    pytest.param("2026-11-20T13:00:00", id="without an offset"),
    pytest.param("2026-11-31T13:00:00Z", id="no such day"),
    pytest.param("2026-11-20T13:00:00+25:00", id="no such offset"),
    pytest.param("yesterday", id="words"),
    pytest.param("", id="nothing"),
]


def write_route(decided_at: str, **changed: object) -> bytes:
    fields = {
        "v": 1, "uid": "0b1c", "epoch": 7, "named": "ctp-b", "reason": "FrontLost", "nonce": "5f3a",
        "decided_at": decided_at,
    }  # fmt: skip
    return json.dumps(fields | changed).encode()


def write_event(at: str) -> bytes:
    return json.dumps(
        {
            "v": 1, "kind": "blocked", "namespace": "desk", "name": "ctp-a", "account": "ctp-a",
            "instance": "ctp-a-0", "at": at, "error_code": 3,
        }
    ).encode()  # fmt: skip


def write_contracts(trading_day: str) -> bytes:
    return json.dumps(
        {
            "v": 1, "gateway": "CTP", "environment": "Test", "exchange": "SHFE", "product": "rb",
            "trading_day": trading_day, "contracts": [],
        }
    ).encode()  # fmt: skip


@pytest.mark.parametrize("text", [*REFUSED, *NO_TIME])
def test_a_route_with_a_time_that_cannot_be_converted_is_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        Route.decode(write_route(text))

    assert caught.value.path == "$.decided_at"
    assert repr(text)[:20] in caught.value.problem


@pytest.mark.parametrize("text", [*REFUSED, *NO_TIME])
def test_an_event_with_a_time_that_cannot_be_converted_is_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_event(write_event(text))

    assert caught.value.path == "$.at"


@pytest.mark.parametrize(
    "text", ["2026-11-31", "00000000", "20261131", "99999999", "19991231", "22000101", "today"]
)
def test_contracts_of_a_day_that_is_none_are_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        ProductContracts.decode(write_contracts(text))

    assert caught.value.path == "$.trading_day"


@pytest.mark.parametrize(
    "text", ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59.999999-12:00", "2026-11-20T21:00:00.123+08:00"]
)
def test_a_time_of_these_centuries_is_read_wherever_its_writer_lives(text: str) -> None:
    assert Route.decode(write_route(text)).decided_at == text
    assert parse_time(text) == datetime.fromisoformat(text).astimezone(UTC)


def test_contracts_of_a_day_are_read() -> None:
    assert ProductContracts.decode(write_contracts("20261123")).trading_day == "20261123"


@pytest.mark.parametrize(
    ("data", "epoch"),
    [
        pytest.param(write_route(FORGED, epoch=900), 900, id="a route with one bad field"),
        pytest.param(write_route(FORGED, v=2, epoch=900), 900, id="of the next version"),
        pytest.param(write_route(FORGED, epoch=2**63 - 2), 2**63 - 2, id="the last that another can follow"),
        pytest.param(write_route(FORGED, epoch=2**63 - 1), 0, id="none can follow it"),
        pytest.param(write_route(FORGED, epoch="many"), 0, id="no number"),
        pytest.param(b"{", 0, id="cut short"),
        pytest.param(b"\xff", 0, id="no text"),
        pytest.param(b"[" * 100_000, 0, id="nested without end"),
    ],
)
def test_the_epoch_of_a_bad_route_is_read_where_it_says_one(data: bytes, epoch: int) -> None:
    assert read_epoch(data) == epoch
