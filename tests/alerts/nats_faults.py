"""Faults of NATS: its consumers, its stream, its permissions; what a person could do with its command."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nats
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import ConsumerConfig, DeliverPolicy

from tests.chaos.ground import SECOND, STREAM
from tests.e2e.containers import find_processes
from tests.e2e.installation import NATS
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nats.js import JetStreamContext

    from tests.alerts.ground import Place

STOPPED, SILENT = "research-stopped", "research-silent"
ACK_WAIT_S: Final = 1
UNANSWERED: Final = 200
"""Twice what the alert lets pass."""
LOGINS: Final = "auth.conf"
FIRST_DENIED: Final = '"$JS.API.STREAM.CREATE.>"'


async def _with_stream[T](place: Place, do: Callable[[JetStreamContext], Awaitable[T]]) -> T:
    server = place.installation.nats
    client = await nats.connect(
        f"nats://{server.host}:{server.port}", user=server.user, password=server.password
    )
    try:
        return await do(client.jetstream())
    finally:
        await client.close()


@dataclass(frozen=True, slots=True)
class StoppedConsumer:
    """A durable one that has the stream before it, and never comes."""

    def begin(self, ground: Place) -> None:
        config = ConsumerConfig(durable_name=STOPPED, deliver_policy=DeliverPolicy.ALL)
        asyncio.run(_with_stream(ground, lambda stream: stream.add_consumer(STREAM, config)))

    def end(self, ground: Place) -> None:
        asyncio.run(_with_stream(ground, lambda stream: stream.delete_consumer(STREAM, STOPPED)))


@dataclass(frozen=True, slots=True)
class SilentConsumer:
    """A durable one that takes messages, twice, and acknowledges none."""

    def begin(self, ground: Place) -> None:
        asyncio.run(_with_stream(ground, self._take))

    async def _take(self, stream: JetStreamContext) -> None:
        config = ConsumerConfig(ack_wait=ACK_WAIT_S, deliver_policy=DeliverPolicy.ALL)
        taking = await stream.pull_subscribe("", SILENT, stream=STREAM, config=config)
        again = 0
        while again < UNANSWERED:
            try:
                messages = await taking.fetch(UNANSWERED, timeout=2 * ACK_WAIT_S)
            except NatsTimeoutError:
                continue
            again += sum(message.metadata.num_delivered > 1 for message in messages)
            await asyncio.sleep(ACK_WAIT_S)  # after which they are delivered again

    def end(self, ground: Place) -> None:
        asyncio.run(_with_stream(ground, lambda stream: stream.delete_consumer(STREAM, SILENT)))


@dataclass(slots=True)
class SmallStream:
    """A limit that lies so far above what the stream holds, and no tick comes; or so far below."""

    share: float
    """What it holds, of what it may."""
    _before: int = 0

    def begin(self, ground: Place) -> None:
        if self.share < 1:
            ground.desk.simulator.post("/session", state="closed")
            time.sleep(2.0)  # what is on its way comes
        asyncio.run(_with_stream(ground, self._shrink))

    async def _shrink(self, stream: JetStreamContext) -> None:
        info = await stream.stream_info(STREAM)
        self._before = info.config.max_bytes or -1
        await stream.update_stream(replace(info.config, max_bytes=int(info.state.bytes / self.share)))

    def end(self, ground: Place) -> None:
        asyncio.run(_with_stream(ground, self._widen))

    async def _widen(self, stream: JetStreamContext) -> None:
        info = await stream.stream_info(STREAM)
        await stream.update_stream(replace(info.config, max_bytes=self._before))


@dataclass(slots=True)
class DenyProbe:
    """The standby's right to publish its test message; the server reads its permissions anew."""

    _before: str = field(default="", repr=False)

    def begin(self, ground: Place) -> None:
        self._before = ground.kube.read_secret(ground.installation.namespace, f"{NATS}-auth")[LOGINS]
        probe = f'"mds.probe.{ground.desk.namespace}.{SECOND}"'
        self._set(ground, self._before.replace(FIRST_DENIED, f"{FIRST_DENIED}, {probe}", 1))

    def end(self, ground: Place) -> None:
        self._set(ground, self._before)

    def _set(self, ground: Place, text: str) -> None:
        namespace = ground.installation.namespace
        ground.kube.patch("secrets", namespace, f"{NATS}-auth", {"stringData": {LOGINS: text}})
        (server,) = find_processes(ground.kube.read("pods", namespace, f"{NATS}-0"))
        mounted = Path(f"/proc/{server}/root/etc/nats/{LOGINS}")
        wait_until("the kubelet has brought the permissions", mounted.read_text, lambda seen: seen == text)
        os.kill(server, signal.SIGHUP)
