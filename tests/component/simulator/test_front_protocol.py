"""A front against clients that no library of ours would be: raw sockets, literal bytes."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator

    Start = Callable[..., RunningSimulator]

HELLO = b"\x09\x00\x00\x00" + b"\x0a\x00" + b"\x01\x00" + b"MDS1" + b"\x01\x00\x00\x00" + b"m"
WELCOME = b"\x08\x00\x00\x00" + b"\x1e\x00" + b"\x01\x00" + b"\x01\x00\x00\x00" + b"\x01\x00\x00\x00"
BAD_PACKET = b"\x04\x00\x00\x00" + b"\x1f\x00" + b"\x01\x00" + b"\x03\x20\x00\x00"
LOGIN = (
    b"\x50\x00\x00\x00" + b"\x0c\x00" + b"\x01\x00" + struct.pack("<i12s16s44si", 1, b"9999", b"u1", b"", -1)
)
SUBSCRIBE = b"\x28\x00\x00\x00" + b"\x10\x00" + b"\x01\x00" + b"rb2701".ljust(40, b"\0")
HEARTBEAT, SUBSCRIBED, TICKS = 1, 37, 39  # kinds


def connect(simulator: RunningSimulator) -> socket.socket:
    host, _, port = simulator.fronts["a"].removeprefix("tcp://").rpartition(":")
    client = socket.create_connection((host, int(port)), timeout=60)
    client.settimeout(60)
    return client


def read_all(client: socket.socket) -> bytes:
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(HELLO.replace(b"MDS1\x01", b"MDS1\x02"), id="another version"),
        pytest.param(HELLO.replace(b"MDS1", b"SOPT"), id="another protocol"),
        pytest.param(HELLO[:-1] + b"t", id="a trading library at a market-data front"),
        pytest.param(LOGIN, id="a login before the greeting"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="a browser"),
        pytest.param(b"\xff" * 64, id="noise"),
    ],
)
def test_a_client_that_does_not_greet_as_it_should_is_told_bad_packet(start: Start, sent: bytes) -> None:
    with connect(start()) as client:
        client.sendall(sent)

        assert read_all(client) == BAD_PACKET


def test_a_greeting_in_single_bytes_is_answered(start: Start) -> None:
    """The first client of its simulator: it gets the number one."""
    with connect(start("--front", "md:a=127.0.0.1:0")) as client:
        for place in range(len(HELLO)):
            client.sendall(HELLO[place : place + 1])

        assert client.recv(len(WELCOME), socket.MSG_WAITALL) == WELCOME


def read_kind(client: socket.socket) -> int:
    """Of the next frame."""
    length, kind, _ = struct.unpack("<IHH", client.recv(8, socket.MSG_WAITALL))
    client.recv(length, socket.MSG_WAITALL)
    return int(kind)


def test_a_silent_front_sends_its_heartbeats_and_nothing_else(start: Start) -> None:
    simulator = start("--always-open", "--contracts", "rb2701", "--rate", "40")
    with connect(simulator) as client:
        client.sendall(HELLO + LOGIN + SUBSCRIBE)
        while read_kind(client) != TICKS:
            pass
        simulator.patch("/fronts/a", silent=True)
        client.sendall(SUBSCRIBE)
        while read_kind(client) != SUBSCRIBED:  # what it had sent before comes before
            pass

        assert [read_kind(client) for _ in range(3)] == [HEARTBEAT] * 3


def test_a_client_that_does_not_read_is_cut(start: Start) -> None:
    simulator = start(
        "--always-open",
        "--contracts",
        "rb2701",
        "--rate",
        "40000",
        "--no-rate-rule",
        "--sending-list",
        "1000",
    )
    with connect(simulator) as client:
        client.sendall(HELLO + LOGIN + SUBSCRIBE)
        until = time.monotonic() + 60
        while (
            simulator.state()["fronts"]["a"]["clients"] or simulator.state()["fronts"]["a"]["delivered"] == 0
        ):
            assert time.monotonic() < until
            time.sleep(0.1)
