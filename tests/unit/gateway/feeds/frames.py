"""Reads published frames as a NATS server would; knows nothing of the code that wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Message(NamedTuple):
    subject: bytes
    reply: bytes
    head: bytes
    """Its headers as they came: most tests look at one or two of them, of very many messages."""
    body: bytes

    @property
    def headers(self) -> dict[bytes, bytes]:
        """All of them; raises ValueError where they are no headers of NATS."""
        version, *lines = self.head.split(b"\r\n")
        if version != b"NATS/1.0" or lines[-2:] != [b"", b""]:
            raise ValueError(f"no headers: {self.head!r}")
        return {name: value.strip() for name, _, value in (line.partition(b":") for line in lines[:-2])}

    @property
    def identity(self) -> bytes:
        return self._find(b"\r\nNats-Msg-Id:")

    @property
    def expected(self) -> int:
        """The sequence that the newest fence must have."""
        return int(self._find(b"\r\nNats-Expected-Last-Subject-Sequence:"))

    @property
    def number(self) -> int:
        """Counts the ticks behind a fence."""
        return int(self._find(b"\r\nMds-Pub:").split(b" ")[5])

    def _find(self, name: bytes) -> bytes:
        start = self.head.index(name) + len(name)
        return self.head[start : self.head.index(b"\r\n", start)]


def read_frames(data: bytes) -> Iterator[Message]:
    """All messages; raises ValueError where the bytes are no whole `HPUB` frames."""
    position = 0
    while position < len(data):
        line_end = data.index(b"\r\n", position)
        verb, subject, reply, header_bytes, all_bytes = data[position:line_end].split(b" ")
        start = line_end + 2
        body, end = start + int(header_bytes), start + int(all_bytes)
        if verb != b"HPUB" or data[end : end + 2] != b"\r\n":
            raise ValueError(f"no HPUB frame at {position}: {data[position:line_end]!r}")
        yield Message(subject, reply, data[start:body], data[body:end])
        position = end + 2
