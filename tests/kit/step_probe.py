"""How long each callback of an asyncio loop takes: in CPU time of its thread, and by the wall clock.

The wall clock also counts what others do on a busy machine, so judge by CPU time. Not for uvloop, whose
callbacks cannot be wrapped; the work in them is the same.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_S = 0.001  # shorter ones are only counted


@dataclass(frozen=True, slots=True)
class Step:
    cpu_s: float
    wall_s: float
    what: str


@dataclass(slots=True)
class Steps:
    count: int = 0
    kept: list[Step] = field(default_factory=list)

    def longest(self) -> Step:
        return max(self.kept, key=lambda step: step.cpu_s, default=Step(0.0, 0.0, "none"))


@contextmanager
def watch_steps() -> Iterator[Steps]:
    steps, run = Steps(), asyncio.events.Handle._run  # noqa: SLF001 - asyncio has no other place to look

    def watched(handle: asyncio.Handle) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        run(handle)
        cpu_s, wall_s = time.thread_time() - cpu, time.perf_counter() - wall
        steps.count += 1
        if cpu_s >= KEPT_S:
            steps.kept.append(Step(cpu_s, wall_s, repr(handle)[:200]))

    asyncio.events.Handle._run = watched  # type: ignore[method-assign,assignment]  # noqa: SLF001 - as above
    try:
        yield steps
    finally:
        asyncio.events.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001 - as above
