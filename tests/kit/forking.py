"""Starts a program of ours many times for the price of one import: a child is forked for each start.

`python -m tests.kit.forking PACKAGE` reads the starts as JSON and forks a child for each, all at once, where
`PACKAGE.__main__.main()` runs with its own environment, folder and outputs; it writes the exit codes as JSON.
What a process reads where it begins (LD_LIBRARY_PATH, the locale's folder) it must be executed for.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Start:
    """`folder` is its own: it runs there, and what it says stands there afterwards."""

    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


def start_all(package: str, starts: Mapping[str, Start], within_s: float) -> dict[str, Ended]:
    """How each of them ended, by its name."""
    told = {
        name: {"folder": str(one.folder), "environment": dict(one.environment)}
        for name, one in starts.items()
    }
    ended = subprocess.run(
        [sys.executable, "-m", __name__, package],
        input=json.dumps(told),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=within_s,
    )
    codes = json.loads(ended.stdout)
    return {
        name: Ended(codes[name], (one.folder / "out").read_text(), (one.folder / "err").read_text())
        for name, one in starts.items()
    }


def execute(package: str, start: Start, within_s: float) -> Ended:
    """The same, by a process from its very beginning."""
    ended = subprocess.run(
        [sys.executable, "-m", package],
        env=dict(start.environment),
        cwd=start.folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=within_s,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def main() -> None:
    package = sys.argv[1]
    begin: Callable[[], None] = importlib.import_module(f"{package}.__main__").main
    sys.argv = [package]
    names = {_fork(begin, told): name for name, told in json.load(sys.stdin).items()}
    codes = {}
    while names:
        child, status = os.wait()
        codes[names.pop(child)] = os.waitstatus_to_exitcode(status)
    json.dump(codes, sys.stdout)


def _fork(begin: Callable[[], None], told: dict[str, Any]) -> int:
    """The number of the child, which never comes back from here."""
    if child := os.fork():
        return child
    try:
        os.chdir(told["folder"])
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600), number)
        os.environ.clear()
        os.environ.update(told["environment"])
        begin()
    except BaseException:  # noqa: BLE001 - a child must not come back into the parent's work
        traceback.print_exc()
    os._exit(1)


if __name__ == "__main__":
    main()
