"""kill -9 of a container's processes, from outside, as an out-of-memory kill comes.

From inside it cannot be done: the kernel spares a container's first process the signals of its own. Which
processes they are, their control group says: it carries the container's id. Nothing is looked up by a name.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_demo.kubectl import Kubectl

PROC: Final = Path("/proc")
_SHORTEST_ID: Final = 32
"""Less than this could stand in another group's name by chance."""


async def kill_container(kubectl: Kubectl, pod: str) -> None:
    container = parse_container_id(await kubectl.read("pod", pod))
    found = find_processes(container, PROC)
    if not found:
        raise DemoError(
            f"the process of pod {pod} is not to be seen from here",
            remedy="kill it yourself: kubectl delete pod --grace-period=0 --force comes close",
        )
    for pid in found:
        _kill(pid, pod)


def parse_container_id(pod: Mapping[str, Any]) -> str:
    """Of the pod's first container, without the runtime's name before it."""
    statuses = pod.get("status", {}).get("containerStatuses", [])
    container = str(statuses[0].get("containerID", "")) if statuses else ""
    identity = container.rpartition("//")[2]
    if len(identity) < _SHORTEST_ID:
        raise DemoError(
            f"pod {pod['metadata']['name']} has no running container", remedy="run make demo again"
        )
    return identity


def find_processes(container: str, proc: Path) -> list[int]:
    return [int(folder.name) for folder in proc.glob("[0-9]*") if container in _read_groups(folder)]


def _read_groups(folder: Path) -> str:
    try:
        return (folder / "cgroup").read_text()
    except OSError:  # it has ended meanwhile
        return ""


def _kill(pid: int, pod: str) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError as exc:
        raise DemoError(
            f"process {pid} of pod {pod} belongs to somebody else", remedy="run make demo as root"
        ) from exc
