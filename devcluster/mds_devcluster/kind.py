"""The other way to a cluster, for machines where Docker answers: kind. NOT RUN HERE, where it does not.

kind keeps the clusters and pins their Kubernetes itself; our folder holds the kubeconfig.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

from mds_devcluster import commands
from mds_devcluster.building import PROGRAMS, Workshop, obtain_program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MARK: Final = "kind.json"
_VERSION: Final = "kind.x-k8s.io/v1alpha4"


def bring_up(folder: Path, workshop: Workshop, *, node_count: int) -> None:
    if _name(folder) in _kind(folder, workshop, "get", "clusters").split():
        return
    folder.mkdir(parents=True, exist_ok=True)
    nodes = [{"role": "control-plane"}, *({"role": "worker"} for _ in range(1, node_count))]
    (folder / MARK).write_text(json.dumps({"kind": "Cluster", "apiVersion": _VERSION, "nodes": nodes}))
    files = (f"--kubeconfig={folder / 'kubeconfig'}", f"--config={folder / MARK}")
    _kind(folder, workshop, "create", "cluster", f"--name={_name(folder)}", "--wait=3m", *files)


def take_down(folder: Path, workshop: Workshop) -> None:
    _kind(folder, workshop, "delete", "cluster", f"--name={_name(folder)}")
    shutil.rmtree(folder)


def load(folder: Path, workshop: Workshop, archives: Sequence[Path]) -> None:
    # Not `kind load`, which takes Docker's kind of archive only.
    script = 'docker exec --interactive "$0" ctr --namespace=k8s.io images import - < "$1"'
    for node in _kind(folder, workshop, "get", "nodes", f"--name={_name(folder)}").split():
        for archive in archives:
            _run(folder, "/bin/sh", "-c", script, node, str(archive))


def lose_node(folder: Path, name: str) -> None:
    _run(folder, "docker", "kill", name)


def _name(folder: Path) -> str:
    return f"mds-{folder.name}"


def _kind(folder: Path, workshop: Workshop, *words: str) -> str:
    return _run(folder, str(obtain_program(PROGRAMS["kind"], workshop)), *words)


def _run(folder: Path, *command: str) -> str:
    return commands.run(f"{folder.name}: kind", command, log=folder.with_suffix(".kind.log"), timeout_s=600.0)
