"""Reads the stream as a consumer would, and turns messages into what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nats.js.api import ConsumerConfig, DeliverPolicy

from mds_protocol.wire import encodings, headers
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.fence import Fence
from mds_simulator.counting import join, records
from mds_tryout import world
from mds_tryout.directing import STREAM, SUBJECTS
from mds_tryout.feed import StoredTick

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from nats.aio.msg import Msg
    from nats.js import JetStreamContext
    from nats.js.client import JetStreamContext as Context

TICKS: Final = STREAM.tick_subjects[0]
FENCES: Final = SUBJECTS.fence(world.NAMESPACE, world.SUBSCRIPTION)
_SECOND_NS: Final = 1_000_000_000
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


async def read_stored(js: JetStreamContext) -> list[join.Stored]:
    """The ticks that the stream holds now, read anew from its beginning."""
    return [_build_stored(message) async for message in _read_all(js, TICKS)]


async def read_epochs(js: JetStreamContext) -> list[join.Epoch]:
    """Who published from when on."""
    return records.begin_epochs([_build_epoch(message) async for message in _read_all(js, FENCES)])


async def _read_all(js: JetStreamContext, subject: str) -> AsyncIterator[Msg]:
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
    subscription = await js.subscribe(
        subject,
        stream=STREAM.name,
        ordered_consumer=True,
        config=config,
        pending_msgs_limit=-1,
        pending_bytes_limit=-1,
    )
    try:
        info = await subscription.consumer_info()
        left = (info.num_pending or 0) + (info.delivered.consumer_seq if info.delivered else 0)
        while left:
            message = await subscription.next_msg(timeout=_READ_TIMEOUT_S)
            yield message
            left = message.metadata.num_pending
    finally:
        await subscription.unsubscribe()


def _build_epoch(message: Msg) -> join.Epoch:
    fence = Fence.decode(message.data)
    stored_ns = int(message.metadata.timestamp.timestamp() * _SECOND_NS)
    return join.Epoch(fence.epoch, fence.account, stored_ns)


def _build_stored(message: Msg) -> join.Stored:
    tick = read_tick(message)
    identity = (message.headers or {})[headers.MSG_ID]
    return join.Stored(tick.epoch, tick.contract, tick.serial, identity, tick.order_key)


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
