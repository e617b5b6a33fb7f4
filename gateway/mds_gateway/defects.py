"""Work that is done again and again: what fails costs one turn, and a defect is told."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.trouble import NatsTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mds_gateway.metrics import Tally

log = logging.getLogger(__name__)

DEFECT = "Defect"


class Defects:
    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._told: set[tuple[str, str]] = set()
        """Work and kind of error."""

    async def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do it until cancelled. NATS may take the next time what it refuses now."""
        due, name = time.monotonic(), work.__name__.lstrip("_")
        self._tally.failures[name] += 0  # a series from the start
        while True:
            try:
                await work()
            except NatsTrouble as exc:
                log.debug("%s: %s", name, exc)
            except Exception as exc:  # noqa: BLE001 - the root of this work: its defect must not stop the others
                self.note(name, exc)
            due = max(due + seconds, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def note(self, work: str, error: Exception) -> None:
        """Counted each time; told with its traceback once of each kind: it may come twenty times a second."""
        kind = type(error).__name__
        self._tally.failures[work] += 1
        if (work, kind) in self._told:
            return
        self._told.add((work, kind))
        self._tally.notes[DEFECT] += 1
        log.error(
            "%s failed by a defect (%s) and is tried again; please report it",
            work, kind, exc_info=error, extra={"code": DEFECT},
        )  # fmt: skip
