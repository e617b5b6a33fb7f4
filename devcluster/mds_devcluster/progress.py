"""Long commands, with one line each that shows the time that passes, and a log.

On a terminal the line is rewritten each second; elsewhere (a CI log) a line is added every 15 s, as
silence there gets a job killed. No colour is written, whatever NO_COLOR says.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from mds_devcluster.errors import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_REWRITE_EVERY_S: Final = 1.0
_REPEAT_EVERY_S: Final = 15.0
_LOG_TAIL_BYTES: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Remedy:
    """`signs`: any of these in the end of the log, in any case of letters, asks for it."""

    signs: tuple[str, ...]
    text: str


# The first with a sign in the log is told. Ordered by certainty: a full disk also ends connections.
_REMEDIES: Final = (
    _Remedy(
        signs=("no space left on device",),
        text="the disk is full: free some space (the cache takes up to 8 GB), then run it again",
    ),
    _Remedy(
        signs=("signal: killed", "cannot allocate memory"),
        text="too little memory: 4 GB are needed; close something, then run it again",
    ),
    _Remedy(
        signs=("operation not permitted", "permission denied"),
        text="more rights are needed: run it as root on the machine itself, not inside a container",
    ),
    _Remedy(
        signs=("checksum mismatch", "security error", "hash mismatch"),
        text="what came is not what is pinned, so something on the way or in the cache altered it: find out",
    ),
    _Remedy(
        signs=(
            *("dial tcp", "no such host", "tls handshake", "i/o timeout", "x509: ", "network is unreachable"),
            *("temporary failure resolving", "unable to locate package"),
            *("dns error", "error sending request", "failed to fetch", "connection refused"),
        ),
        text="no network, or a proxy is in the way (HTTPS_PROXY, GOPROXY, UV_INDEX_URL are honoured); "
        "run it again: what has come is kept",
    ),
)
_UNKNOWN: Final = "read the end of the log; run it again once the cause is gone"


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path


class Progress:
    """Writes the lines; knows no more about a step than its title and how long it has run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rewrites = stream.isatty()
        self._standing = 0  # columns of the line that the next one covers

    def note(self, text: str) -> None:
        """A line that stays."""
        start = "\r" if self._standing else ""
        self._stream.write(f"{start}{f'devcluster: {text}'.ljust(self._standing)}\n")
        self._stream.flush()
        self._standing = 0

    def show_now(self, text: str) -> None:
        """A line that stands, on a terminal, until the next one."""
        line = f"devcluster: {text}"
        if self._rewrites:
            line = _shorten(line, shutil.get_terminal_size().columns - 1)
            self._stream.write(f"\r{line.ljust(self._standing)}")
            self._standing = len(line)
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def show_running(self, title: str, elapsed_s: float) -> None:
        self.show_now(f"{title} … {format_duration(elapsed_s)}")

    def show_end(self, title: str, elapsed_s: float, outcome: str) -> None:
        self.note(f"{title}: {outcome}, {format_duration(elapsed_s)}")

    def raise_if_stopped(self) -> None:
        """Called each second while a command runs; what it raises ends the command."""

    def is_due(self, *, elapsed_s: float, shown_at_s: float) -> bool:
        return elapsed_s - shown_at_s >= (_REWRITE_EVERY_S if self._rewrites else _REPEAT_EVERY_S)


def _shorten(line: str, columns: int) -> str:
    """One line that is longer than the terminal cannot be rewritten."""
    return line if len(line) <= columns else f"{line[: columns - 1]}…"


def format_duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def timed(title: str, progress: Progress) -> Iterator[None]:
    """Say how long the block took, or that it failed; for steps of seconds, so nothing in between."""
    started = time.monotonic()
    try:
        yield
    except BaseException:
        progress.note(f"{title}: failed after {time.monotonic() - started:.1f} s")
        raise
    progress.note(f"{title}: {time.monotonic() - started:.1f} s")


def run_step(step: Step, progress: Progress) -> None:
    """Run the command to its end, its output in the log; raise StepFailedError unless it exits with 0."""
    started = time.monotonic()
    code = _run_watched(step, progress, started)
    elapsed_s = time.monotonic() - started
    if code == 0:
        progress.show_end(step.title, elapsed_s, "done")
        return
    progress.show_end(step.title, elapsed_s, "failed")
    raise StepFailedError(
        title=step.title,
        command=step.command,
        code=code,
        log=step.log,
        remedy=decide_remedy(_read_tail(step.log)),
    )


def decide_remedy(log_tail: str) -> str:
    seen = log_tail.lower()
    for remedy in _REMEDIES:
        if any(sign in seen for sign in remedy.signs):
            return remedy.text
    return _UNKNOWN


def _run_watched(step: Step, progress: Progress, started: float) -> int:
    step.log.parent.mkdir(parents=True, exist_ok=True)
    progress.show_running(step.title, 0)
    shown_at_s = 0.0
    with (
        step.log.open("wb") as log,
        subprocess.Popen(
            step.command,
            env=dict(step.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            while True:
                try:
                    return process.wait(timeout=_REWRITE_EVERY_S)
                except subprocess.TimeoutExpired:
                    progress.raise_if_stopped()
                    elapsed_s = time.monotonic() - started
                    if progress.is_due(elapsed_s=elapsed_s, shown_at_s=shown_at_s):
                        progress.show_running(step.title, elapsed_s)
                        shown_at_s = elapsed_s
        except BaseException:
            process.terminate()
            raise


def _read_tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")
