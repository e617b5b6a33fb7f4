"""What the control connection asks of a stream: the fence, a probe, how much it may hold.

Both are rare and small beside the ticks, which travel on connections of their own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy
from nats.js.errors import APIError, NotFoundError

from mds_gateway.domain.renewing import StreamRoom
from mds_protocol.failover.fencing import Fence, resolve_fence
from mds_protocol.wire import fence as wire_fence
from mds_protocol.wire import headers
from mds_protocol.wire.errors import WireError

if TYPE_CHECKING:
    from nats.js import JetStreamContext

log = logging.getLogger(__name__)


async def read_fence(js: JetStreamContext, stream: str, subject: str) -> Fence | None:
    """The newest fence, as the stream's leader has it; of epoch 0 where what stands there is none."""
    try:
        message = await js.get_last_msg(stream, subject)
    except NotFoundError:
        return None
    try:
        said = wire_fence.Fence.decode(message.data or b"")
    except WireError as exc:
        # It refuses every tick all the same: whom the route names must be able to write over it.
        log.warning("the fence %s of stream %s is none: %s", message.seq, stream, exc)
        return Fence(epoch=0, account="", nonce="", sequence=message.seq or 0)
    return Fence(said.epoch, said.account, said.nonce, message.seq or 0)


async def write_fence(
    js: JetStreamContext, stream: str, subject: str, fence: wire_fence.Fence, over: int
) -> Fence | None:
    """By compare-and-set on `over`; None: not stored. Where the answer is lost, the nonce tells.

    Raises what the request failed with where that does not tell either: it may be stored a moment later.
    """
    conditions = {headers.EXPECTED_SEQUENCE: str(over), headers.TTL: headers.TTL_NEVER}
    try:
        ack = await js.publish(subject, fence.encode(), stream=stream, headers=conditions)
    except APIError as exc:
        if exc.err_code == headers.WRONG_LAST_SEQUENCE:
            return None
        raise
    except (NatsError, TimeoutError):
        found = resolve_fence(fence.nonce, await read_fence(js, stream, subject))
        if found is None:
            raise
        return found
    return Fence(fence.epoch, fence.account, fence.nonce, ack.seq)


async def read_room(js: JetStreamContext, stream: str) -> StreamRoom:
    info = await js.stream_info(stream)
    evicts = info.config.discard is not DiscardPolicy.NEW
    return StreamRoom(
        max_messages=_limit(info.config.max_msgs) if evicts else None,
        max_bytes=_limit(info.config.max_bytes) if evicts else None,
        messages=info.state.messages,
        size_bytes=info.state.bytes,
        newest=info.state.last_seq,
    )


def _limit(value: float | None) -> int | None:
    """The server says -1 for none."""
    return int(value) if value is not None and value > 0 else None


async def probe(js: JetStreamContext, stream: str, subject: str) -> None:
    """Proves that this account could publish: stored, and gone again after a few seconds."""
    await js.publish(subject, b"", stream=stream, headers={headers.TTL: headers.TTL_PROBE}, timeout=1.0)
