"""Where the faults happen: a cluster, mds in it, a simulator with two fronts, two accounts, one subscription.

Between two faults the ground is *steady*: `ctp-a` publishes, `ctp-b` could, everything is healthy. NATS keeps
its data in a volume of the machine, so it can be gone and come back with its stream. Only `ctp-a` reaches it
through the proxy.
"""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import cache, clusters
from mds_devcluster.building import PROGRAMS, obtain_program
from mds_devcluster.images import obtain_images
from mds_devcluster.records import read_record
from mds_protocol.wire.fence import Fence
from tests.chaos.link import find_own_address, open_link
from tests.component.chart.rendering import Helm
from tests.e2e.desks import (
    ACCOUNTS,
    Desk,
    build_account,
    build_secret,
    build_subscription,
    is_hot,
    is_redundant,
)
from tests.e2e.installation import NATS, Installation, build_values
from tests.e2e.kube import Kube
from tests.e2e.simulation import Pace, start_simulator
from tests.kit.direct_reading import read_last
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_devcluster.building import Workshop
    from mds_devcluster.images import Image
    from tests.chaos.link import Link
    from tests.e2e.kube import Object
    from tests.kit.direct_reading import Message, Server

CLUSTER: Final = "chaos"
NAMESPACE: Final = "chaos"
FIRST: Final = "ctp-a"
SECOND: Final = "ctp-b"
SUBSCRIPTION: Final = "futures"
FENCE: Final = f"mds.fence.{NAMESPACE}.{SUBSCRIPTION}"
SUBJECT: Final = "md.chaos"
IMAGES: Final = ("operator", "gateway-sim", "nats", "simulator")
PACE: Final = Pace(contracts=600, rate=1000)

STALE_AFTER_S: Final = 2
QUICKLY: Final[dict[str, Any]] = {
    "health": {"staleAfter": f"{STALE_AFTER_S}s"},
    "recovery": {"restartAfter": "30s", "cooldown": "10s", "maxPerHour": 60},
}
FAILBACK: Final = {"failback": "Auto", "failbackAfter": "2s"}

STEADY_WITHIN_S: Final = 240.0
STEADY_FOR_S: Final = 1.0
STORAGE_CLASS: Final = "mds-chaos"
STORAGE: Final = "4Gi"
CONTROL_PLANE_NICE: Final = -10


@dataclass(frozen=True, slots=True)
class Ground:
    cluster: str
    workshop: Workshop
    installation: Installation
    desk: Desk
    link: Link
    nats: Server
    archives: tuple[Path, ...]

    @property
    def kube(self) -> Kube:
        return self.desk.kube

    @property
    def folder(self) -> Path:
        """The cluster's."""
        return clusters.locate(self.cluster, self.workshop)

    # --- what is

    def read_fence(self) -> Fence | None:
        """None while NATS does not answer."""
        message = self.read_last(FENCE)
        return None if message is None else Fence.decode(message.data)

    def read_last(self, subject: str) -> Message | None:
        with contextlib.suppress(OSError):
            return read_last(self.nats, "MD", subject)
        return None

    def subscription(self) -> Object:
        return self.desk.subscription(SUBSCRIPTION)

    # --- waiting

    def wait_until_steady(self) -> None:
        """For a while on end: the status may be a moment behind, and one look may fail."""
        began: float | None = None

        def look() -> dict[str, Any]:
            nonlocal began
            seen = self.describe()
            began = (began or time.monotonic()) if seen["steady"] else None
            return seen

        wait_until(
            f"{FIRST} publishes and {SECOND} could, for {STEADY_FOR_S:g} s",
            look,
            lambda _: began is not None and time.monotonic() - began >= STEADY_FOR_S,
            within_s=STEADY_WITHIN_S,
        )

    def describe(self) -> dict[str, Any]:
        """What a person would look at, and whether it is steady."""
        subscription = self.subscription()
        accounts = {name: self.kube.find(ACCOUNTS, NAMESPACE, name) or {} for name in (FIRST, SECOND)}
        status = subscription.get("status", {})
        fence = self.read_fence()
        steady = (
            all(found and is_hot(found) for found in accounts.values())
            and not any(self.is_leaving(name) for name in accounts)
            and status.get("activeAccount") == FIRST
            and is_redundant(subscription)
            and fence is not None
            and (fence.account, fence.epoch) == (FIRST, status.get("epoch"))
        )
        return {
            "steady": steady,
            "active": status.get("activeAccount"),
            "epoch": status.get("epoch"),
            "fence": fence,
            **{name: found.get("status", {}).get("message") for name, found in accounts.items()},
        }

    def is_leaving(self, account: str) -> bool:
        """Whether a pod was told to go: the status says so a moment later."""
        return any("deletionTimestamp" in pod["metadata"] for pod in self.desk.pods(account))

    def build_account(self, name: str) -> Object:
        """As it is between faults."""
        front, priority = {FIRST: ("a", 100), SECOND: ("b", 90)}[name]
        pod: dict[str, Any] = {}
        if name == FIRST:
            own = find_own_address(self.nats.host)
            pod = {"hostAliases": [{"ip": own, "hostnames": [f"{NATS}.{NAMESPACE}"]}]}
        return build_account(name, front=front, priority=priority, pod=pod, **QUICKLY)


