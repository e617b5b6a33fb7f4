"""The headers of a published tick: who sent it and when, what it is, and which fence it stands behind.

What differs by publisher stands here and not in the body, so that two accounts' bodies of one tick differ
only in what their fronts compute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mds_protocol.wire.errors import WireError, excerpt

MDS_PUB: Final = "Mds-Pub"
MSG_ID: Final = "Nats-Msg-Id"
"""The tick's identity; the stream stores one of each within its dedupe window."""
EXPECTED_SEQUENCE: Final = "Nats-Expected-Last-Subject-Sequence"
"""F, the sequence of the writer's own fence."""
EXPECTED_SEQUENCE_SUBJECT: Final = "Nats-Expected-Last-Subject-Sequence-Subject"
"""The fence subject."""
MDS_LAST: Final = "Mds-Last"
"""Of a last value: the tick's identity. As `Nats-Msg-Id` it would be refused, the stream has had it."""
TTL: Final = "Nats-TTL"
TTL_NEVER: Final = "never"
"""Of a fence: the feed stops when its fence ages out of the stream."""
TTL_PROBE: Final = "10s"
WRONG_LAST_SEQUENCE: Final = 10071
"""The server's error code for a tick behind an older fence."""

_UNSIGNED_64: Final = 2**64
_VALUE = re.compile(
    r"([a-z0-9](?:[-a-z0-9]{0,38}[a-z0-9])?)"
    r"((?: (?:0|[1-9][0-9]{0,19})){5})( snapshot)?"
)


@dataclass(frozen=True, slots=True)
class Publication:
    """One `Mds-Pub` value. Clocks are the publisher's wall clock, in ns since 1970."""

    account: str
    epoch: int
    fence: int
    """F, the sequence of the fence behind which it was sent: no two runs of numbers share it."""
    receive_ns: int
    publish_ns: int
    number: int
    """From 1 behind each fence: a hole in it is a loss."""
    snapshot: bool = False
    """The first of a contract after a login: what the front had, not what just happened."""


def build_publication(
    account: bytes, epoch: int, fence: int, receive_ns: int, publish_ns: int, number: int, *, snapshot: bool
) -> bytes:
    """The header's value. Called for each tick, so the caller vouches for the account's name."""
    if snapshot:
        return b"%b %d %d %d %d %d snapshot" % (account, epoch, fence, receive_ns, publish_ns, number)
    return b"%b %d %d %d %d %d" % (account, epoch, fence, receive_ns, publish_ns, number)


def parse_publication(value: str) -> Publication:
    found = _VALUE.fullmatch(value)
    if found is None:
        form = "<account> <epoch> <fence> <receive ns> <publish ns> <number>[ snapshot]"
        raise WireError(MDS_PUB, excerpt(value), f"is not {form}")
    numbers = [int(text) for text in found[2].split()]
    if max(numbers) >= _UNSIGNED_64:
        raise WireError(MDS_PUB, excerpt(value), "has a number beyond 64 bits")
    epoch, fence, receive_ns, publish_ns, number = numbers
    return Publication(found[1], epoch, fence, receive_ns, publish_ns, number, found[3] is not None)
