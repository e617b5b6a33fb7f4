"""What stands around a message: the reply of a delivery, and a leader's answer with a stored one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from mds_runtime.nats.delivery import Delivery, read_delivery
from mds_runtime.nats.stored import Stored, read_stored

FOUND = Delivery(sequence=35, time_ns=1_796_000_000_123_456_789, pending=4)
REPLIES = [
    pytest.param("$JS.ACK.MD.c7.1.35.9.1796000000123456789.4", FOUND, id="of a server alone"),
    pytest.param("$JS.ACK.hub.Xf2.MD.c7.1.35.9.1796000000123456789.4.r8", FOUND, id="of a domain"),
    pytest.param("$JS.FC.MD.c7.aB", None, id="flow control"),
    pytest.param("", None, id="a heartbeat"),
]


@pytest.mark.parametrize(("reply", "found"), REPLIES)
def test_a_reply_says_where_a_delivery_stands(reply: str, found: Delivery | None) -> None:
    assert read_delivery(reply) == found


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


MESSAGE = {"subject": "$KV.b.k", "seq": 7, "time": "2026-11-28T01:02:03.123456789Z"}
AT = datetime(2026, 11, 28, 1, 2, 3, 123456, tzinfo=UTC)
DELETED = encode(b"NATS/1.0\r\nKV-Operation: DEL\r\n\r\n")
MESSAGES = [
    pytest.param({"data": encode(b"v")}, Stored("$KV.b.k", b"v", 7, AT, is_marker=False), id="a value"),
    pytest.param({"hdrs": DELETED}, Stored("$KV.b.k", b"", 7, AT, is_marker=True), id="a deleted one"),
    pytest.param({}, Stored("$KV.b.k", b"", 7, AT, is_marker=False), id="an empty one"),
]


@pytest.mark.parametrize(("more", "stored"), MESSAGES)
def test_a_stored_message_is_read(more: dict[str, str], stored: Stored) -> None:
    assert read_stored(MESSAGE | more) == stored
