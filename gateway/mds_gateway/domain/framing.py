"""How ticks and last values are framed as NATS messages: the headers that a fence gives them, the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mds_gateway.domain.feed import Head
from mds_gateway.domain.ticks import FinishedTick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_gateway.domain.last_values import Value


class SharedHead:
    """What messages of one subscription share under one fence, rendered once."""

    def __init__(self, headers: bytes) -> None:
        self._headers = headers

    def of_batch(self, reply: bytes, count: int) -> Sequence[Head]:
        """The head of each message. With one replica all are alike: each is fenced and asks for its ack."""
        return (Head(reply, self._headers),) * count


class FenceHead(SharedHead):
    """Of ticks; last values have the fence alone."""

    def __init__(self, account: str, epoch: int, fence_subject: bytes, fence: int) -> None:
        fenced = (
            b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence:%d\r\n"
            b"Nats-Expected-Last-Subject-Sequence-Subject:%b\r\n" % (fence, fence_subject)
        )
        super().__init__(fenced + b"Mds-Pub:%b %d %d " % (account.encode(), epoch, fence))
        self.of_last_values = SharedHead(fenced)


class TickParcel(msgspec.Struct, gc=False):
    """`feed.TimedParcel` in Python."""

    ticks: list[FinishedTick]

    @property
    def count(self) -> int:
        return len(self.ticks)

    @property
    def size_bytes(self) -> int:
        return sum([len(tick.body) for tick in self.ticks])

    @property
    def first_received_ns(self) -> int:
        return self.ticks[0].received_ns

    def frame(self, heads: Sequence[Head], published_ns: int) -> bytes:
        parts: list[bytes] = []
        for tick, (reply, headers) in zip(self.ticks, heads, strict=True):
            tail = b"%d %d %d%b\r\nNats-Msg-Id:%b\r\n\r\n" % (
                tick.received_ns,
                published_ns,
                tick.number,
                b" snapshot" if tick.snapshot else b"",
                tick.identity,
            )
            header_bytes = len(headers) + len(tail)
            body = tick.body
            parts += (
                b"HPUB %b %b %d %d\r\n" % (tick.contract, reply, header_bytes, header_bytes + len(body)),
                headers,
                tail,
                body,
                b"\r\n",
            )
        return b"".join(parts)


class LastParcel:
    """Last values as a `feed.Parcel`: each below the prefix, under its tick's own subject."""

    def __init__(self, prefix: bytes, values: Sequence[Value]) -> None:
        self._prefix = prefix
        self._values = values

    @property
    def count(self) -> int:
        return len(self._values)

    @property
    def size_bytes(self) -> int:
        return sum([len(value.body) for value in self._values])

    def frame(self, heads: Sequence[Head], published_ns: int) -> bytes:  # noqa: ARG002 - ticks alone say it
        parts: list[bytes] = []
        for value, (reply, headers) in zip(self._values, heads, strict=True):
            tail = b"Mds-Last:%b\r\n\r\n" % value.identity
            header_bytes = len(headers) + len(tail)
            parts += (
                b"HPUB %b%b %b %d %d\r\n"
                % (self._prefix, value.contract, reply, header_bytes, header_bytes + len(value.body)),
                headers,
                tail,
                value.body,
                b"\r\n",
            )
        return b"".join(parts)
