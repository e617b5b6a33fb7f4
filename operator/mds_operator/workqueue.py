"""Work by key: each key once at a time, and once more if it was asked for meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from mds_operator.domain.durations import WORK_BOUNDS_S, Durations

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

WORKERS: Final = 8
"""Keys worked on at once; the API server is asked for no more than that."""

log = logging.getLogger(__name__)


class WorkQueue[K: Hashable]:
    """Run `run` in a task of its own."""

    def __init__(self, work: Callable[[K], Awaitable[None]]) -> None:
        self._work = work
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._asked: set[K] = set()
        self._running: set[K] = set()
        self.done = 0
        self.failed = 0
        self.durations = Durations(WORK_BOUNDS_S)

    @property
    def depth(self) -> int:
        return len(self._asked)

    def add(self, key: K) -> None:
        """Ask for work; asking twice before it begins is asking once."""
        if key in self._asked:
            return
        self._asked.add(key)
        if key not in self._running:
            self._ready.put_nowait(key)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._keep_working())

    async def _keep_working(self) -> None:
        while True:
            key = await self._ready.get()
            self._asked.discard(key)
            self._running.add(key)
            began = time.monotonic()
            try:
                await self._work(key)
            except Exception:  # the root of one key's work: a defect there must not stop the others
                self.failed += 1
                log.exception("%s: cannot be reconciled", key, extra={"code": "ReconcileFailed"})
            finally:
                self.done += 1
                self.durations.add(time.monotonic() - began)
                self._running.discard(key)
                if key in self._asked:
                    self._ready.put_nowait(key)
