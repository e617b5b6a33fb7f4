"""What a stream holds now of what a consumer is wished for, over the connection for requests.

CONSUMER.CREATE --> messages ... the last one has nothing pending behind it

Whether anything comes is what the server says when it makes the consumer. Asked later, it may have sent
all of it and say that nothing is left: so nats-py's own watch of a bucket finds an empty one, once in a
hundred reads.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from nats.js.errors import APIError

from mds_runtime.nats.delivery import read_delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nats.aio.client import Client
    from nats.aio.msg import Msg

_FORGOTTEN_NS: Final = 5_000_000_000


async def fetch_held(client: Client, stream: str, wish: Mapping[str, Any], timeout_s: float) -> list[Msg]:
    """`wish` is a consumer's configuration, as far as it says what is delivered."""
    arrived: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    interest = await client.subscribe(inbox, cb=arrived.put)
    try:
        async with asyncio.timeout(timeout_s):
            request = json.dumps(_build_consumer(stream, inbox, wish)).encode()
            reply = await client.request(f"$JS.API.CONSUMER.CREATE.{stream}", request, timeout=timeout_s)
            made = json.loads(reply.data)
            if "error" in made:
                raise APIError(**made["error"])
            return await _collect(
                arrived, has_some=bool(made["num_pending"] or made["delivered"]["consumer_seq"])
            )
    finally:
        await interest.unsubscribe()


async def _collect(arrived: asyncio.Queue[Msg], *, has_some: bool) -> list[Msg]:
    found: list[Msg] = []
    while has_some:
        message = await arrived.get()
        delivery = read_delivery(message.reply)
        if delivery is not None:
            found.append(message)
            has_some = delivery.pending > 0
    return found


def _build_consumer(stream: str, inbox: str, wish: Mapping[str, Any]) -> dict[str, object]:
    return {
        "stream_name": stream,
        "config": {
            "ack_policy": "none",
            "deliver_subject": inbox,
            "inactive_threshold": _FORGOTTEN_NS,
            "mem_storage": True,
            "num_replicas": 1,
            **wish,
        },
    }
