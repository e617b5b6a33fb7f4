"""What one step of the loop takes from the hand-off: all controls, at most 500 ticks, then others go first.

    front's thread --put--> HandOff --one wake--> step --+-- idle: the next tick wakes the loop
                                                         +-- more waits: a step follows what else is due
                                                         +-- several: it sleeps for a moment, then the same
                                                         +-- late: it pauses (`pausing`), then a step

While a step runs or is sure to come, no tick wakes the loop; a control always does, as a lost front must be
said at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.ctp.handoff import HandOff
from mds_gateway.adapters.ctp.pausing import Pausing

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from mds_gateway.adapters.ctp.handoff import Received

TICKS_A_STEP = 500


class Worker(Protocol):
    """Who does what a step brings."""

    def on_controls_done(self) -> None: ...
    def on_received(self, received: Sequence[Received]) -> int:
        """Returns how much later than usual they came, in ns."""

    def on_failure(self, text: str) -> None: ...


class Stepping:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        worker: Worker,
        *,
        bound: int,
        give_way: Callable[[float], None] = time.sleep,
    ) -> None:
        self._loop = loop
        self._worker = worker
        self._give_way = give_way
        self._pausing = Pausing()
        self.handoff = HandOff(loop, bound=bound, on_wake=self.step, on_failure=worker.on_failure)

    def step(self) -> None:
        controls = self.handoff.take_controls()
        for control in controls:
            self._guard(control)
        if controls:
            self._guard(self._worker.on_controls_done)
        if not self._pausing.is_waiting:  # else `_resume` comes
            self._take_ticks()

    def _take_ticks(self) -> None:
        pause_s = 0.0
        if received := self.handoff.take_ticks(TICKS_A_STEP):
            late_ns = self._guard(lambda: self._worker.on_received(received)) or 0
            pause_s = self._pausing.begin_s(len(received), late_ns)
            if not pause_s and (moment_s := self._pausing.find_moment_s(len(received))):
                self._give_way(moment_s)
        if pause_s:
            self._loop.call_later(pause_s, self._resume)
        elif not self.handoff.fall_idle():
            self._loop.call_soon(self.step)

    def _resume(self) -> None:
        self._pausing.resume()
        self.step()

    def _guard[T](self, work: Callable[[], T]) -> T | None:
        """What fails costs itself, never the step: it is counted and told as a callback's failure is."""
        try:
            return work()
        except Exception as exc:  # noqa: BLE001 - the root of what the front's threads handed over
            self.handoff.note_failure(exc)
            return None
