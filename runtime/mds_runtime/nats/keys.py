"""Follow some keys of a KV bucket: watched for speed, polled each second for safety.

The poll asks the leader, so that a lagging replica cannot answer, and a watch that died without a word costs
a second. Whoever listens must bear hearing the same revision twice, and an older one late.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mds_runtime.nats.following import NS_PER_S, keep_following
from mds_runtime.nats.revision import Revision
from mds_runtime.nats.stored import read_stored

if TYPE_CHECKING:
    from nats.aio.msg import Msg

    from mds_runtime.nats.connection import Connection
    from mds_runtime.nats.delivery import Delivery

POLL_EVERY_S: Final = 1.0

type Listener = Callable[[str, bytes, Revision], None]
"""Key, value, revision."""


class KeyFollower[I]:
    """`keys` is asked at each poll, as what matters changes with the settings.

    What the listener fails with goes to `on_defect`, with the bucket: one value must not end the following.
    """

    def __init__(
        self,
        connection: Connection[I],
        bucket: str,
        keys: Callable[[], Iterable[str]],
        listener: Listener,
        on_defect: Callable[[str, Exception], None],
    ) -> None:
        self._connection = connection
        self._bucket = bucket
        self._stream = f"KV_{bucket}"
        self._subject = f"$KV.{bucket}."
        self._keys = keys
        self._listener = listener
        self._on_defect = on_defect

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._poll())

    async def read(self, key: str) -> None:
        """Ask the leader. No answer, or no such key yet: the next poll asks again."""
        with contextlib.suppress(*self._connection.fails_with):
            body = {"last_by_subj": f"{self._subject}{key}"}
            found = await self._connection.ask_jetstream(f"STREAM.MSG.GET.{self._stream}", body)
            stored = read_stored(found["message"])
            self._tell(key, stored.data, Revision(stored.sequence, stored.time))

    async def _poll(self) -> None:
        while True:
            for key in list(self._keys()):
                await self.read(key)
            await asyncio.sleep(POLL_EVERY_S)

    async def _watch(self) -> None:
        wish = {"deliver_policy": "last_per_subject", "filter_subject": f"{self._subject}>"}
        await keep_following(self._connection, self._stream, lambda: wish, self._on_delivery)

    def _on_delivery(self, message: Msg, delivery: Delivery) -> None:
        key = message.subject.removeprefix(self._subject)
        if key in set(self._keys()):
            written_at = datetime.fromtimestamp(delivery.time_ns / NS_PER_S, UTC)
            self._tell(key, message.data, Revision(delivery.sequence, written_at))

    def _tell(self, key: str, value: bytes, revision: Revision) -> None:
        if not value:  # the key was deleted
            return
        try:
            self._listener(key, value, revision)
        except Exception as exc:  # noqa: BLE001 - the root of what one value brings about
            self._on_defect(self._bucket, exc)
