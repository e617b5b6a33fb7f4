"""Hears the heartbeats of all gateways over a plain socket, with the moment at which each came."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from mds_protocol.wire.heartbeat import Heartbeat
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.direct_reading import Server

SUBJECT: Final = b"mds.heartbeat.>"
FRAME: Final = re.compile(rb"MSG (\S+) \S+ (\d+)\r\n")
READ_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Beat:
    at: float
    """On the monotonic clock."""
    said: Heartbeat


class Listener:
    """As a context. Keeps the newest beat of each account; connects again when NATS comes back."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._newest: dict[tuple[str, str], Beat] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heartbeats", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def newest(self, namespace: str, account: str) -> Beat | None:
        return self._newest.get((namespace, account))

    def wait_for(
        self,
        what: str,
        namespace: str,
        account: str,
        is_enough: Callable[[Heartbeat], bool] = lambda _: True,
        *,
        after: float = 0.0,
    ) -> Beat:
        """The newest that came after a moment and is enough; looked for often, as it is used to measure."""

        def look() -> Beat | None:
            beat = self.newest(namespace, account)
            return beat if beat is not None and beat.at > after and is_enough(beat.said) else None

        found = wait_until(f"{what} is heard from {namespace}/{account}", look, every_s=0.02)
        assert found is not None
        return found

    def _work(self) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(OSError):
                self._listen()
            self._is_over.wait(0.2)

    def _listen(self) -> None:
        address = (self._server.host, self._server.port)
        with socket.create_connection(address, timeout=1.0) as sock:
            sock.sendall(self._server.greeting + b"SUB %b 1\r\n" % SUBJECT)
            buffer = bytearray()
            while not self._is_over.is_set():
                try:
                    received = sock.recv(READ_BYTES)
                except TimeoutError:
                    continue
                if not received:
                    return
                buffer += received
                self._take(buffer, sock)

    def _take(self, buffer: bytearray, sock: socket.socket) -> None:
        if b"PING\r\n" in buffer:
            sock.sendall(b"PONG\r\n")
            buffer[:] = buffer.replace(b"PING\r\n", b"")
        while (found := FRAME.search(buffer)) is not None:
            end = found.end() + int(found[2])
            if len(buffer) < end + 2:
                return
            if not found[1].endswith(b"._operator"):
                said = Heartbeat.decode(bytes(buffer[found.end() : end]))
                self._newest[said.namespace, said.account] = Beat(time.monotonic(), said)
            del buffer[: end + 2]
