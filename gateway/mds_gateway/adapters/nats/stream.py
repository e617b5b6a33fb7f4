"""What the control connection asks of a stream: the fence, the last tick per contract, a probe.

All of it is rare and small beside the ticks, which travel on a connection of their own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from mds_protocol.failover.fencing import Fence, resolve_fence
from mds_protocol.failover.takeover import Last
from mds_protocol.wire import fence as wire_fence
from mds_protocol.wire import headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from mds_gateway.domain.ticks import OrderKey

READ_LAST_TIMEOUT_S = 5.0  # 25,000 contracts took 0.3 s


async def read_fence(js: JetStreamContext, stream: str, subject: str) -> Fence | None:
    """The newest fence, as the stream's leader has it."""
    try:
        message = await js.get_last_msg(stream, subject)
    except NotFoundError:
        return None
    said = wire_fence.Fence.decode(message.data or b"")
    return Fence(said.epoch, said.account, said.nonce, message.seq or 0)


async def write_fence(
    js: JetStreamContext, stream: str, subject: str, fence: wire_fence.Fence, over: int
) -> Fence | None:
    """By compare-and-set on `over`; None: not stored. Where the answer is lost, the nonce tells."""
    conditions = {headers.EXPECTED_SEQUENCE: str(over), headers.TTL: headers.TTL_NEVER}
    try:
        ack = await js.publish(subject, fence.encode(), stream=stream, headers=conditions)
    except APIError as exc:
        if exc.err_code == headers.WRONG_LAST_SEQUENCE:
            return None
        raise
    except (NatsError, TimeoutError):
        return resolve_fence(fence.nonce, await read_fence(js, stream, subject))
    return Fence(fence.epoch, fence.account, fence.nonce, ack.seq)


async def read_last(
    js: JetStreamContext, stream: str, wildcard: str, up_to: int, order_key_of: Callable[[bytes], OrderKey]
) -> dict[bytes, Last[bytes]]:
    """The last tick of each contract that lies before the fence."""
    last: dict[bytes, Last[bytes]] = {}
    async with asyncio.timeout(READ_LAST_TIMEOUT_S):
        subscription = await js.subscribe(
            wildcard,
            stream=stream,
            ordered_consumer=True,
            config=ConsumerConfig(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT),
            pending_msgs_limit=-1,
            pending_bytes_limit=-1,
        )
        try:
            info = await subscription.consumer_info()
            delivered = info.delivered.consumer_seq if info.delivered is not None else 0
            if not info.num_pending and not delivered:
                return last
            while True:
                message = await subscription.next_msg(timeout=READ_LAST_TIMEOUT_S)
                metadata = message.metadata
                if metadata.sequence.stream < up_to:
                    last[message.subject.encode()] = _describe(message, order_key_of)
                if metadata.num_pending == 0:
                    return last
        finally:
            await subscription.unsubscribe()


def _describe(message: Msg, order_key_of: Callable[[bytes], OrderKey]) -> Last[bytes]:
    identity = (message.headers or {}).get(headers.MSG_ID, "")
    return Last(order_key_of(message.data), identity.encode())


async def probe(js: JetStreamContext, stream: str, subject: str) -> None:
    """Proves that this account could publish: stored, and gone again after a few seconds."""
    await js.publish(subject, b"", stream=stream, headers={headers.TTL: headers.TTL_PROBE}, timeout=1.0)
