"""Reads the stream as a consumer would, and turns messages into what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nats.js.api import ConsumerConfig, DeliverPolicy

from mds_protocol.wire import encodings, headers
from mds_protocol.wire.encodings import Encoding
from mds_tryout.counting import StoredTick
from mds_tryout.directing import STREAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.msg import Msg
    from nats.js import JetStreamContext
    from nats.js.client import JetStreamContext as Context

TICKS: Final = STREAM.tick_subjects[0]
_READ_TIMEOUT_S: Final = 5.0


async def follow(js: JetStreamContext, on_tick: Callable[[StoredTick], None]) -> Context.PushSubscription:
    """Every tick from the stream's first on, as it comes."""

    async def read(message: Msg) -> None:
        on_tick(read_tick(message))

    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
    return await js.subscribe(
        TICKS,
        stream=STREAM.name,
        cb=read,
        ordered_consumer=True,
        config=config,
        pending_msgs_limit=-1,
        pending_bytes_limit=-1,
    )


async def read_all(js: JetStreamContext) -> list[StoredTick]:
    """What the stream holds now, read anew from its beginning."""
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
    subscription = await js.subscribe(
        TICKS,
        stream=STREAM.name,
        ordered_consumer=True,
        config=config,
        pending_msgs_limit=-1,
        pending_bytes_limit=-1,
    )
    ticks: list[StoredTick] = []
    try:
        info = await subscription.consumer_info()
        left = (info.num_pending or 0) + (info.delivered.consumer_seq if info.delivered else 0)
        while left:
            message = await subscription.next_msg(timeout=_READ_TIMEOUT_S)
            ticks.append(read_tick(message))
            left = message.metadata.num_pending
    finally:
        await subscription.unsubscribe()
    return ticks


def read_tick(message: Msg) -> StoredTick:
    tick = encodings.decode(message.data, Encoding.JSON)
    said = headers.parse_publication((message.headers or {})[headers.MDS_PUB])
    return StoredTick(
        contract=tick.symbol,
        serial=int(tick.curr_delta or 0),
        stored_s=message.metadata.timestamp.timestamp(),
        account=said.account,
        epoch=said.epoch,
        order_key=tick.order_key,
        time=f"{tick.update_time}.{tick.update_millisec:03d}",
        last=tick.last_price,
        bid=tick.bid_price_1,
        ask=tick.ask_price_1,
        volume=tick.volume,
    )
