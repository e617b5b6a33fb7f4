"""Events reach their stream, also one that is made anew after NATS came back without it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.control import Control
from mds_gateway.telling import EventOutbox
from mds_protocol.wire import streams
from mds_protocol.wire.events import decode_event
from mds_protocol.wire.subjects import DEFAULT, EVENTS_STREAM
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.kit.events import build_gap
from tests.kit.nats_server import WITHIN_S, NatsServer, create_streams
from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Doorstep:
    """On the way to NATS: how often it was gone in vain."""

    control: Control
    in_vain: int = 0

    async def publish_event(self, subject: str, body: bytes, identity: str) -> None:
        try:
            await self.control.publish_event(subject, body, identity)
        except Exception:
            self.in_vain += 1
            raise

    async def has_been_in_vain(self) -> bool:
        return self.in_vain > 0


until = partial(wait_until_async, "it comes about", within_s=WITHIN_S, every_s=0.01)


async def test_a_loss_is_told_once_there_is_a_stream_for_it(tmp_path: Path) -> None:
    """As where NATS comes back empty: ticks go on before the operator has made the stream of events."""
    server = NatsServer(tmp_path).start()
    client = await server.connect()
    control = await Control.open(Access(parse_servers(server.url)), "ctp-a", WITHIN_S)
    doorstep = Doorstep(control)
    outbox = EventOutbox(doorstep, DEFAULT)
    running = asyncio.create_task(outbox.run())
    try:
        outbox.tell(build_gap(1))
        outbox.tell(build_gap(2))
        await until(doorstep.has_been_in_vain)
        await create_streams(client, [streams.build_events_stream(DEFAULT)])
        js = client.jetstream()
        await until(lambda: js.stream_info(EVENTS_STREAM), lambda info: info.state.messages == 2)

        told = [decode_event((await js.get_msg(EVENTS_STREAM, number)).data or b"") for number in (1, 2)]
        assert told == [build_gap(1), build_gap(2)]
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await control.close()
        await client.close()
        server.stop()
