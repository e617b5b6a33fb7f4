"""Follows keys of a KV bucket: watched for speed, polled each second for safety.

A watch is an ordered consumer, which dies with its server now and then without a word; the poll asks the
leader, so that a lagging replica cannot answer. Whoever listens must bear hearing the same revision twice,
and an older one late.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError

from mds_gateway.domain.revision import Revision

if TYPE_CHECKING:
    from nats.js import JetStreamContext

POLL_EVERY_S = 1.0
REQUEST_TIMEOUT_S = 2.0

type Listener = Callable[[str, bytes, Revision], None]
"""Key, value, revision."""


class KeyFollower:
    """`keys` is asked at each poll, as what matters changes with the settings.

    What the listener fails with goes to `on_defect`, with the bucket: one value must not end the following.
    """

    def __init__(
        self,
        js: JetStreamContext,
        bucket: str,
        keys: Callable[[], Iterable[str]],
        listener: Listener,
        on_defect: Callable[[str, Exception], None],
    ) -> None:
        self._js = js
        self._bucket = bucket
        self._keys = keys
        self._listener = listener
        self._on_defect = on_defect

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._poll())

    async def read(self, key: str) -> None:
        """Asks the leader. No answer, or no such key yet: the next poll asks again."""
        with contextlib.suppress(NatsError, TimeoutError, OSError):
            message = await self._js.get_last_msg(f"KV_{self._bucket}", f"$KV.{self._bucket}.{key}")
            if message.data and message.seq and message.time:
                self._tell(key, message.data, Revision(message.seq, message.time))

    async def _poll(self) -> None:
        while True:
            for key in list(self._keys()):
                await self.read(key)
            await asyncio.sleep(POLL_EVERY_S)

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(NatsError, TimeoutError, OSError):
                await self._watch_until_it_ends()
            await asyncio.sleep(POLL_EVERY_S)

    async def _watch_until_it_ends(self) -> None:
        bucket = await self._js.key_value(self._bucket)
        watcher = await bucket.watchall()
        try:
            async for entry in watcher:
                wanted = entry is not None and entry.key in set(self._keys())
                if wanted and entry.value and entry.revision:
                    self._tell(entry.key, entry.value, Revision(entry.revision, entry.created))
        finally:
            with contextlib.suppress(NatsError, TimeoutError, OSError):
                await watcher.stop()  # type: ignore[no-untyped-call] # nats-py leaves it untyped

    def _tell(self, key: str, value: bytes, revision: Revision) -> None:
        try:
            self._listener(key, value, revision)
        except Exception as exc:  # noqa: BLE001 - the root of what one value brings about
            self._on_defect(self._bucket, exc)
