"""From nothing to mds on a cluster: what exists already is left as it is, so that a second run takes seconds.

The chart and the examples are those of the repository. Only what a user would have to fill in is filled in:
the images' names, and storage without a claim, as a throwaway cluster has no StorageClass.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import yaml

from mds_demo import kubectl
from mds_demo.kubectl import Kubectl
from mds_devcluster import clusters
from mds_devcluster.building import PROGRAMS, obtain_program
from mds_devcluster.images.obtaining import obtain_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_devcluster.building import Workshop
    from mds_devcluster.images.obtaining import Image

CLUSTER: Final = "demo"
NAMESPACE: Final = "mds"
IMAGES: Final = ("operator", "gateway-sim", "simulator", "nats")
FIRST: Final = ("feedaccount.yaml", "feedsubscription.yaml")
SECOND: Final = ("feedaccount-b.yaml",)
"""Its account joins when the first one publishes, or it might be the quicker one, and be first."""
SIMULATOR: Final = "simulator.yaml"
DASHBOARDS: Final = Path("helm/mds/files/dashboards")
NODE_PORT: Final = 30422
"""Where NATS is reached from outside of the cluster: on each node."""
_STREAM_BYTES: Final = 2**31
"""A day of the demo would be 80 GB; this is half an hour."""
_HELM_WITHIN_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster that is up, with what is to be installed on it."""

    folder: Path
    repository: Path
    helm: Path
    images: Mapping[str, Image]
    kubectl: Kubectl
    values: Mapping[str, Any]
    """Of the chart."""

    def list_program_folders(self, python: Path) -> tuple[Path, ...]:
        """For PATH; kubectl came with the Python packages."""
        return (python.parent, self.helm.parent)


def prepare(
    cluster: str,
    workshop: Workshop,
    *,
    programs: Iterable[str] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
) -> Site:
    """The slow half, with the devcluster's own progress: programs, images, cluster.

    `programs` and `values` (of the chart) are what is wanted beside those of every demo.
    """
    clusters.prepare(workshop, programs=("helm", *programs), images=IMAGES)
    helm = obtain_program(PROGRAMS["helm"], workshop)
    images = obtain_images(IMAGES, workshop)
    clusters.bring_up(cluster, workshop)
    clusters.load(cluster, [image.archive for image in images.values()], workshop)
    folder = clusters.locate(cluster, workshop)
    kubectl = Kubectl(build_environment(workshop.environment, folder), NAMESPACE)
    return Site(folder, workshop.repository, helm, images, kubectl, {**build_values(images), **values})


def build_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What kubectl and helm write goes into the cluster's folder, and with it."""
    own = {"KUBECONFIG": folder / "kubeconfig", "KUBECACHEDIR": folder / "kubectl-cache"}
    own |= {f"HELM_{kind}_HOME": folder / "helm" for kind in ("CACHE", "CONFIG", "DATA")}
    return {
        **environment,
        **clusters.exempt_from_proxies(environment),
        **{name: str(path) for name, path in own.items()},
    }


async def install(site: Site) -> None:
    await site.kubectl.run("config", "set-context", "--current", f"--namespace={NAMESPACE}")
    await site.kubectl.run("apply", "--filename=-", stdin=yaml.safe_dump(build_namespace()))
    # The simulator has its own way to go; it need not wait for helm.
    await asyncio.gather(_apply_simulator(site), _install_chart(site))
    await apply_examples(site, FIRST)


async def apply_examples(site: Site, names: Iterable[str]) -> None:
    files = [f"--filename={site.repository / 'examples' / name}" for name in names]
    await site.kubectl.run("apply", *files)


async def _install_chart(site: Site) -> None:
    words = ("upgrade", "--install", "mds", str(site.repository / "helm" / "mds"))
    command = (str(site.helm), *words, f"--namespace={NAMESPACE}", "--values=-")
    values = yaml.safe_dump(dict(site.values))
    await kubectl.run(command, site.kubectl.environment, stdin=values, within_s=_HELM_WITHIN_S)


async def _apply_simulator(site: Site) -> None:
    text = (site.repository / "examples" / SIMULATOR).read_text()
    objects = [fill_in_image(each, site.images["simulator"].name) for each in yaml.safe_load_all(text)]
    await site.kubectl.run("apply", "--filename=-", stdin=yaml.safe_dump_all([*objects, build_nats_door()]))


def build_namespace() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def build_values(images: Mapping[str, Image]) -> dict[str, Any]:
    return {
        "operator": {"image": _split(images["operator"])},
        "gateway": {"image": _split(images["gateway-sim"])},
        "nats": {"image": _split(images["nats"]), "storage": {"emptyDir": True}},
        "streams": [{"name": "MD", "maxBytes": _STREAM_BYTES}],
    }


def _split(image: Image) -> dict[str, str]:
    repository, _, tag = image.name.rpartition(":")
    return {"repository": repository, "tag": tag}


def fill_in_image(resource: dict[str, Any], image: str) -> dict[str, Any]:
    """The example names the published image; here it is the one that was built."""
    if resource["kind"] == "Deployment":
        for container in resource["spec"]["template"]["spec"]["containers"]:
            container["image"] = image
    return resource


def build_nats_door() -> dict[str, Any]:
    """The chart opens NATS to the cluster only; the demo counts from outside."""
    selector = {"app.kubernetes.io/instance": "mds", "app.kubernetes.io/component": "nats"}
    port = {"name": "nats", "port": 4222, "targetPort": "nats", "nodePort": NODE_PORT}
    return build_door("mds-demo-nats", NAMESPACE, selector, port)


def build_door(
    name: str, namespace: str, selector: Mapping[str, str], port: Mapping[str, Any]
) -> dict[str, Any]:
    """A Service that answers at each node."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "NodePort", "selector": dict(selector), "ports": [dict(port)]},
    }
