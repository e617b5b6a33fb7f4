"""Tells when the machine stood still: a process of its own that wakes every 10 ms and tells what it missed.

    python -m tests.chaos.ticker        until its input ends

It knows nothing of mds, so what it says excuses a sample without asking the sample. It speaks in the
monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TICK_S: Final = 0.010
STILL_NS: Final = 300_000_000
"""A gateway is missed after 700 ms; a machine that stands still for this long may do so for longer."""
NORMAL_NICE: Final = 0
TICKING: Final = "ticking"


@dataclass(frozen=True, slots=True)
class Pause:
    """From the last tick before it to the first after it."""

    begin_ns: int
    end_ns: int

    @property
    def length_ns(self) -> int:
        return self.end_ns - self.begin_ns


def find_voiding(pauses: Iterable[Pause], begin_ns: int, end_ns: int) -> tuple[Pause, ...]:
    """The pauses that make void what was seen from `begin_ns` to `end_ns`.

    One that began before or ended after counts whole: a gateway that was silent for so long is missed, too.
    """
    return tuple(
        pause
        for pause in pauses
        if pause.length_ns > STILL_NS and pause.begin_ns < end_ns and pause.end_ns > begin_ns
    )


class Ticker:
    """The process, from the outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def stop(self) -> tuple[Pause, ...]:
        """All pauses since it began, also one that lasts until now."""
        told, _ = self._process.communicate()
        return tuple(Pause(*map(int, line.split())) for line in told.splitlines())


@contextlib.contextmanager
def watch_machine() -> Iterator[Ticker]:
    """It ticks when this is entered."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            assert said == TICKING, f"the ticker said {said!r} instead of {TICKING!r}"
            yield Ticker(process)
        finally:
            process.kill()


def tick() -> None:
    os.setpriority(os.PRIO_PROCESS, 0, NORMAL_NICE)  # whatever the tests were started with
    before, is_over = time.monotonic_ns(), False
    _say(TICKING)
    while not is_over:
        is_over = bool(select.select([sys.stdin], [], [], TICK_S)[0])
        now = time.monotonic_ns()
        if now - before > STILL_NS:
            _say(f"{before} {now}")
        before = now


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    tick()
