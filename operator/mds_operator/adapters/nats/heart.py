"""Heartbeats: those of the gateways, and our own, which we must hear back before we trust a silence.

On a link of its own, so that a slow answer to something else delays no heartbeat: their absence moves a feed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from mds_operator.adapters.nats.link import LinkError
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.heartbeat import Heartbeat, OperatorHeartbeat
from mds_protocol.wire.subjects import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link
    from mds_protocol.wire.subjects import Owner, Subjects

BEAT_EVERY_S: Final = 0.2
COMPLAIN_EVERY_S: Final = 60.0
SENDERS_REMEMBERED: Final = 1_000
"""Of those that send nonsense; more are not worth memory."""

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Called on the loop with the moment of arrival; must not raise and not wait."""

    def on_heartbeat(self, beat: Heartbeat, now: float) -> None: ...

    def on_echo(self, namespace: str, now: float) -> None:
        """Our own heartbeat came back."""
        ...

    def on_other_operator(self, namespace: str, identity: str, now: float) -> None:
        """Another one beats: a replica that does not know yet that it lost the Lease, or a second release."""
        ...


@dataclass(slots=True)
class HeartCounts:
    heard: int = 0
    invalid: int = 0


class Heart:
    def __init__(
        self,
        link: Link,
        subjects: Subjects,
        namespaces: Iterable[str],
        identity: str,
        listener: Listener,
        clock: Callable[[], float],
    ) -> None:
        self._link = link
        self._subjects = subjects
        self._namespaces = tuple(namespaces)
        self._identity = identity
        self._listener = listener
        self._clock = clock
        self._sequence = 0
        self._complained: dict[str, float] = {}
        self.counts = HeartCounts()

    @property
    def is_connected(self) -> bool:
        return self._link.is_connected

    async def listen(self) -> None:
        for namespace in self._namespaces:
            await self._link.subscribe(f"{self._subjects.prefix}.heartbeat.{namespace}.*", self._on_message)

    async def beat(self) -> None:
        """While leading: until it is cancelled. A beat that is late is not caught up with."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self._beat_once()
            due = max(due + BEAT_EVERY_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _beat_once(self) -> None:
        self._sequence += 1
        body = OperatorHeartbeat(identity=self._identity, sequence=self._sequence).encode()
        with contextlib.suppress(LinkError):  # the echo that is missing says it
            for namespace in self._namespaces:
                await self._link.publish(self._subjects.operator_heartbeat(namespace), body)

    async def _on_message(self, message: Msg) -> None:
        now = self._clock()
        try:
            owner = self._subjects.parse_heartbeat(message.subject)
            if owner.name == OPERATOR:
                self._hear_operator(owner, OperatorHeartbeat.decode(message.data), now)
            else:
                self._listener.on_heartbeat(_read(owner, message.data), now)
        except WireError as exc:
            self._complain(message.subject, exc, now)
        else:
            self.counts.heard += 1

    def _hear_operator(self, owner: Owner, beat: OperatorHeartbeat, now: float) -> None:
        if beat.identity == self._identity:
            self._listener.on_echo(owner.namespace, now)
        else:
            self._listener.on_other_operator(owner.namespace, beat.identity, now)

    def _complain(self, subject: str, error: WireError, now: float) -> None:
        self.counts.invalid += 1
        if now - self._complained.get(subject, -COMPLAIN_EVERY_S) < COMPLAIN_EVERY_S:
            return
        if subject in self._complained or len(self._complained) < SENDERS_REMEMBERED:
            self._complained[subject] = now
            log.warning(
                "%s carries no heartbeat that this version reads: %s",
                subject,
                error,
                extra={"code": "HeartbeatInvalid"},
            )


def _read(owner: Owner, data: bytes) -> Heartbeat:
    beat = Heartbeat.decode(data)
    for what, said, expected in (
        ("namespace", beat.namespace, owner.namespace),
        ("account", beat.account, owner.name),
    ):
        if said != expected:
            raise WireError("Heartbeat", f"$.{what}", f"is {said}, on a subject of {expected}")
    return beat
