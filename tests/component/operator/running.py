"""Runs what needs a task of its own, and waits for what comes about: with a deadline that no load reaches."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mds_operator.adapters.nats.link import Link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from mds_operator.adapters.nats.access import Access

WITHIN_S = 60.0
LOOK_EVERY_S = 0.01


@asynccontextmanager
async def running(work: Coroutine[object, object, None]) -> AsyncIterator[asyncio.Task[None]]:
    """A task that is cancelled at the end; what it died of fails the test."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def connected(access: Access, name: str) -> AsyncIterator[Link]:
    link = Link(access, name)
    async with running(link.run()):
        async with asyncio.timeout(WITHIN_S):
            await link.wait_connected()
        yield link


async def until(condition: Callable[[], bool]) -> None:
    """Fails the test by TimeoutError where it does not come about."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            if condition():
                return
            await asyncio.sleep(LOOK_EVERY_S)
