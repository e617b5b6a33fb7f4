"""Runs what needs a task of its own, and waits for what comes about: with a deadline that no load reaches."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mds_operator.adapters.nats.link import Link
from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from mds_runtime.nats.access import Access

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
    """Looks in the loop, where what is waited for runs, too."""

    async def look() -> bool:
        return condition()

    await wait_until_async("it comes about", look, within_s=WITHIN_S, every_s=LOOK_EVERY_S)
