"""Waiting on a machine that may be busy: the bar only ends what hangs, and says what was last seen."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATIENCE_S: Final = 300.0
LOOK_EVERY_S: Final = 0.1
SHOWN: Final = 1_000


def wait_until[T](
    what: str,
    look: Callable[[], T],
    is_enough: Callable[[T], object] = bool,
    *,
    within_s: float = PATIENCE_S,
    every_s: float = LOOK_EVERY_S,
    explain: Callable[[], object] = lambda: "",
) -> T:
    """The first look that is enough. `explain` adds to the message, if none is."""
    deadline = time.monotonic() + within_s
    while True:
        seen = look()
        if is_enough(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(_tell(what, seen, within_s, explain))
        time.sleep(every_s)


async def wait_until_async[T](
    what: str,
    look: Callable[[], Awaitable[T]],
    is_enough: Callable[[T], object] = bool,
    *,
    within_s: float = PATIENCE_S,
    every_s: float = LOOK_EVERY_S,
    explain: Callable[[], object] = lambda: "",
) -> T:
    """The same beside what runs in the loop."""
    deadline = time.monotonic() + within_s
    while True:
        seen = await look()
        if is_enough(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(_tell(what, seen, within_s, explain))
        await asyncio.sleep(every_s)


def hold_for[T](
    what: str, look: Callable[[], T], is_right: Callable[[T], object] = bool, *, for_s: float
) -> None:
    """It is so, and stays so."""
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        seen = look()
        if not is_right(seen):
            raise AssertionError(f"no longer: {what}; seen: {_show(seen)}")
        time.sleep(LOOK_EVERY_S)


def _tell(what: str, seen: object, within_s: float, explain: Callable[[], object]) -> str:
    more = explain()
    return f"not within {within_s:g} s: {what}; last seen: {_show(seen)}" + (f"; {more}" if more else "")


def _show(seen: object) -> str:
    """Of an object of Kubernetes the status, which says most."""
    if isinstance(seen, dict) and "metadata" in seen:
        return f"{seen['metadata']['name']} with status {seen.get('status')!r}"
    return str(seen)[:SHOWN]
