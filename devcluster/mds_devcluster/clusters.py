"""Clusters by name, whichever way this machine has to them. What the tests and the command line use.

Where Docker answers, kind; else, on Linux as root, the native way; else a sentence that says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from mds_devcluster import kind, making, native
from mds_devcluster.addresses import RANGES
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.images.obtaining import list_images
from mds_devcluster.preparing import carry_out
from mds_devcluster.toolbox import BUILT, obtain_toolbox

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from mds_devcluster.building import Workshop

_DOCKER_ANSWERS_WITHIN_S: Final = 10.0


class Way(Enum):
    KIND = "kind"
    NATIVE = "native"


class State(Enum):
    UP = "up"
    HALF_UP = "half up"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Cluster:
    name: str
    kubeconfig: Path
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    name: str
    state: State
    nodes: tuple[str, ...] = ()


def bring_up(name: str, workshop: Workshop, nodes: int = 1) -> Cluster:
    """Usable when this returns; one that is up already is left as it is, but for nodes that it lacks."""
    folder = locate(name, workshop)
    if decide_way(docker=is_docker_there(), root=os.geteuid() == 0) is Way.KIND:
        kind.bring_up(folder, workshop, node_count=nodes)
        return Cluster(name, folder / "kubeconfig")
    prepare(workshop)
    running = native.bring_up(folder, obtain_toolbox(workshop), workshop.progress, node_count=nodes)
    return Cluster(name, running.kubeconfig, running.nodes)


def prepare(workshop: Workshop, *, programs: Iterable[str] = (), images: Collection[str] = ()) -> None:
    """Make these, and what a native `up` needs where that is the way, all that can be at a time."""
    is_native = os.geteuid() == 0 and not is_docker_there()
    wanted = dict.fromkeys((*(BUILT if is_native else ()), *programs))
    tasks = (
        *(making.list_toolbox(workshop) if is_native else ()),
        *(list_images(images, workshop) if images else ()),
        *making.list_programs(wanted, workshop),
    )
    carry_out(tasks, workshop)


def exempt_from_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to a client's environment: its proxy, if it has one, does not reach these addresses."""
    if not {"HTTPS_PROXY", "https_proxy"} & environment.keys():
        return {}
    exempt = environment.get("NO_PROXY") or environment.get("no_proxy") or "127.0.0.1,localhost"
    return {"NO_PROXY": f"{exempt},{RANGES}"}


def take_down(name: str, workshop: Workshop) -> bool:
    """All of it; False if there was nothing."""
    folder = locate(name, workshop)
    if _is_kind(folder):
        kind.take_down(folder, workshop)
        return True
    return native.take_down(folder, workshop.progress)


def load(name: str, archives: Sequence[Path], workshop: Workshop) -> None:
    """OCI archives, to each node that has them not."""
    folder = locate(name, workshop)
    if _is_kind(folder):
        kind.load(folder, workshop, archives)
    else:
        native.load(folder, obtain_toolbox(workshop), archives, workshop.progress)


def lose_node(name: str, node: str, workshop: Workshop) -> None:
    """As if its power were cut."""
    folder = locate(name, workshop)
    if _is_kind(folder):
        kind.lose_node(folder, node)
    else:
        native.lose_node(folder, node, workshop.progress)


def read_status(name: str, workshop: Workshop) -> Status:
    folder = locate(name, workshop)
    if not folder.exists():
        return Status(name, State.ABSENT)
    if _is_kind(folder):
        return Status(name, State.UP)
    running = native.find_running(folder)
    return Status(name, State.UP, running.nodes) if running else Status(name, State.HALF_UP)


def list_names(workshop: Workshop) -> list[str]:
    parent = workshop.root / "clusters"
    return sorted(path.name for path in parent.iterdir() if path.is_dir()) if parent.exists() else []


def require_kubeconfig(name: str, workshop: Workshop) -> Path:
    path = locate(name, workshop) / "kubeconfig"
    if not path.exists():
        raise NotPossibleError(
            f"there is no cluster {name}", remedy=f"run: python -m mds_devcluster up {name}"
        )
    return path


def require_no_nodes(name: str, workshop: Workshop) -> Path:
    """The folder of a control plane alone, or of nothing yet."""
    folder = locate(name, workshop)
    if native.is_native(folder) or _is_kind(folder):
        raise NotPossibleError(
            f"{name} is a whole cluster", remedy="take it down first, or choose another name"
        )
    return folder


def locate(name: str, workshop: Workshop) -> Path:
    return workshop.root / "clusters" / name


def decide_way(*, docker: bool, root: bool) -> Way:
    if docker:
        return Way.KIND
    if root:
        return Way.NATIVE
    raise NotPossibleError(
        "a Kubernetes needs Docker, which does not answer, or root", remedy="without either, run: make try"
    )


def is_docker_there() -> bool:
    """Whether it answers; then clusters are kind's."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run(
            [docker, "info"], check=False, capture_output=True, timeout=_DOCKER_ANSWERS_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _is_kind(folder: Path) -> bool:
    return (folder / kind.MARK).exists()
