"""A node: a process that does nothing but hold namespaces, in which everything else of the node runs.

    network   interfaces, routes, iptables: two kube-proxies in one namespace would fight over the chains
    process   the death of its first process is the death of all, also of those that left their parents
    mount     /run, /var/log and /var/lib are the node's own, since containerd, the kubelet and CNI have
              paths there compiled in; so nothing is ever mounted or written on the host's side

So a node leaves the way it came: the kernel takes all of it back when its holder is killed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import commands, processes
from mds_devcluster.errors import NotReadyError
from mds_devcluster.processes import Command, Identity, Lifetime

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENV: Final = "/usr/bin/env"
_UNSHARE: Final = "/usr/bin/unshare"
_NSENTER: Final = "/usr/bin/nsenter"
_SYSTEM_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
# A shell, as it waits for orphans; whoever is adopted by a first process that does not stays a zombie.
_HOLD: Final = "while :; do sleep 2147483647 & wait; done"
HIDDEN: Final = ("/run", "/var/log", "/var/lib")
_HOLDS_WITHIN_S: Final = 30.0
_COMMAND_WITHIN_S: Final = 60.0
# The kubelet would set these for the whole machine. Where it finds them as it wants them, it leaves them.
_TUNABLES: Final = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


@dataclass(frozen=True, slots=True)
class Node:
    folder: Path
    holder: Identity

    @property
    def name(self) -> str:
        return self.folder.name

    def start(self, program: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Identity:
        """Start a program inside, in the cluster's folder; the identity is that of its keeper outside."""
        cluster = self.folder.parent
        told = self._enter(cluster, environment, arguments)
        return processes.start(Command(told, cluster, cluster / f"{program}.log", Lifetime.UNTIL_DOWN))

    def run(self, title: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        told = self._enter(self.folder, environment or {}, arguments)
        return commands.run(title, told, log=self.folder / "commands.log", timeout_s=_COMMAND_WITHIN_S)

    def _enter(
        self, folder: Path, environment: Mapping[str, str], arguments: tuple[str, ...]
    ) -> tuple[str, ...]:
        settings = {"PATH": _SYSTEM_PATH, "TMPDIR": str(self.folder / "tmp"), **environment}
        return (
            _NSENTER,
            f"--target={self.holder.pid}",
            *("--mount", "--net", "--pid", "--uts", "--ipc", "--"),
            *(_ENV, "--ignore-environment", f"--chdir={folder}"),
            *(f"{name}={value}" for name, value in settings.items()),
            *arguments,
        )


def name_keeper(node: str) -> str:
    return f"{node}/keeper"


def name_holder(node: str) -> str:
    return f"{node}/holder"


def is_holder(program: str) -> bool:
    return program.endswith("/holder")


def start_keeper(folder: Path) -> Identity:
    """The parent of the first process: to be recorded before anything else, as it takes the node along."""
    for part in ("tmp", "var-lib", "var-lib-work", "tunables"):
        (folder / part).mkdir(parents=True)
    return processes.start(
        Command(
            (
                *(_UNSHARE, "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child"),
                *("--propagation=private", "--mount-proc", "/bin/sh", "-c", _HOLD),
            ),
            folder,
            folder / "keeper.log",
            Lifetime.UNTIL_DOWN,
        )
    )


def open_node(folder: Path, keeper: Identity) -> Node:
    """Its namespaces, with nothing in them but the mounts."""
    node = Node(folder, _await_holder(folder, keeper))
    node.run(f"{folder.name}: mounting", "/bin/sh", "-ec", _build_mounts())
    return node


def _await_holder(folder: Path, keeper: Identity) -> Identity:
    """The first process inside, with its id outside. It exists when the mounts of `unshare` are done."""
    children = Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children")
    deadline = time.monotonic() + _HOLDS_WITHIN_S
    while processes.is_running(keeper) and time.monotonic() < deadline:
        for child in children.read_text().split():
            identity = processes.read_identity(int(child))
            if identity and Path(f"/proc/{child}/comm").read_text().strip() == "sh":
                return identity
        time.sleep(0.01)
    log = folder / "keeper.log"
    raise NotReadyError(
        program="unshare",
        what="got no namespaces: root with CAP_SYS_ADMIN is needed, which a container rarely has",
        log=log,
        excerpt=log.read_text(errors="replace"),
    )


def _build_mounts() -> str:
    lines = [
        "mount -t tmpfs -o mode=755 tmpfs /run",
        "mount -t tmpfs -o mode=755 tmpfs /var/log",
        "mount -t overlay -o lowerdir=/var/lib,upperdir=var-lib,workdir=var-lib-work overlay /var/lib",
        "ip link set lo up",
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
    ]
    for number, (path, value) in enumerate(_TUNABLES.items()):
        lines += [
            f"echo {value} > tunables/{number}",
            f"[ ! -e /proc/sys/{path} ] || mount --bind tunables/{number} /proc/sys/{path}",
        ]
    # Last: pods may ask that mounts travel between them and the node.
    return "\n".join([*lines, "mount --make-rshared /"])
