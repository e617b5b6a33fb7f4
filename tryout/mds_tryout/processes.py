"""Starts the programs of a try, sees them die, and ends those and no others.

Each is a child of ours until we wait for it, so its id cannot become a stranger's. The kernel is told to end
each with us, so that even a SIGKILL of the try leaves nothing behind. NB: the kernel ties that to the thread
that starts them, which therefore must be the main one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_tryout.errors import TryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SETPRIV: Final = Path("/usr/bin/setpriv")
GRACE_S: Final = 1.5
"""Between SIGTERM and SIGKILL. An active gateway goes on for 3 s until another has fenced; at the end of a
try nobody does."""
TAIL_LINES: Final = 8
_TAIL_BYTES: Final = 4_000


@dataclass(frozen=True, slots=True)
class Program:
    """What to run; its output goes to `log`."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path


@dataclass(frozen=True, slots=True)
class Death:
    """A process that ended without being asked to."""

    program: Program
    code: int
    killed: bool
    """By us, to see what happens."""

    def describe(self) -> str:
        if self.code < 0:
            return f"{self.program.name} was ended by {signal.Signals(-self.code).name}"
        return f"{self.program.name} ended by itself with exit code {self.code}"


@dataclass(slots=True)
class Running:
    """A process that we started."""

    program: Program
    process: asyncio.subprocess.Process
    killed: bool = False
    asked_to_end: bool = False
    watcher: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        return self.process.returncode is not None


class Fleet:
    """The processes of one try; `on_death` hears of each that ended unasked."""

    def __init__(self, on_death: Callable[[Death], None]) -> None:
        self._on_death = on_death
        self._running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        return self._running[name]

    def __contains__(self, name: str) -> bool:
        return name in self._running and not self._running[name].has_ended

    async def start(self, program: Program) -> Running:
        """Appends to the log: of a process that is started again, both lives are there."""
        if not SETPRIV.exists():
            raise TryError(f"{SETPRIV} is missing", remedy="on Debian: apt-get install util-linux")
        with program.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                str(SETPRIV),
                *("--pdeathsig", "KILL", "--", *program.command),
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for us; we end them in order
            )
        running = Running(program, process)
        running.watcher = asyncio.get_running_loop().create_task(self._watch(running))
        self._running[program.name] = running
        return running

    def kill(self, name: str) -> None:
        """As a machine would: no word, no chance to clean up."""
        running = self._running[name]
        running.killed = True
        _signal(running, signal.SIGKILL)

    async def stop(self) -> None:
        """Ends all of them, together, and waits until they are gone."""
        for running in self._running.values():
            running.asked_to_end = True
            _signal(running, signal.SIGTERM)
        watchers = [running.watcher for running in self._running.values() if running.watcher]
        if not watchers:
            return
        _, late = await asyncio.wait(watchers, timeout=GRACE_S)
        if late:
            for running in self._running.values():
                _signal(running, signal.SIGKILL)
            await asyncio.wait(late)

    async def _watch(self, running: Running) -> None:
        code = await running.process.wait()
        if not running.asked_to_end:
            self._on_death(Death(running.program, code, running.killed))


def _signal(running: Running, number: signal.Signals) -> None:
    if not running.has_ended:
        with contextlib.suppress(ProcessLookupError):
            running.process.send_signal(number)


async def run_to_end(program: Program, waiting: Callable[[float], None], every_s: float) -> int:
    """Runs a program that ends by itself; `waiting` hears every so often how long it takes."""
    fleet = Fleet(lambda _: None)
    running = await fleet.start(program)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        while True:
            try:
                return await asyncio.wait_for(asyncio.shield(running.process.wait()), every_s)
            except TimeoutError:
                waiting(loop.time() - began)
    finally:
        await fleet.stop()


def read_tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The end of a log, for whoever must find out why its process died."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]


def python_module(name: str, *arguments: str) -> tuple[str, ...]:
    """The same interpreter, whatever PATH says."""
    return (sys.executable, "-m", name, *arguments)
