"""Events on their way to `MDS-EVENTS`: one after the other, each again until it is stored.

What is told matters most when NATS is away: it comes back before its stream of events is there again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.trouble import NatsTrouble

if TYPE_CHECKING:
    from mds_protocol.wire.events import Event
    from mds_protocol.wire.subjects import Subjects

log = logging.getLogger(__name__)

AGAIN_EVERY_S = 1.0
ATTEMPTS = 300  # some minutes: what is refused for good must not keep the next ones waiting for ever
MOST_WAITING = 1_000  # beyond, the newest are not told: an overload may bring many a second


class EventStream(Protocol):
    """Where they go; `identity` tells the stream one that it has already."""

    async def publish_event(self, subject: str, body: bytes, identity: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Letter:
    subject: str
    body: bytes
    identity: str = field(default_factory=lambda: secrets.token_hex(12))


class EventOutbox:
    """Run `run` in a task of its own."""

    def __init__(self, stream: EventStream, subjects: Subjects) -> None:
        self._stream = stream
        self._subjects = subjects
        self._waiting: asyncio.Queue[_Letter] = asyncio.Queue(MOST_WAITING)

    def tell(self, event: Event) -> None:
        kind = str(type(event).__struct_config__.tag)
        subject = self._subjects.event(event.namespace, kind, event.name)
        try:
            self._waiting.put_nowait(_Letter(subject, event.encode()))
        except asyncio.QueueFull:
            log.warning("an event is not told, as %d wait for NATS already", MOST_WAITING)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            letter = await self._waiting.get()
            for _ in range(ATTEMPTS):
                if await self._is_stored(letter):
                    break
                await asyncio.sleep(AGAIN_EVERY_S)
            else:
                log.warning("an event was not stored: %s", letter.subject)

    async def _is_stored(self, letter: _Letter) -> bool:
        try:
            await self._stream.publish_event(letter.subject, letter.body, letter.identity)
        except NatsTrouble as exc:
            log.debug("event %s: %s", letter.subject, exc)
            return False
        return True
