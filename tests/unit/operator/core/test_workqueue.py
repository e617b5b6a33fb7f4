"""Work by key: once at a time, again if asked for meanwhile, and nobody stops anybody."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_operator.workqueue import WORKERS, WorkQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

WITHIN_S = 60.0


@dataclass(slots=True)
class Work:
    """Each key waits until it is let go."""

    begun: list[str] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    running: int = 0
    most: int = 0

    async def __call__(self, key: str) -> None:
        self.begun.append(key)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if key.startswith("bad"):
                raise ValueError(key)
            if key in self.gates:
                await self.gates[key].wait()
        finally:
            self.running -= 1


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[WorkQueue[str]]:
    queue = WorkQueue(work)
    task = asyncio.get_running_loop().create_task(queue.run())
    yield queue
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def settle(queue: WorkQueue[str], done: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while queue.done < done:  # noqa: ASYNC110 - the queue counts, and tells nobody
            await asyncio.sleep(0)


async def begun(work: Work, count: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while len(work.begun) < count:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)


async def test_asking_twice_before_it_begins_is_asking_once() -> None:
    work = Work()
    async with running(work) as queue:
        for key in ("a", "b", "a", "a"):
            queue.add(key)
        assert queue.depth == 2
        await settle(queue, 2)

    assert work.begun == ["a", "b"]
    assert queue.depth == 0


async def test_what_is_asked_for_while_it_runs_runs_once_more_and_not_beside_itself() -> None:
    work = Work(gates={"a": asyncio.Event()})
    async with running(work) as queue:
        queue.add("a")
        await begun(work, 1)
        queue.add("a")
        queue.add("a")
        queue.add("b")
        await settle(queue, 1)
        assert work.begun == ["a", "b"]
        work.gates["a"].set()
        await settle(queue, 3)

    assert work.begun == ["a", "b", "a"]


async def test_a_key_that_fails_stops_nobody_and_may_come_again(caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    async with running(work) as queue:
        for _ in range(WORKERS + 1):
            queue.add("bad")
            await settle(queue, queue.done + 1)
        queue.add("good")
        await settle(queue, WORKERS + 2)

    assert work.begun == ["bad"] * (WORKERS + 1) + ["good"]
    assert (queue.failed, queue.done) == (WORKERS + 1, WORKERS + 2)
    assert "bad: cannot be reconciled" in caplog.text


async def test_a_failure_is_asked_for_anew_if_it_was_asked_for_meanwhile() -> None:
    work = Work(gates={"a": asyncio.Event()})
    async with running(work) as queue:
        queue.add("a")
        await begun(work, 1)
        queue.add("a")
        work.gates["a"].set()
        await settle(queue, 2)

    assert work.begun == ["a", "a"]


async def test_no_more_keys_run_at_once_than_there_are_workers() -> None:
    keys = [f"k{number}" for number in range(WORKERS * 2)]
    work = Work(gates={key: asyncio.Event() for key in keys})
    async with running(work) as queue:
        for key in keys:
            queue.add(key)
        await begun(work, WORKERS)
        for gate in work.gates.values():
            gate.set()
        await settle(queue, len(keys))

    assert work.most == WORKERS
