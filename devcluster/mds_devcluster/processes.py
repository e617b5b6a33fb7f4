"""Starts programs, remembers exactly which they are, and ends those and no others.

A process id alone is not an identity: the kernel gives it to a stranger later. The start time and the
boot belong to it. A signal goes through a pidfd, opened before the identity is compared, so that between
the look and the signal the id cannot change hands either.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster.errors import NotInstalledError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENV: Final = Path("/usr/bin/env")
_SETPRIV: Final = Path("/usr/bin/setpriv")
# Nothing of the starter's: etcd takes every ETCD_… for a setting, and a proxy does not lead to loopback.
_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Lifetime(Enum):
    """Who ends a process if nobody asks for it."""

    OF_STARTER = "of starter"  # the kernel, when the thread that started it dies, even by SIGKILL
    UNTIL_DOWN = "until down"  # nobody


@dataclass(frozen=True, slots=True)
class Identity:
    pid: int
    started_ticks: int
    boot: str


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, in which folder, and where its output goes."""

    arguments: tuple[str, ...]
    folder: Path
    log: Path
    lifetime: Lifetime


def start(command: Command) -> Identity:
    """Start it in a session of its own, so that a Ctrl-C meant for the starter does not reach it."""
    for tool in (_ENV, _SETPRIV):
        if not tool.exists():
            raise NotInstalledError(path=tool, remedy="on Debian: apt-get install coreutils util-linux")
    arguments = build_arguments(command)
    # Not subprocess: a Popen must be kept until its process ends, and these outlive what started them.
    output = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawn(
        arguments[0],
        arguments,
        _ENVIRONMENT,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, command.log, output, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    identity = read_identity(pid)
    if identity is None:
        # A child keeps its id, even dead, until its parent waits for it; so somebody else waited for ours.
        raise ChildProcessError(f"{arguments[0]} (pid {pid}) was reaped by another part of this process")
    return identity


def build_arguments(command: Command) -> list[str]:
    guard = (
        ["--"] if command.lifetime is Lifetime.UNTIL_DOWN else [str(_SETPRIV), "--pdeathsig", "KILL", "--"]
    )
    return [str(_ENV), f"--chdir={command.folder}", *guard, *command.arguments]


def read_identity(pid: int) -> Identity | None:
    """Who has this id now; None if nobody."""
    fields = _read_stat(pid)
    if fields is None:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return Identity(pid=pid, started_ticks=int(fields[19]), boot=boot)


def is_running(identity: Identity) -> bool:
    fields = _read_stat(identity.pid)
    # A zombie holds its id until its parent asks, but it runs no more.
    return fields is not None and fields[0] != "Z" and read_identity(identity.pid) == identity


def stop(identities: Sequence[Identity], *, grace_s: float) -> None:
    """End them one after the other, each with SIGTERM, and SIGKILL when the grace is over."""
    for identity in identities:
        _stop_one(identity, (signal.SIGTERM, signal.SIGKILL), grace_s)


def kill(identities: Sequence[Identity], *, within_s: float) -> None:
    """End them one after the other at once; a first process of a namespace takes all others with it."""
    for identity in identities:
        _stop_one(identity, (signal.SIGKILL,), within_s)


def _stop_one(identity: Identity, numbers: tuple[signal.Signals, ...], grace_s: float) -> None:
    try:
        handle = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return
    try:
        if not is_running(identity):
            return
        for number in numbers:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            if _has_ended(handle, grace_s):
                return
    finally:
        os.close(handle)
        _reap(identity)


def _has_ended(handle: int, timeout_s: float) -> bool:
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    return bool(poller.poll(timeout_s * 1000))


def _reap(identity: Identity) -> None:
    # Only a child of ours can be waited for; anybody else's is its parent's, or init's.
    with suppress(ChildProcessError):
        os.waitpid(identity.pid, os.WNOHANG)


def _read_stat(pid: int) -> list[str] | None:
    """/proc/PID/stat from the state (field 3) on; the name before it may hold spaces and brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
