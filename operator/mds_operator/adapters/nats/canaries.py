"""How long a tick takes from the stream to whoever reads it: of one contract of each subscription.

One consumer a stream takes heads alone, and only what comes from now on: what a reader would catch up
with is not late.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Never

from mds_operator.domain.canaries import group_by_stream
from mds_operator.domain.nats_seen import OURS
from mds_runtime.nats.following import keep_following

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link
    from mds_operator.domain.canaries import Canary
    from mds_operator.domain.seen import Key
    from mds_runtime.nats.delivery import Delivery

NS_PER_S: Final = 1_000_000_000


class CanaryReader:
    """Run `run` in a task of its own."""

    def __init__(
        self, link: Link, on_seen: Callable[[Key, float], None], clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        """`on_seen` is told the subscription, and the seconds since the stream stored the tick."""
        self._link = link
        self._on_seen = on_seen
        self._clock_ns = clock_ns
        self._owners: dict[str, dict[str, Key]] = {}
        self._changed = asyncio.Event()

    def use(self, canaries: Iterable[Canary]) -> None:
        owners = group_by_stream(canaries)
        if owners != self._owners:
            self._owners = owners
            self._changed.set()

    async def run(self) -> Never:
        """Until it is cancelled."""
        while True:
            self._changed.clear()
            async with asyncio.TaskGroup() as group:
                following = [
                    group.create_task(self._follow(stream, owners)) for stream, owners in self._owners.items()
                ]
                await self._changed.wait()
                for task in following:
                    task.cancel()

    async def _follow(self, stream: str, owners: Mapping[str, Key]) -> None:
        def on_delivery(message: Msg, delivery: Delivery) -> None:
            # The clocks of two machines: where the server's is ahead, a tick is here before it was stored.
            self._on_seen(owners[message.subject], max(0, self._clock_ns() - delivery.time_ns) / NS_PER_S)

        wish = {
            "deliver_policy": "new",
            "headers_only": True,
            "filter_subjects": sorted(owners),
            "metadata": OURS,
        }
        await keep_following(self._link, stream, lambda: wish, on_delivery)
