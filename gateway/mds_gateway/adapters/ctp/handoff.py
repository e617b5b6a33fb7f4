"""Between the binding's threads and the event loop: ticks in order, bounded; everything else ahead of them.

The loop is woken once per batch: while a step runs or is sure to come, ticks only queue. When they outgrow
the bound, each contract keeps its newest only, until the loop has caught up: late data are worth less than
fresh ones, and what is dropped is counted. Control events (a login, a disconnect) are few, are never dropped,
and do not queue behind ticks: a lost front must be said at once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

type RawTick = dict[str, Any]
type Received = tuple[int, int, int, RawTick, int]
"""Arrival number, receive time (wall clock, ns), number of the login, the binding's dict, and how many ticks
of its contract were dropped for it."""

FAILURES_SAID_EVERY_S = 1.0


class Wakeable(Protocol):
    """As much of an event loop as is needed here."""

    def call_soon_threadsafe(self, callback: Callable[[], None], /) -> object: ...


class HandOff:
    """`put`, `post` and `note_failure` are for the binding's threads, the rest for the loop."""

    def __init__(
        self,
        loop: Wakeable,
        *,
        bound: int,
        on_wake: Callable[[], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self.bound = bound
        self._on_wake = on_wake
        self._on_failure = on_failure
        self._ticks: deque[Received] = deque()
        self._newest: dict[str, Received] = {}  # beyond the bound; while it holds any, all goes there
        self._moving = threading.Lock()  # for `_newest` only: the plain way needs none
        self._controls: deque[Callable[[], None]] = deque()
        self._is_awake = False  # a step will look for ticks without being woken
        self._is_woken = False  # a step will look for controls
        self._failure_said_at = float("-inf")
        self.login = 0
        """Grows with each market data login, on the thread that sees it, so that a tick knows its own."""
        self.received = 0
        self.conflated = 0
        self.failures = 0

    def __len__(self) -> int:
        """Ticks that wait."""
        return len(self._ticks) + len(self._newest)

    def put(self, raw: RawTick) -> None:
        """One tick; from one thread only. The binding swallows exceptions, so none may leave unseen."""
        try:
            self.received = arrival = self.received + 1
            received = (arrival, time.time_ns(), self.login, raw, 0)
            if self._newest or len(self._ticks) >= self.bound:
                self._put_newest(received)
            else:
                self._ticks.append(received)
            if not self._is_awake:
                self._wake()
        except Exception as exc:  # noqa: BLE001 - the root of a callback
            self.note_failure(exc)

    def post(self, control: Callable[[], None]) -> None:
        self._controls.append(control)
        if not self._is_woken:
            self._wake()

    def note_failure(self, exc: Exception) -> None:
        """Every one is counted, one a second is said. From any thread."""
        self.failures += 1
        now = time.monotonic()
        if now - self._failure_said_at < FAILURES_SAID_EVERY_S:
            return
        self._failure_said_at = now
        text = f"{type(exc).__name__}: {exc}; {self.failures} so far"
        self.post(lambda: self._on_failure(text))

    def take_controls(self) -> list[Callable[[], None]]:
        # NB: before anything is taken, or what comes meanwhile would wake nobody.
        self._is_woken = False
        return [self._controls.popleft() for _ in range(len(self._controls))]

    def take_ticks(self, limit: int) -> list[Received]:
        ticks = self._ticks
        if not ticks and self._newest:
            self._move_newest()
        return [ticks.popleft() for _ in range(min(limit, len(ticks)))]

    def fall_idle(self) -> bool:
        """From now on the next tick wakes the loop. False: some wait, so the loop had better look again."""
        if len(self):
            return False
        # NB: the order matters: a tick that comes in between is seen here, or wakes the loop, or both.
        self._is_awake = False
        return not len(self)

    def _put_newest(self, received: Received) -> None:
        symbol = received[3]["InstrumentID"]
        with self._moving:
            if not self._newest and len(self._ticks) < self.bound:
                self._ticks.append(received)  # the loop caught up while we waited for the lock
                return
            before = self._newest.get(symbol)
            if before is not None:
                self.conflated += 1
                received = (*received[:4], before[4] + 1)
            self._newest[symbol] = received

    def _move_newest(self) -> None:
        """All that was in order is taken; the newest ones follow, in the order of their arrival."""
        with self._moving:
            self._ticks.extend(sorted(self._newest.values(), key=_arrival))
            self._newest.clear()

    def _wake(self) -> None:
        self._is_awake = self._is_woken = True
        try:
            self._loop.call_soon_threadsafe(self._on_wake)
        except RuntimeError:
            return  # the loop is closed: the process ends, and these threads with it


def _arrival(received: Received) -> int:
    return received[0]
