"""Starts a try as a person would, on a terminal or into a pipe, and reads what it says."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMAND: Final = (sys.executable, "-m", "mds_tryout")
SMALL: Final = ("--contracts", "10", "--rate", "20")
ENDS_WITHIN_S: Final = 180.0
_PID = re.compile(r"started, pid (\d+)")


def build_environment(**variables: str) -> dict[str, str]:
    """Ours, but for what would decide how the output looks."""
    ours = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI")}
    return {**ours, "TERM": "xterm-256color", **variables}


def run_to_end(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Into pipes: without a terminal."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=build_environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDS_WITHIN_S,
    )


class OnTerminal:
    """A try on a terminal of its own."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        self.text = ""
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=build_environment(COLUMNS="110", LINES="36", **variables),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        os.close(self._ours)

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def read_until(self, wanted: str, *, times: int = 1) -> None:
        deadline = time.monotonic() + ENDS_WITHIN_S
        while self.text.count(wanted) < times:
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"{wanted!r} did not come; there was: {self.text[-2_000:]}")

    def read_to_end(self) -> int:
        deadline = time.monotonic() + ENDS_WITHIN_S
        while self._read() and time.monotonic() < deadline:
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        """False: the other side is closed."""
        readable, _, _ = select.select([self._ours], [], [], 0.2)
        if not readable:
            return True
        with contextlib.suppress(OSError):  # EIO is how a terminal says that its other side is closed
            data = os.read(self._ours, 65_536)
            self.text += data.decode(errors="replace").replace("\r\n", "\n")
            return bool(data)
        return False


def find_pids(text: str) -> list[int]:
    return [int(pid) for pid in _PID.findall(text)]


def find_living(pids: Iterable[int]) -> list[int]:
    """Those that are still there a while later; a zombie is not."""
    deadline = time.monotonic() + 30
    living = list(pids)
    while living and time.monotonic() < deadline:
        living = [pid for pid in living if _lives(pid)]
        time.sleep(0.05)
    return living


def _lives(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