@contextlib.contextmanager
def open_ground(cluster: str, workshop: Workshop, folder: Path) -> Iterator[Ground]:
    """Brings up what is missing; the cluster stays up. Steady when this returns."""
    os.environ.update(clusters.exempt_from_proxies(os.environ))
    waiting = partial(workshop.progress.note, f"{cluster}: waiting for another run of the faults")
    with cache.locked(workshop.root / f"faults-{cluster}", on_wait=waiting):
        yield from _open(cluster, workshop, folder)


def _open(cluster: str, workshop: Workshop, folder: Path) -> Iterator[Ground]:
    up = clusters.bring_up(cluster, workshop)
    images = obtain_images(IMAGES, workshop)
    archives = tuple(image.archive for image in images.values())
    clusters.load(cluster, archives, workshop)
    _favour(clusters.locate(cluster, workshop))
    kube = Kube.open(up.kubeconfig)
    kube.apply("default", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    kube.apply("default", _build_volume(clusters.locate(cluster, workshop)))
    helm = Helm(obtain_program(PROGRAMS["helm"], workshop), folder, up.kubeconfig)
    installation = Installation(kube, helm, folder, _build_values(images), NAMESPACE)
    installation.install()
    simulator = start_simulator(kube, NAMESPACE, images["simulator"].name, PACE)
    nats = installation.nats
    with ExitStack() as stack:
        stack.callback(kube.close)
        link = stack.enter_context(open_link(find_own_address(nats.host), nats.host))
        desk = Desk(kube, NAMESPACE, simulator)
        ground = Ground(cluster, workshop, installation, desk, link, nats, archives)
        mend(ground)
        ground.wait_until_steady()
        yield ground


def mend(ground: Ground) -> None:
    """Whatever an interrupted run left behind."""
    ground.link.mend()
    simulator = ground.desk.simulator
    for front in ("a", "b"):
        simulator.post(f"/fronts/{front}/heal")
        simulator.post(f"/accounts/ctp-{front}", refuse=0)
    simulator.post("/session", state="open")
    subscription = build_subscription(SUBSCRIPTION, SUBJECT, failover=FAILBACK)
    accounts = [ground.build_account(name) for name in (FIRST, SECOND)]
    ground.desk.apply(*(build_secret(name) for name in (FIRST, SECOND)), *accounts, subscription)


def _favour(cluster_folder: Path) -> None:
    """A control plane has a machine of its own elsewhere; pods are favoured by their control group."""
    record = read_record(cluster_folder)
    for _, identity in record.processes if record else ():
        for thread in Path(f"/proc/{identity.pid}/task").glob("*"):
            os.setpriority(os.PRIO_PROCESS, int(thread.name), CONTROL_PLANE_NICE)


def _build_values(images: dict[str, Image]) -> dict[str, Any]:
    values = build_values(images, ())
    storage = {"emptyDir": False, "className": STORAGE_CLASS, "size": STORAGE}
    return values | {"nats": values["nats"] | {"storage": storage}}


def _build_volume(cluster_folder: Path) -> Object:
    """A folder of this machine: there is no storage class, and the stream must outlive the pod of NATS."""
    path = cluster_folder / "nats-store"
    path.mkdir(exist_ok=True)
    path.chmod(0o777)  # NATS is nobody in particular
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": STORAGE_CLASS},
        "spec": {
            "capacity": {"storage": STORAGE},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": STORAGE_CLASS,
            "hostPath": {"path": str(path)},
        },
    }
