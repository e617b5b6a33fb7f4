"""Events on their way to `MDS-EVENTS`: one after the other, each again until it is stored.

What is told matters most when NATS is away: it comes back before its stream of events is there again. No gap
is left out, as a counter has its ticks: those that find no room are joined by subscription and cause.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.events import LISTED_CONTRACTS
from mds_protocol.wire.events import Gap

if TYPE_CHECKING:
    from mds_protocol.wire.events import Event, GapCause
    from mds_protocol.wire.subjects import Subjects

log = logging.getLogger(__name__)

AGAIN_EVERY_S = 1.0
ATTEMPTS = 300  # some minutes: what is refused for good must not keep the next ones waiting for ever
MOST_WAITING = 1_000  # beyond, only gaps are kept: an overload may bring many a second


class EventStream(Protocol):
    """Where they go; `identity` tells the stream one that it has already."""

    async def publish_event(self, subject: str, body: bytes, identity: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Letter:
    subject: str
    event: Event
    identity: str = field(default_factory=lambda: secrets.token_hex(12))


class EventOutbox:
    """Run `run` in a task of its own."""

    def __init__(self, stream: EventStream, subjects: Subjects) -> None:
        self._stream = stream
        self._subjects = subjects
        self._waiting: asyncio.Queue[_Letter] = asyncio.Queue(MOST_WAITING)
        self._kept: dict[tuple[str, str, GapCause], Gap] = {}

    def tell(self, event: Event) -> None:
        kind = str(type(event).__struct_config__.tag)
        subject = self._subjects.event(event.namespace, kind, event.name)
        try:
            self._waiting.put_nowait(_Letter(subject, event))
        except asyncio.QueueFull:
            if isinstance(event, Gap):
                self._keep(event)
            else:
                log.warning("an event is not told, as %d wait for NATS already", MOST_WAITING)

    def _keep(self, gap: Gap) -> None:
        key = gap.namespace, gap.name, gap.cause
        self._kept[key] = join(self._kept[key], gap) if key in self._kept else gap

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
                if isinstance(letter.event, Gap):
                    self._keep(letter.event)
            while self._kept and not self._waiting.full():
                self.tell(self._kept.pop(next(iter(self._kept))))

    async def _is_stored(self, letter: _Letter) -> bool:
        try:
            await self._stream.publish_event(letter.subject, letter.event.encode(), letter.identity)
        except NatsTrouble as exc:
            log.debug("event %s: %s", letter.subject, exc)
            return False
        return True


def join(one: Gap, other: Gap) -> Gap:
    """Both as one. Of one subscription and cause."""
    contracts = tuple(sorted({*one.contracts, *other.contracts})) if one.contracts and other.contracts else ()
    places = (one.after_sequence, other.after_sequence)
    counts = (one.count, other.count)
    return msgspec.structs.replace(
        other,
        contracts=contracts if len(contracts) <= LISTED_CONTRACTS else (),
        from_ns=min(one.from_ns, other.from_ns),
        to_ns=max(one.to_ns, other.to_ns),
        count=None if None in counts else sum(filter(None, counts)),
        after_sequence=None if None in places else min(place for place in places if place is not None),
    )
