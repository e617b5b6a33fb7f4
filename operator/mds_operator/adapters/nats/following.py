"""Follow a stream by a push consumer, until its server is another one or does not speak any more.

The server says at least once a second that it still delivers to us; a consumer may die with its server
without a word. Who follows begins anew, and bears hearing the same message twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.nats.delivery import Delivery, read_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link

LOOK_EVERY_S: Final = 1.0
BEAT_S: Final = 1
"""How often the server says so."""
SILENT_S: Final = 3.5
FORGOTTEN_S: Final = 10
NS_PER_S: Final = 1_000_000_000


async def follow(
    link: Link, stream: str, config: Mapping[str, Any], on_delivery: Callable[[Msg, Delivery], None]
) -> None:
    """Deliver what `config` asks for. LinkError: the consumer cannot be made now."""
    loop, connection = asyncio.get_running_loop(), link.connections
    heard_at = loop.time()

    async def on_message(message: Msg) -> None:
        nonlocal heard_at
        heard_at = loop.time()
        delivery = read_delivery(message.reply)
        if delivery is not None:
            on_delivery(message, delivery)

    inbox = link.new_inbox()
    interest = await link.subscribe(inbox, on_message)
    try:
        await link.ask_jetstream(f"CONSUMER.CREATE.{stream}", _build_consumer(stream, inbox, config))
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if connection != link.connections or loop.time() - heard_at >= SILENT_S:
                return
    finally:
        # The server forgets a consumer that nobody listens to.
        await link.unsubscribe(interest)


def _build_consumer(stream: str, inbox: str, config: Mapping[str, Any]) -> dict[str, object]:
    return {
        "stream_name": stream,
        "config": {
            "ack_policy": "none",
            "deliver_subject": inbox,
            "idle_heartbeat": BEAT_S * NS_PER_S,
            "inactive_threshold": FORGOTTEN_S * NS_PER_S,
            "mem_storage": True,
            "num_replicas": 1,
            **config,
        },
    }
