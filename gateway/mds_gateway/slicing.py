"""Work that takes too long for one step of the loop, a slice at a time: ticks and heartbeats go in between.

The work is a generator that yields every few milliseconds. The newest request wins: what it overtakes is
dropped at once. (On a thread it would share the interpreter's lock: on a busy machine a thread that holds it
may not run for long, and the loop stands still meanwhile.)
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_gateway.domain.slices import Slices


async def do_in_turn[R](work: Slices[R]) -> R:
    """All of it, for whoever waits for the result; nothing overtakes it."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: R = done.value
            return result
        await asyncio.sleep(0)


class InSlices[R]:
    def __init__(self, use: Callable[[R], None], on_failure: Callable[[Exception], None]) -> None:
        """`use` is called with each result that no newer request has overtaken."""
        self._use = use
        self._on_failure = on_failure
        self._work: Slices[R] | None = None

    def request(self, work: Slices[R]) -> None:
        is_idle, self._work = self._work is None, work
        if is_idle:
            asyncio.get_running_loop().call_soon(self._step)

    def _step(self) -> None:
        if self._work is None:
            return
        try:
            next(self._work)
        except StopIteration as done:
            self._work = None
            self._use(done.value)
        except Exception as exc:  # noqa: BLE001 - the root of the work: told, and what was goes on
            self._work = None
            self._on_failure(exc)
        else:
            asyncio.get_running_loop().call_soon(self._step)
