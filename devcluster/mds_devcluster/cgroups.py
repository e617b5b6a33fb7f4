"""The control groups below which a node's pods live, in every hierarchy that the kernel has mounted.

The kubelet wants its root to exist, and on version 1 a new cpuset group is empty until somebody says
which processors and memory nodes it has. Removing goes from the leaves up, and only below our own name.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/mounts")
_OURS: Final = "mds-devcluster"
_EMPTY_WITHIN_S: Final = 10.0
_ASK_EVERY_S: Final = 0.05
_V2_CONTROLLERS: Final = "+cpuset +cpu +io +memory +pids"
# Of version 1 and 2, sixteen times the default: a dozen pods.
_WEIGHTS: Final = {"cpu.shares": "16384", "cpu.weight": "1600"}


def name_root(interface: str, node: str) -> str:
    """As the kubelet's configuration wants it; by interface, as two caches may know a cluster by one name."""
    return f"/{_OURS}/{interface}/{node}"


def create(root: str) -> None:
    for hierarchy in parse_hierarchies(_MOUNTS.read_text()):
        folder = hierarchy
        for part in root.strip("/").split("/"):
            _hand_down(folder)
            folder /= part
            folder.mkdir(exist_ok=True)
            fill_cpuset(folder)
            give_weight(folder)


def remove(interface: str, node: str = "") -> None:
    """A cluster's, or one node's. The processes are killed, but the kernel may still be burying them."""
    for hierarchy in parse_hierarchies(_MOUNTS.read_text()):
        ours = hierarchy / _OURS
        _remove_tree(ours / interface / node)
        if ours.exists() and not any(path.is_dir() for path in ours.iterdir()):
            ours.rmdir()


def parse_hierarchies(mounts: str) -> list[Path]:
    """Where control groups are mounted; version 2 beside version 1 holds no controllers, but pods' names."""
    rows = [line.split() for line in mounts.splitlines()]
    return [Path(row[1]) for row in rows if row[2] in {"cgroup", "cgroup2"}]


def _hand_down(folder: Path) -> None:
    # Version 2 gives children only the controllers that their parent names.
    control = folder / "cgroup.subtree_control"
    if control.exists() and "cpu" in (folder / "cgroup.controllers").read_text():
        control.write_text(_V2_CONTROLLERS)


def give_weight(folder: Path) -> None:
    """All pods of all clusters would else weigh as much as one process of whoever uses the machine beside.

    A group that somebody made idle, so that clusters give way to what he measures, has no weight.
    """
    idle = folder / "cpu.idle"
    if idle.exists() and idle.read_text().strip() == "1":
        return
    for name, weight in _WEIGHTS.items():
        path = folder / name
        if path.exists():
            path.write_text(weight)


def fill_cpuset(folder: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        path = folder / name
        # Version 1 knows no cpuset.cpus.effective to fall back on.
        if path.exists() and not (folder / "cgroup.controllers").exists() and not path.read_text().strip():
            path.write_text((folder.parent / name).read_text())


def _remove_tree(folder: Path) -> None:
    deepest_first = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for path in [*deepest_first, folder]:
        _remove_one(path)


def _remove_one(folder: Path) -> None:
    deadline = time.monotonic() + _EMPTY_WITHIN_S
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            # Busy: a killed process is still in it.
            if time.monotonic() > deadline:
                raise
            time.sleep(_ASK_EVERY_S)
        else:
            return
