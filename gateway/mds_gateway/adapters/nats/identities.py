"""The identities of the latest ticks of a few subjects: heads alone, over the connection for requests.

CONSUMER.CREATE, by start time, heads only --> heads ... the last one has nothing pending behind it
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nats.js.errors import APIError

from mds_protocol.wire import headers
from mds_runtime.nats.delivery import read_delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nats.aio.client import Client
    from nats.aio.msg import Msg

TIMEOUT_S = 2.0
_FORGOTTEN_NS = 5_000_000_000


async def read_identities(
    client: Client, stream: str, subjects: Sequence[str], back_s: float
) -> dict[bytes, set[bytes]]:
    """By subject, of what was stored so long ago or later."""
    arrived: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    interest = await client.subscribe(inbox, cb=arrived.put)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            request = json.dumps(_build_consumer(stream, subjects, back_s, inbox)).encode()
            reply = await client.request(f"$JS.API.CONSUMER.CREATE.{stream}", request, timeout=TIMEOUT_S)
            made = json.loads(reply.data)
            if "error" in made:
                raise APIError(**made["error"])
            return await _collect(
                arrived, has_some=bool(made["num_pending"] or made["delivered"]["consumer_seq"])
            )
    finally:
        await interest.unsubscribe()


async def _collect(arrived: asyncio.Queue[Msg], *, has_some: bool) -> dict[bytes, set[bytes]]:
    found: defaultdict[bytes, set[bytes]] = defaultdict(set)
    while has_some:
        message = await arrived.get()
        delivery = read_delivery(message.reply)
        if delivery is not None:
            found[message.subject.encode()].add((message.headers or {}).get(headers.MSG_ID, "").encode())
            has_some = delivery.pending > 0
    return dict(found)


def _build_consumer(stream: str, subjects: Sequence[str], back_s: float, inbox: str) -> dict[str, object]:
    since = datetime.now(UTC) - timedelta(seconds=back_s)
    return {
        "stream_name": stream,
        "config": {
            "deliver_policy": "by_start_time",
            "opt_start_time": since.isoformat(),
            "filter_subjects": list(subjects),
            "ack_policy": "none",
            "headers_only": True,
            "deliver_subject": inbox,
            "inactive_threshold": _FORGOTTEN_NS,
            "mem_storage": True,
            "num_replicas": 1,
        },
    }
