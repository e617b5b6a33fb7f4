"""Reads a stream back by Direct Get in batches over a plain socket: 100,000 messages in seconds.

nats-py takes a quarter of a millisecond for the headers of one message, and its ordered consumer starts anew
when it falls behind; a proof reads hundreds of thousands.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_BYTES = 1 << 20
TIMEOUT_S = 60.0
BATCH = 5_000
_FRAME = re.compile(rb"HMSG \S+ \S+ (\d+) (\d+)\r\n")


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    sequence: int
    stored_at: str
    """RFC 3339, with nanoseconds."""
    headers: dict[str, str]
    data: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """Where NATS is; `reader` of the chart does as a user."""

    port: int
    host: str = "127.0.0.1"
    user: str = ""
    password: str = ""

    @property
    def greeting(self) -> bytes:
        options: dict[str, object] = {"headers": True, "verbose": False, "no_responders": True}
        login = {"user": self.user, "pass": self.password} if self.user else {}
        return b"CONNECT %b\r\n" % json.dumps(options | login).encode()


class _Connection:
    """Asks and hears the answers, in an inbox of its own: another reader's are not for it."""

    def __init__(self, server: Server | int) -> None:
        where = Server(server) if isinstance(server, int) else server
        self._inbox = f"_INBOX.{secrets.token_hex(8)}"
        self._sock = socket.create_connection((where.host, where.port), timeout=TIMEOUT_S)
        self._buffer = bytearray()
        self._position = 0
        self._sock.sendall(where.greeting + f"SUB {self._inbox} 1\r\n".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def ask(self, stream: str, asked: dict[str, Any]) -> Iterator[Message]:
        request = json.dumps(asked).encode()
        head = f"PUB $JS.API.DIRECT.GET.{stream} {self._inbox} {len(request)}\r\n"
        self._sock.sendall(head.encode() + request + b"\r\n")
        while True:
            block, data = self._next()
            status, *lines = block.decode().split("\r\n")
            if status != "NATS/1.0":  # 204: end of the batch; 404: nothing (more) there
                if status.split()[1] not in ("204", "404"):
                    raise ConnectionError(f"{stream}: {status}")
                return
            yield _build(lines, data)

    def _next(self) -> tuple[bytes, bytes]:
        """Header block and data of the next message."""
        while (found := _FRAME.search(self._buffer, self._position)) is None:
            self._fill()
        # NB: filling moves the buffer, so the frame is looked for anew rather than remembered.
        start, head, total = found.end(), int(found[1]), int(found[2])
        if len(self._buffer) < start + total + 2:
            self._fill()
            return self._next()
        self._position = start + total + 2
        return bytes(self._buffer[start : start + head]), bytes(self._buffer[start + head : start + total])

    def _fill(self) -> None:
        del self._buffer[: self._position]
        self._position = 0
        received = self._sock.recv(READ_BYTES)
        if not received:
            raise ConnectionError("NATS closed the connection")
        self._buffer += received


def read_stream(server: Server | int, stream: str, subject: str, first: int = 1) -> list[Message]:
    """All that the stream holds on the subject from a sequence on, in its order; a port is this machine's."""
    with _Connection(server) as connection:
        messages: list[Message] = []
        while True:
            asked = {"seq": messages[-1].sequence + 1 if messages else first, "next_by_subj": subject}
            batch = list(connection.ask(stream, asked | {"batch": BATCH}))
            if not batch:
                return messages
            messages += batch


def read_first(server: Server, stream: str) -> Message:
    """The oldest that the stream still holds."""
    with _Connection(server) as connection:
        return next(connection.ask(stream, {"seq": 1, "next_by_subj": ">"}))


def read_last(server: Server | int, stream: str, subject: str) -> Message | None:
    """The newest; a wildcard is read as several subjects, and the newest of all of them."""
    with _Connection(server) as connection:
        found = list(connection.ask(stream, {"multi_last": [subject]}))
    return max(found, key=lambda message: message.sequence, default=None)


def _build(lines: list[str], data: bytes) -> Message:
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name] = value.strip()
    return Message(
        headers["Nats-Subject"], int(headers["Nats-Sequence"]), headers["Nats-Time-Stamp"], headers, data
    )
