"""Brings the stack up in a cluster that runs: images, definitions, objects; then waits until it answers."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import building, clusters, commands, making, oci
from mds_devcluster.building import PROGRAMS
from mds_devcluster.errors import NotInstalledError
from mds_devcluster.monitoring import alertmanager, operator, prometheus
from mds_devcluster.monitoring.objects import NAMESPACE
from mds_devcluster.preparing import carry_out
from mds_devcluster.progress import timed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mds_devcluster.building import Workshop
    from mds_devcluster.monitoring.flavours import Flavour
    from mds_devcluster.monitoring.objects import Object
    from mds_devcluster.oci import Archive

RUNNING: Final = ("prometheus-operator", "prometheus-config-reloader", "prometheus", "alertmanager")
"""The programs that get an image each; the tools beside them are for this machine."""
_OPERATOR: Final = PROGRAMS["prometheus-operator"]
_KUBECTL: Final = Path(sys.executable).parent / "kubectl"
_DEFINITIONS: Final = Path("example/prometheus-operator-crd")
# Some 20 s on an idle machine; one that does something else beside takes ten times that.
_UP_WITHIN_S: Final = 240
SCRAPE_EVERY_S: Final = 15


@dataclass(frozen=True, slots=True)
class Stack:
    """Where the two answer; reached from this machine and from pods."""

    prometheus: str
    alertmanager: str


def bring_up(
    name: str, flavours: Collection[Flavour], workshop: Workshop, *, every_s: int = SCRAPE_EVERY_S
) -> dict[Flavour, Stack]:
    """Answering when this returns; what is up already stays. More than one go side by side."""
    cluster = _Cluster(name, workshop)
    images = obtain_images(workshop)
    clusters.load(name, [image.path for image in images.values()], workshop)
    define(name, workshop)
    with timed(f"{name}: {', '.join(flavour.value for flavour in flavours)}", workshop.progress):
        for flavour in flavours:
            objects = build_objects(flavour, images, workshop.repository, every_s=every_s)
            cluster.apply(flavour.value, objects)
        cluster.wait_available(flavours)
    return {flavour: cluster.locate(flavour) for flavour in flavours}


def define(name: str, workshop: Workshop) -> None:
    """The kinds of the Prometheus Operator, which a chart asks for; what reads them may come later."""
    with timed(f"{name}: definitions of the Prometheus Operator", workshop.progress):
        source = building.obtain_source(_OPERATOR, workshop)
        release = building.read_release(_OPERATOR, workshop.repository)
        _Cluster(name, workshop).define(source / _DEFINITIONS, release)


def remove(name: str, workshop: Workshop) -> None:
    """End all that runs, without waiting; definitions stay, and so the monitors and rules of others."""
    _Cluster(name, workshop).kubectl(
        "delete",
        "prometheuses,alertmanagers,deployments",
        "--all",
        f"--namespace={NAMESPACE}",
        "--wait=false",
    )


def obtain_images(workshop: Workshop) -> dict[str, Archive]:
    """By the names of the programs; what is missing is built first."""
    carry_out(making.list_programs(RUNNING, workshop), workshop)
    return {name: oci.obtain_program_image(PROGRAMS[name], workshop) for name in RUNNING}


def build_objects(
    flavour: Flavour, images: Mapping[str, Archive], repository: Path, *, every_s: int
) -> list[Object]:
    traits = flavour.traits
    releases = {name: building.read_release(PROGRAMS[name], repository) for name in RUNNING}
    return [
        *operator.build_operator(
            images["prometheus-operator"].name, images["prometheus-config-reloader"].name
        ),
        *alertmanager.build_alertmanager(
            traits, image=images["alertmanager"].name, release=releases["alertmanager"]
        ),
        *prometheus.build_prometheus(
            traits, image=images["prometheus"].name, release=releases["prometheus"], every_s=every_s
        ),
    ]


class _Cluster:
    """kubectl on a cluster; what was applied stays in its folder, to be read."""

    def __init__(self, name: str, workshop: Workshop) -> None:
        self._kubeconfig = clusters.require_kubeconfig(name, workshop)
        self._folder = clusters.locate(name, workshop)
        if not _KUBECTL.exists():
            raise NotInstalledError(path=_KUBECTL, remedy="run: make setup")

    def define(self, folder: Path, release: str) -> None:
        """The files go in by their names' order, so the last of them tells of all."""
        last = max(folder.glob("*.yaml")).stem.split("_")
        there = self.kubectl(
            *("get", f"crd/{last[1]}.{last[0]}", "--ignore-not-found"),
            r"--output=jsonpath={.metadata.annotations.operator\.prometheus\.io/version}",
        )
        if there == release:
            return
        self.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={folder}")
        self.kubectl("wait", "--for=condition=Established", "crd", "--all", f"--timeout={_UP_WITHIN_S}s")

    def apply(self, name: str, objects: list[Object]) -> None:
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=2))
        self.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={path}")

    def wait_available(self, flavours: Collection[Flavour]) -> None:
        traits = [flavour.traits for flavour in flavours]
        self.kubectl(
            *("wait", f"--namespace={NAMESPACE}", "--for=condition=Available"),
            *(f"prometheuses/{each.prometheus}" for each in traits),
            *(f"alertmanagers/{each.alertmanager}" for each in traits),
            f"--timeout={_UP_WITHIN_S}s",
        )

    def locate(self, flavour: Flavour) -> Stack:
        traits = flavour.traits
        return Stack(
            prometheus=f"http://{self._find_address(traits.account)}:{prometheus.PORT}",
            alertmanager=f"http://{self._find_address(traits.alertmanager_service)}:{alertmanager.PORT}",
        )

    def _find_address(self, service: str) -> str:
        return self.kubectl(
            "get", "service", service, f"--namespace={NAMESPACE}", "--output=jsonpath={.spec.clusterIP}"
        )

    def kubectl(self, *words: str) -> str:
        # Its cache goes with the cluster, and not to the user's home.
        reached = (f"--kubeconfig={self._kubeconfig}", f"--cache-dir={self._folder / 'kubectl-cache'}")
        return commands.run(
            f"{self._folder.name}: kubectl {words[0]}",
            (str(_KUBECTL), *reached, *words),
            log=self._folder / "monitoring.log",
            timeout_s=_UP_WITHIN_S + 30.0,
        )
