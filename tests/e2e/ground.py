"""The ground that tests and benchmarks stand on: the cluster, the images on it, one release for all desks."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import cache, clusters
from mds_devcluster.images import Image, obtain_images
from tests.e2e.installation import RELEASE, Installation, build_values
from tests.e2e.kube import Kube
from tests.e2e.simulation import Pace
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mds_devcluster.building import Workshop
    from tests.component.chart.rendering import Helm

CLUSTER: Final = os.environ.get("MDS_TEST_CLUSTER", "test")
HOME: Final = "mds"
PACES: Final = {
    "desk-edits": Pace(),
    "desk-feed": Pace(rate=400),
    "desk-life": Pace(),
    "desk-bare": Pace(),
    "desk-wrong": Pace(),
}
"""The desks with a simulator of these tests, as they need them."""
TOLD: Final = (
    "desk-feeddown-c",
    "desk-allaccountsblocked-c",
    "desk-loginblocked-w",
    "desk-failoveroften-w",
    "desk-frontlost-w",
    "desk-restartbudgetspent-w",
)
"""Those of the alerts that are sampled; each has a simulator of its own while its fault lasts."""
DESKS: Final = (*PACES, "desk-denied", "desk-quota", "desk-seen-1", "desk-seen-2", *TOLD, "desk-chaos")
"""The namespaces that the one operator watches; each test module has some of its own."""
NO_CHANGES: Final[Mapping[str, Any]] = MappingProxyType({})
IMAGES: Final = ("operator", "gateway-sim", "simulator", "nats")


@contextlib.contextmanager
def open_cluster(name: str, workshop: Workshop) -> Iterator[Kube]:
    """For one run at a time; the cluster stays up."""
    os.environ.update(clusters.exempt_from_proxies(os.environ))
    waiting = partial(workshop.progress.note, f"{name}: waiting for another run on it")
    with cache.locked(workshop.root / f"e2e-{name}", on_wait=waiting):
        kube = bring_up(workshop, name)
        try:
            yield kube
        finally:
            kube.close()


def bring_up(workshop: Workshop, name: str = CLUSTER) -> Kube:
    """The cluster with all images on it."""
    cluster = clusters.bring_up(name, workshop)
    made = obtain_images(IMAGES, workshop)
    clusters.load(name, [image.archive for image in made.values()], workshop)
    return Kube.open(cluster.kubeconfig)


def install(
    kube: Kube,
    helm: Helm,
    images: Mapping[str, Image],
    folder: Path,
    desks: Sequence[str] = DESKS,
    changes: Mapping[str, Any] = NO_CHANGES,
) -> Installation:
    """One operator for all desks, where nothing of a run before is left; `changes` as in `upgrade`."""
    remove_leftovers(kube, helm, desks)
    for name in (HOME, *desks):
        kube.kubectl("create", "namespace", name)
    made = Installation(kube, helm, folder, build_values(images, desks), HOME)
    made.upgrade(changes)
    return made


def remove_leftovers(kube: Kube, helm: Helm, desks: Sequence[str]) -> None:
    names = [name for name in (HOME, *desks) if kube.find_namespace(name)]
    if HOME in names:
        helm.run("uninstall", RELEASE, "--namespace", HOME, "--ignore-not-found")
    if names:
        kube.kubectl("delete", "namespace", *names, "--wait=false")
        wait_until("the namespaces are gone", lambda: any(map(kube.find_namespace, names)), _is_none)


def _is_none(found: object) -> bool:
    return not found
