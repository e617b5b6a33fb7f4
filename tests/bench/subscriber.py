"""One subscriber in a process of its own, which takes the time of each tick and counts what it was given.

    python -m tests.bench.subscriber PORT core SUBJECT            core NATS
    python -m tests.bench.subscriber PORT ordered STREAM          as an ordered consumer: pushed, no acks
    python -m tests.bench.subscriber PORT acks _INBOX.>           what the server answers to a publisher

It says `ready` once it listens, and answers each line on stdin with a line of JSON: what came since the last.
A latency is this process's wall clock when the bytes were there, minus the receive time of `Mds-Pub`, which
is the gateway's: one machine, one clock. What it has read it looks into when nothing more is waiting, so its
own work is in no latency.
"""

from __future__ import annotations

import gc
import json
import os
import re
import secrets
import select
import signal
import socket
import sys
import time
from collections import deque
from typing import Any, Final, Protocol

import msgspec

from mds_protocol.wire.headers import MDS_PUB, parse_publication
from mds_simulator.counting.ledger import Ledger
from tests.bench.frames import Frame, Frames, ServerError, read_consumer_sequence
from tests.bench.histogram import Histogram
from tests.kit.reading_back import decode_counted

READ_BYTES: Final = 1 << 18
MOST_UNREAD: Final = 256
"""Reads that may wait; then they are looked into, whatever comes."""
RECEIVE_BUFFER: Final = 8 << 20
_PUBLICATION: Final = re.compile(rb"\r\n%b: ?([^\r\n]+)" % MDS_PUB.encode())
_STALLED: Final = re.compile(rb"\r\nNats-Consumer-Stalled: ?([^\r\n]+)")
_CONNECT: Final = b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n'


class Kept(Protocol):
    """What is made of the frames."""

    def add(self, frame: Frame, at_ns: int) -> bytes:
        """Return what is to be sent for it, mostly nothing."""

    def describe(self) -> dict[str, Any]:
        """Return what came since the last call."""


class Ticks:
    """Latency and counts of ticks."""

    def __init__(self) -> None:
        self._histogram = Histogram()
        self._ledger = Ledger()
        self._bytes = 0

    def add(self, frame: Frame, at_ns: int) -> bytes:
        found = _PUBLICATION.search(frame.headers)
        if found is None:
            raise ServerError(f"a tick without {MDS_PUB}: {frame.headers[:200]!r}")
        received_ns = parse_publication(found[1].decode()).receive_ns
        self._histogram.add((at_ns - received_ns) // 1000)
        self._ledger.add(decode_counted(frame.body))
        self._bytes += len(frame.headers) + len(frame.body)
        return b""

    def describe(self) -> dict[str, Any]:
        made = {
            "latency": self._histogram.describe(),
            "messages": self._histogram.samples,
            "bytes": self._bytes,
            "tally": msgspec.to_builtins(self._ledger.tally),
        }
        self._histogram, self._bytes = Histogram(), 0
        return made


class OrderedTicks(Ticks):
    """What a push consumer delivers: its sequence must count by one, or a message is missing."""

    def __init__(self) -> None:
        super().__init__()
        self._sequence = 0

    def add(self, frame: Frame, at_ns: int) -> bytes:
        if frame.headers.startswith(b"NATS/1.0 100"):  # a sign of life, or flow control
            stalled = _STALLED.search(frame.headers)
            answer = frame.reply or (stalled[1] if stalled else b"")
            return b"PUB %b 0\r\n\r\n" % answer if answer else b""
        self._sequence += 1
        if (sequence := read_consumer_sequence(frame.reply)) != self._sequence:
            raise ServerError(f"the consumer skipped from {self._sequence} to {sequence}")
        return super().add(frame, at_ns)


class Acks:
    """When which message of a stream was acknowledged: heard beside the publisher, in the same inbox."""

    _ACK: Final = re.compile(rb'\{"stream":"MD", ?"seq":(\d+)')

    def __init__(self) -> None:
        self._at_ns: dict[int, int] = {}

    def add(self, frame: Frame, at_ns: int) -> bytes:
        if found := self._ACK.match(frame.body):
            self._at_ns[int(found[1])] = at_ns
        return b""

    def describe(self) -> dict[str, Any]:
        made, self._at_ns = self._at_ns, {}
        return {"at_ns_by_sequence": made}


def run(sock: socket.socket, kept: Kept, frames: Frames) -> None:
    """Takes the time first, and looks into what it read when nothing more waits. Ends with its stdin."""
    unread: deque[tuple[int, bytes]] = deque()
    server = sock.fileno()
    while True:
        readable, _, _ = select.select([server, 0], [], [], 0 if unread else None)
        if server in readable and len(unread) < MOST_UNREAD:
            data = sock.recv(READ_BYTES)
            if not data:
                raise ConnectionError("NATS closed the connection")
            unread.append((time.time_ns(), data))
        elif unread:
            at_ns, data = unread.popleft()
            answers = [kept.add(frame, at_ns) for frame in frames.feed(data)]
            answers += [b"PONG\r\n"] * frames.pings
            frames.pings = 0
            if answer := b"".join(answers):
                sock.sendall(answer)
        if 0 in readable:
            if not os.read(0, 1):
                return
            print(json.dumps(kept.describe()), flush=True)


def connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(_CONNECT)
    return sock


def _ask(sock: socket.socket, frames: Frames, subject: str, request: bytes) -> bytes:
    """One request, before anything else is subscribed."""
    inbox = f"_INBOX.{secrets.token_hex(8)}"
    head = f"SUB {inbox} 1\r\nPUB {subject} {inbox} {len(request)}\r\n".encode()
    sock.sendall(head + request + b"\r\n")
    while not (found := frames.feed(sock.recv(READ_BYTES))):
        pass
    sock.sendall(b"UNSUB 1\r\n")
    return found[0].body


def consume(sock: socket.socket, frames: Frames, stream: str) -> None:
    """As the clients' ordered consumers do: pushed, in memory, without acks, with flow control.

    Before the first message that it is to get: one that comes with the answer would be missed, and be told.
    """
    inbox = f"_INBOX.{secrets.token_hex(8)}"
    config = {
        "deliver_subject": inbox,
        "deliver_policy": "new",
        "ack_policy": "none",
        "max_deliver": 1,
        "flow_control": True,
        "idle_heartbeat": 5_000_000_000,
        "mem_storage": True,
        "num_replicas": 1,
        "filter_subject": "md.>",
    }
    sock.sendall(f"SUB {inbox} 2\r\n".encode())
    request = json.dumps({"stream_name": stream, "config": config}).encode()
    answer = json.loads(_ask(sock, frames, f"$JS.API.CONSUMER.CREATE.{stream}", request))
    if "error" in answer:
        raise ServerError(f"no consumer: {answer['error']}")


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its end is its starter's matter
    port, how, where = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    sock, frames = connect(port), Frames()
    kept: Kept
    if how == "ordered":
        consume(sock, frames, where)
        kept = OrderedTicks()
    else:
        sock.sendall(f"SUB {where} 2\r\nPING\r\n".encode())
        while not frames.pongs:
            frames.feed(sock.recv(READ_BYTES))
        kept = Ticks() if how == "core" else Acks()
    gc.disable()  # nothing here is in a circle, and a collection would be in a latency
    print("ready", flush=True)
    run(sock, kept, frames)


if __name__ == "__main__":
    main()
