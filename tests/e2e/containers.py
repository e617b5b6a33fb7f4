"""The processes of a pod, from the outside: a container is killed, stopped, continued as the machine would.

They are found by the pod's uid in their control group, never by name alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.kube import Object

PROC: Final = Path("/proc")
HOLDERS: Final = frozenset({"pause", "busybox"})
"""What only holds a pod's namespaces: killing it would end the pod, not the container."""


def find_processes(pod: Object) -> list[int]:
    """Those of its containers, without the one that only holds its namespaces."""
    uid = pod["metadata"]["uid"]
    # systemd's driver writes the uid with underscores.
    marks = (f"pod{uid}", f"pod{uid.replace('-', '_')}")
    return [
        number
        for number in _list_processes()
        if any(mark in _read(number, "cgroup") for mark in marks)
        and _read(number, "comm").strip() not in HOLDERS
    ]


def kill_container(pod: Object) -> None:
    """kill -9 of all that runs in it; the kubelet starts it again in the same pod."""
    _signal_container(pod, signal.SIGKILL)


def stop_container(pod: Object) -> list[int]:
    """Returns the processes that stand still, as finding them again would take its time."""
    return _signal_container(pod, signal.SIGSTOP)


def continue_processes(stopped: Iterable[int]) -> None:
    for process in stopped:
        with contextlib.suppress(ProcessLookupError):  # killed meanwhile
            os.kill(process, signal.SIGCONT)


def _signal_container(pod: Object, number: signal.Signals) -> list[int]:
    found = find_processes(pod)
    assert found, f"no process of pod {pod['metadata']['name']} runs on this machine"
    for process in found:
        os.kill(process, number)
    return found


def _list_processes() -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]


def _read(number: int, name: str) -> str:
    try:
        return (PROC / str(number) / name).read_text()
    except OSError:  # it has ended
        return ""
