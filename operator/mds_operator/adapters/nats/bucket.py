"""A KV bucket, kept in memory: watched for speed, compared with its leader each second for safety.

A bucket is a stream with one message per key, and its sequence is the revision. Each write, also of a delete
marker, makes the stream's last sequence grow, so one small question a second shows whether anything was
missed; what was, is read from the leader, oldest first. A watch may die with its server without a word: that
costs a second. What was purged, or lost with the stream, shows in the count of messages.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.nats.link import NOT_FOUND, ApiRefusal, LinkError
from mds_operator.adapters.nats.streams import read_stream_info
from mds_protocol.wire import headers
from mds_runtime.nats.following import keep_following
from mds_runtime.nats.stored import read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link
    from mds_operator.adapters.nats.streams import StreamInfo
    from mds_runtime.nats.delivery import Delivery

POLL_EVERY_S: Final = 1.0
WRITE_TIMEOUT_S: Final = 1.0
_DELETE: Final = {"KV-Operation": "DEL"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Written:
    revision: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The bucket has this very value already."""

    revision: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Another revision stands: nothing was written."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been written, now or in a moment: `read_leader` tells, by the writer's mark in it."""

    why: str


type Outcome = Written | Lost | Unknown


class Bucket:
    """Run `run` in a task of its own. `changed` is called with each key whose entry is another now."""

    def __init__(self, link: Link, name: str, changed: Callable[[str], None]) -> None:
        self._link = link
        self._stream = f"KV_{name}"
        self._subject = f"$KV.{name}."
        self._changed = changed
        self._entries: dict[str, Entry] = {}
        self._revisions: dict[str, int] = {}
        """Of every key, also of deleted ones, whose marker counts as its last revision."""
        self._created = ""
        self._read_up_to = 0
        self._reading = asyncio.Lock()
        self.is_complete = False
        """Whether everything that is stored has been read once."""
        self.compared_at: float | None = None
        """When the leader last confirmed that nothing is missing, on the loop's clock."""
        self.failed = 0
        """Changes that whoever is told of them failed at."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        return MappingProxyType(self._entries)

    # --- writing

    async def compare_and_set(self, key: str, value: bytes, revision: int | None) -> Outcome:
        """`revision` None: there must be no such key."""
        return await self._write(key, value, self._expected(key, revision), {})

    async def put_if_changed(self, key: str, value: bytes) -> Outcome | Unchanged:
        """For a key that only we write: over whatever stands, as far as we know it."""
        standing = self._entries.get(key)
        if standing is not None and standing.value == value:
            return Unchanged(standing.revision)
        return await self._write(key, value, self._revisions.get(key, 0), {})

    async def delete(self, key: str, revision: int) -> Outcome:
        """Leaves a marker, as KV does, so that whoever watches learns of it."""
        return await self._write(key, b"", revision, _DELETE)

    async def read_leader(self, key: str) -> Entry | None:
        """As the leader has it, past every replica; None: no such key. LinkError: no answer."""
        try:
            body = {"last_by_subj": f"{self._subject}{key}"}
            found = await self._link.ask_jetstream(f"STREAM.MSG.GET.{self._stream}", body)
        except ApiRefusal as exc:
            if exc.code in NOT_FOUND:
                return None
            raise
        stored = read_stored(found["message"])
        self._take(stored.subject, stored.data, stored.sequence, is_marker=stored.is_marker)
        return self._entries.get(key)

    def _expected(self, key: str, revision: int | None) -> int:
        if revision is not None:
            return revision
        return 0 if key in self._entries else self._revisions.get(key, 0)

    async def _write(self, key: str, value: bytes, expected: int, more: Mapping[str, str]) -> Outcome:
        conditions = {headers.EXPECTED_SEQUENCE: str(expected), **more}
        subject = f"{self._subject}{key}"
        try:
            revision = await self._link.store(subject, value, headers=conditions, timeout_s=WRITE_TIMEOUT_S)
        except ApiRefusal as exc:
            if exc.code == headers.WRONG_LAST_SEQUENCE:
                return Lost()
            return Unknown(str(exc))
        except LinkError as exc:
            return Unknown(str(exc))
        self._take(subject, value, revision, is_marker=bool(more))
        return Written(revision)

    # --- following

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_comparing())
            group.create_task(self._keep_watching())

    async def compare(self) -> None:
        """Reads what the leader has and we have not."""
        async with self._reading:
            info = await read_stream_info(self._link, self._stream)
            if info is None:
                raise LinkError(f"the bucket {self._stream} does not exist yet")
            await self._catch_up(info)
            self.is_complete = True
            self.compared_at = asyncio.get_running_loop().time()

    async def _catch_up(self, info: StreamInfo) -> None:
        if info.created != self._created or info.last < self._read_up_to:
            self._revisions.clear()  # another stream counts anew
            await self._read_anew()
            self._created = info.created
            return
        if info.last > self._read_up_to:
            await self._read_from(self._read_up_to + 1)
        if len(self._revisions) != info.messages and self._read_up_to <= info.last:
            await self._read_anew()

    async def _read_anew(self) -> None:
        """What is not found any more is gone, unless it was written while we read."""
        self._read_up_to = 0
        found = await self._read_from(1)
        for key in (self._entries.keys() | self._revisions.keys()) - found:
            if self._revisions.get(key, 0) <= self._read_up_to:
                self._revisions.pop(key, None)
                if self._entries.pop(key, None) is not None:
                    self._tell(key)

    async def _read_from(self, sequence: int) -> set[str]:
        """Every message from there on; the keys that were found."""
        found: set[str] = set()
        while True:
            body = {"seq": sequence, "next_by_subj": f"{self._subject}>"}
            try:
                answer = await self._link.ask_jetstream(f"STREAM.MSG.GET.{self._stream}", body)
            except ApiRefusal as exc:
                if exc.code in NOT_FOUND:
                    return found
                raise
            stored = read_stored(answer["message"])
            self._take(stored.subject, stored.data, stored.sequence, is_marker=stored.is_marker)
            found.add(stored.subject.removeprefix(self._subject))
            self._read_up_to = max(self._read_up_to, stored.sequence)
            sequence = stored.sequence + 1

    async def _keep_comparing(self) -> None:
        while True:
            await self._link.wait_connected()
            try:
                await self.compare()
            except LinkError as exc:
                log.debug("the bucket %s cannot be compared: %s", self._stream, exc)
            await asyncio.sleep(POLL_EVERY_S)

    async def _keep_watching(self) -> None:
        wish = {"deliver_policy": "last_per_subject", "filter_subject": f"{self._subject}>"}
        await keep_following(self._link, self._stream, lambda: wish, self._on_delivery)

    def _on_delivery(self, message: Msg, delivery: Delivery) -> None:
        is_marker = "KV-Operation" in (message.headers or {})
        self._take(message.subject, message.data, delivery.sequence, is_marker=is_marker)

    def _take(self, subject: str, value: bytes, revision: int, *, is_marker: bool) -> None:
        """Keeps what is newer than what is known; the same arrives by several ways and in any order."""
        key = subject.removeprefix(self._subject)
        if revision <= self._revisions.get(key, 0):
            return
        self._revisions[key] = revision
        before = self._entries.pop(key, None)
        after = None if is_marker else Entry(value, revision)
        if after is not None:
            self._entries[key] = after
        if before != after:
            self._tell(key)

    def _tell(self, key: str) -> None:
        try:
            self._changed(key)
        except Exception:  # the root of what one key brings about: a defect there must not stop the others
            self.failed += 1
            log.exception("%s of %s cannot be taken", key, self._stream, extra={"code": "EntryFailed"})
