"""Carries tasks out in threads: starts what may start, shows the list, ends what runs when one fails.

What is made lies in the cache under locks, each thing whole or absent, so that nothing here has to be undone;
a build that was ended goes on where it was, as Go and the store of images keep what they have.
"""

from __future__ import annotations

import os
import queue
import re
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster.errors import StoppedError
from mds_devcluster.preparing import estimates, jobs, wording
from mds_devcluster.preparing.estimates import Situation, Timed
from mds_devcluster.preparing.jobs import Machine
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mds_devcluster.building import Workshop
    from mds_devcluster.preparing.jobs import Job

_LOOK_EVERY_S: Final = 1.0
# A command is told to end within a second of that; what still waits for another process's lock is left.
_ENDED_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and what does it, with a workshop whose progress is the list's."""

    job: Job
    run: Callable[[Workshop], object]


@dataclass(frozen=True, slots=True)
class _Said:
    text: str


@dataclass(frozen=True, slots=True)
class _Ended:
    job: Job
    error: BaseException | None


def carry_out(tasks: Sequence[Task], workshop: Workshop) -> None:
    """Make all of it; raise what the first to fail raised, when the others are ended."""
    if tasks:
        _Crew(tasks, workshop).work()


def read_machine() -> Machine:
    meminfo = Path("/proc/meminfo").read_text()
    return Machine(cores=len(os.sched_getaffinity(0)), available_bytes=parse_available(meminfo))


def parse_available(meminfo: str) -> int:
    """What the kernel believes that it can give without swapping, in bytes."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", meminfo, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


class _Member(Progress):
    """The progress of one job. That it runs is seen in the list, so only what it notes is told."""

    def __init__(self, events: queue.SimpleQueue[_Said | _Ended], stop: threading.Event) -> None:
        self._events = events
        self._stop = stop

    def note(self, text: str) -> None:
        self._events.put(_Said(text))

    def show_now(self, text: str) -> None:
        """The list shows it."""

    def show_end(self, title: str, elapsed_s: float, outcome: str) -> None:
        """The list shows it; a failure is raised as well."""

    def is_due(self, *, elapsed_s: float, shown_at_s: float) -> bool:  # noqa: ARG002 - never
        return False

    def raise_if_stopped(self) -> None:
        if self._stop.is_set():
            raise StoppedError


class _Crew:
    def __init__(self, tasks: Sequence[Task], workshop: Workshop) -> None:
        self._tasks = {task.job: task for task in tasks}
        self._workshop = workshop
        self._waiting = [task.job for task in tasks]
        self._started_s: dict[Job, float] = {}
        self._done: list[Timed] = []
        self._threads: list[threading.Thread] = []
        self._events: queue.SimpleQueue[_Said | _Ended] = queue.SimpleQueue()
        self._stop = threading.Event()

    def work(self) -> None:
        began_s = shown_s = time.monotonic()
        self._note(wording.format_beginning(self._look(), self._estimate_left_s()))
        try:
            while self._waiting or self._started_s:
                self._start_what_may()
                self._hear()
                now_s = time.monotonic()
                if self._workshop.progress.is_due(elapsed_s=now_s, shown_at_s=shown_s) and self._started_s:
                    state = wording.format_state(self._look(), self._estimate_left_s())
                    self._workshop.progress.show_now(state)
                    shown_s = now_s
        except BaseException:
            self._end_all()
            raise
        self._note(wording.format_end(self._look(), time.monotonic() - began_s))

    def _start_what_may(self) -> None:
        while job := jobs.choose_next(self._waiting, self._started_s.keys(), read_machine()):
            self._waiting.remove(job)
            self._started_s[job] = time.monotonic()
            # A daemon, as it may wait for ever for another process that builds the same.
            thread = threading.Thread(target=self._run, args=(self._tasks[job],), name=job.name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, task: Task) -> None:
        member = _Member(self._events, self._stop)
        try:
            task.run(replace(self._workshop, progress=member))
        except BaseException as error:  # noqa: BLE001 - the crew raises it again, in its own thread
            self._events.put(_Ended(task.job, error))
        else:
            self._events.put(_Ended(task.job, None))

    def _hear(self) -> None:
        try:
            event = self._events.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            return
        if isinstance(event, _Said):
            self._note(event.text)
            return
        timed = Timed(event.job, time.monotonic() - self._started_s.pop(event.job))
        if event.error is not None:
            raise event.error
        self._done.append(timed)
        self._note(wording.format_done(self._look(), timed))

    def _end_all(self) -> None:
        self._stop.set()
        deadline = time.monotonic() + _ENDED_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _look(self) -> Situation:
        now_s = time.monotonic()
        running = tuple(Timed(job, now_s - started_s) for job, started_s in self._started_s.items())
        return Situation(waiting=tuple(self._waiting), running=running, done=tuple(self._done))

    def _estimate_left_s(self) -> float:
        return estimates.estimate_left_s(self._look(), read_machine())

    def _note(self, text: str) -> None:
        self._workshop.progress.note(text)
