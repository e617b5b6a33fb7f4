"""How long a feed was silent across a fence, in the stream's own time.

    ... tick   [F: fence]   tick ...
        last ---- gap ----> first

A stream tells the next message of a subject, never the one before. So a window before F is read forward by a
consumer that delivers heads only, and a longer one where it held no tick of ours.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.nats.link import LinkError
from mds_runtime.nats.delivery import Delivery, read_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link

WINDOWS: Final = (512, 4_096, 16_384)
"""In messages of the stream. Where one subscription fills it, the first window has the last tick. More than
the longest would keep the loop from its pings: 100,000 heads cost the connection."""
READ_TIMEOUT_S: Final = 10.0
_NS_PER_MS: Final = 1_000_000
_FORGOTTEN_NS: Final = 5_000_000_000


@dataclass(frozen=True, slots=True)
class _Around:
    """The ticks on both sides of a fence, as far as they were found."""

    last: Delivery | None = None
    first: Delivery | None = None


async def gap_ms(
    link: Link, stream: str, fence: int, wildcard: str, is_ours: Callable[[str], bool]
) -> int | None:
    """None: no tick after the fence yet, or none before it within the longest window.

    `wildcard` is what the subscription's subjects match, `is_ours` which of them are its own: others may
    share the template.
    """
    for window in WINDOWS:
        start = max(1, fence - window)
        found = await _read_around(link, stream, start, fence, wildcard, is_ours)
        if found.first is None:
            return None
        if found.last is not None:
            return max(0, found.first.time_ns - found.last.time_ns) // _NS_PER_MS
        if start == 1:
            return None
    return None


async def _read_around(
    link: Link, stream: str, start: int, fence: int, wildcard: str, is_ours: Callable[[str], bool]
) -> _Around:
    heads: asyncio.Queue[tuple[str, Delivery]] = asyncio.Queue()

    async def on_message(message: Msg) -> None:
        head = read_delivery(message.reply)
        if head is not None:
            heads.put_nowait((message.subject, head))

    inbox = link.new_inbox()
    interest = await link.subscribe(inbox, on_message)
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            made = await link.ask_jetstream(
                f"CONSUMER.CREATE.{stream}", _build_consumer(stream, start, wildcard, inbox)
            )
            if not made.get("num_pending") and not (made.get("delivered") or {}).get("consumer_seq"):
                return _Around()
            return await _take_around(heads, fence, is_ours)
    except TimeoutError as exc:
        raise LinkError(f"the heads of stream {stream} did not come within {READ_TIMEOUT_S:g} s") from exc
    finally:
        await link.unsubscribe(interest)


async def _take_around(
    heads: asyncio.Queue[tuple[str, Delivery]], fence: int, is_ours: Callable[[str], bool]
) -> _Around:
    last = None
    while True:
        subject, head = await heads.get()
        if is_ours(subject):
            if head.sequence > fence:
                return _Around(last, head)
            last = head
        if head.pending == 0:
            return _Around(last)


def _build_consumer(stream: str, start: int, wildcard: str, inbox: str) -> dict[str, object]:
    return {
        "stream_name": stream,
        "config": {
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": start,
            "filter_subject": wildcard,
            "ack_policy": "none",
            "headers_only": True,
            "deliver_subject": inbox,
            "inactive_threshold": _FORGOTTEN_NS,
            "mem_storage": True,
            "num_replicas": 1,
        },
    }
