"""Follow a stream by a push consumer, anew whenever its server is another one or does not speak any more.

The server says at least once a second that it still delivers to us; a consumer may die with its server
without a word. Who follows bears hearing the same message twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Never

from mds_runtime.nats.delivery import Delivery, read_delivery
from mds_runtime.nats.words import describe

if TYPE_CHECKING:
    from nats.aio.msg import Msg

    from mds_runtime.nats.connection import Connection

AGAIN_EVERY_S: Final = 1.0
LOOK_EVERY_S: Final = 1.0
BEAT_S: Final = 1
"""How often the server says so."""
SILENT_S: Final = 3.5
FORGOTTEN_S: Final = 10
NS_PER_S: Final = 1_000_000_000

log = logging.getLogger(__name__)

type OnDelivery = Callable[[Msg, Delivery], None]
type Wish = Mapping[str, Any]
"""A consumer's configuration, as far as it says what is delivered."""


async def keep_following[I](
    connection: Connection[I], stream: str, build_wish: Callable[[], Wish], on_delivery: OnDelivery
) -> Never:
    """Until it is cancelled. What is wished for is asked at each beginning: where the last one ended, say."""
    while True:
        await connection.wait_connected()
        try:
            await _follow(connection, stream, build_wish(), on_delivery)
        except connection.fails_with as exc:
            log.debug("stream %s cannot be followed: %s", stream, describe(exc))
            await asyncio.sleep(AGAIN_EVERY_S)


async def _follow[I](connection: Connection[I], stream: str, wish: Wish, on_delivery: OnDelivery) -> None:
    loop, number = asyncio.get_running_loop(), connection.connections
    heard_at = loop.time()

    async def on_message(message: Msg) -> None:
        nonlocal heard_at
        heard_at = loop.time()
        delivery = read_delivery(message.reply)
        if delivery is not None:
            on_delivery(message, delivery)

    inbox = connection.new_inbox()
    interest = await connection.subscribe(inbox, on_message)
    try:
        await connection.ask_jetstream(f"CONSUMER.CREATE.{stream}", _build_consumer(stream, inbox, wish))
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if number != connection.connections or loop.time() - heard_at >= SILENT_S:
                return
    finally:
        # The server forgets a consumer that nobody listens to.
        await connection.unsubscribe(interest)


def _build_consumer(stream: str, inbox: str, wish: Wish) -> dict[str, object]:
    return {
        "stream_name": stream,
        "config": {
            "ack_policy": "none",
            "deliver_subject": inbox,
            "idle_heartbeat": BEAT_S * NS_PER_S,
            "inactive_threshold": FORGOTTEN_S * NS_PER_S,
            "mem_storage": True,
            "num_replicas": 1,
            **wish,
        },
    }
