"""A test's view of one CtpSource in a process of its own: give a command, wait for what it reports."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mds_simulator.testing import RunningSimulator

_DRIVER = Path(__file__).with_name("ctp_driver.py")
WAIT_S = 60.0  # the end of a test that hangs, never a claim about speed
FRIDAY_NIGHT = "2026-11-20T21:30:00"
ONE_OF_EACH = "rb2701,sc2701,m2705,SR701,lc2701,IF2701"

type Open = Callable[..., Source]


class Source:
    """`events` holds everything reported, in order."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: Queue[dict[str, Any]] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.events: list[dict[str, Any]] = []

    def kill(self) -> None:
        """And read to the end: the file must not be closed under the reader."""
        self._process.kill()
        self._reader.join()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(json.loads(line))

    def do(self, command: str, **arguments: object) -> Any:
        if self._process.stdin is None:
            raise RuntimeError("the driver has no stdin")
        self._process.stdin.write(json.dumps({"do": command} | arguments) + "\n")
        self._process.stdin.flush()
        deadline = time.monotonic() + WAIT_S
        while True:
            line = self._next(deadline)
            if "answer" in line:
                return line["answer"]

    def wait_note(self, code: str, text: str = "") -> dict[str, Any]:
        """The first one with this code and text, whenever it came."""

        def is_meant(event: dict[str, Any]) -> bool:
            return event["event"] == "note" and event["code"] == code and text in event["text"]

        return self._wait(is_meant)

    def wait_event(self, kind: str) -> dict[str, Any]:
        return self._wait(lambda event: event["event"] == kind)

    def wait_state(self, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_S
        while True:
            state: dict[str, Any] = self.do("describe")
            if is_reached(state):
                return state
            assert time.monotonic() < deadline, f"never reached; it is {state}; {self.events[-5:]}"
            time.sleep(0.05)

    def wait_figures(self, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_S
        while True:
            figures: dict[str, Any] = self.do("figures")
            if is_reached(figures):
                return figures
            assert time.monotonic() < deadline, f"never reached; they are {figures}"
            time.sleep(0.05)

    def wait_ticks(self, count: int) -> list[dict[str, Any]]:
        ticks: list[dict[str, Any]] = []
        deadline = time.monotonic() + WAIT_S
        while len(ticks) < count:
            assert time.monotonic() < deadline, f"only {len(ticks)} ticks"
            time.sleep(0.1)
            ticks += self.do("ticks")
        return ticks

    def wait_snapshots(self, symbols: set[str]) -> None:
        """One of each contract, as the front sends them after a login."""
        seen: set[str] = set()
        deadline = time.monotonic() + WAIT_S
        while seen != symbols:
            assert time.monotonic() < deadline, f"only the snapshots of {seen}"
            time.sleep(0.1)
            seen |= {tick["symbol"] for tick in self.do("ticks") if tick["snapshot"]}

    def notes(self, code: str) -> list[str]:
        return [e["text"] for e in self.events if e["event"] == "note" and e["code"] == code]

    def _wait(self, is_meant: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for event in self.events:
            if is_meant(event):
                return event
        deadline = time.monotonic() + WAIT_S
        while True:
            line = self._next(deadline)
            if "event" in line and is_meant(line):
                return line

    def _next(self, deadline: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError(f"nothing came; so far {self.events[-10:]}") from None
        if "event" in line:
            self.events.append(line)
        return line


@contextmanager
def open_source(environment: Mapping[str, str], flow_dir: Path, **options: object) -> Iterator[Source]:
    settings = {"broker_id": "9999", "flow_dir": str(flow_dir)} | options
    command = [sys.executable, str(_DRIVER), json.dumps(settings)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=dict(environment)) as process:
        source = Source(process)
        try:
            yield source
        finally:
            source.kill()


def is_streaming(state: dict[str, Any]) -> bool:
    return bool(state["state"] == "Streaming" and state["subscribed"])


def stream(source: Source, at: RunningSimulator) -> dict[str, Any]:
    source.wait_event("contracts")
    source.do("outlet", symbols=at.contracts())
    return source.wait_state(is_streaming)
