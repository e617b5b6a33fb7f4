"""Where the faults happen: a desk of the installation, with two fronts, two accounts and one subscription.

Between two faults the ground is *steady*: `ctp-a` publishes, `ctp-b` could, everything is healthy. NATS is
made anew for it: its data lies in a volume of the machine, so it can be gone and come back with its stream,
which is so small that it is full after minutes and wraps. Only `ctp-a` reaches it through the proxy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import clusters
from mds_devcluster.records import read_record
from mds_protocol.wire.fence import Fence
from tests.chaos.link import find_own_address, open_link
from tests.e2e.desks import (
    ACCOUNTS,
    Desk,
    build_account,
    build_secret,
    build_subscription,
    is_hot,
    is_redundant,
    read_message,
)
from tests.e2e.installation import NATS, Installation
from tests.e2e.simulation import Pace, start_simulator
from tests.kit.direct_reading import read_first, read_last
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mds_devcluster.building import Workshop
    from mds_devcluster.images import Image
    from tests.chaos.link import Link
    from tests.e2e.kube import Kube, Object
    from tests.kit.direct_reading import Message, Server

CLUSTER: Final = "chaos"
NAMESPACE: Final = "desk-chaos"
FIRST: Final = "ctp-a"
SECOND: Final = "ctp-b"
SUBSCRIPTION: Final = "futures"
FENCE: Final = f"mds.fence.{NAMESPACE}.{SUBSCRIPTION}"
SUBJECT: Final = "md.chaos"
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
STREAM: Final = "MD"
TICK_BYTES: Final = 1_300
"""What a tick takes in the stream, with its headers."""
HELD_S: Final = 150
"""A sample is read back from the beginning of its window: the longest, NATS link cut for 60 s, twice over."""
STREAM_BYTES: Final = PACE.rate * HELD_S * TICK_BYTES
CONTROL_PLANE_NICE: Final = -10


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose fence is the newest. One that is renewed names the same account and epoch, and moves nothing."""

    account: str
    epoch: int

    @classmethod
    def of(cls, fence: Fence) -> Publisher:
        return cls(fence.account, fence.epoch)

    def __str__(self) -> str:
        return f"{self.account} (epoch {self.epoch})"


@dataclass(frozen=True, slots=True)
class Ground:
    cluster: str
    workshop: Workshop
    installation: Installation
    desk: Desk
    link: Link
    nats: Server
    images: Mapping[str, Image]

    @property
    def kube(self) -> Kube:
        return self.desk.kube

    @property
    def folder(self) -> Path:
        """The cluster's."""
        return clusters.locate(self.cluster, self.workshop)

    # --- what is

    def read_publisher(self) -> Publisher | None:
        """None while NATS does not answer, or the stream holds no fence."""
        message = self.read_last(FENCE)
        return None if message is None else Publisher.of(Fence.decode(message.data))

    def read_last(self, subject: str) -> Message | None:
        with contextlib.suppress(OSError):
            return read_last(self.nats, STREAM, subject)
        return None

    def read_oldest(self) -> int:
        """The first sequence that the stream still holds."""
        return read_first(self.nats, STREAM).sequence

    def subscription(self) -> Object:
        return self.desk.subscription(SUBSCRIPTION)

    # --- waiting

    def wait_until_steady(self, *, within_s: float = STEADY_WITHIN_S) -> None:
        """For a while on end: the status may be a moment behind, and one look may fail."""
        began: float | None = None

        def look() -> str:
            nonlocal began
            trouble = self.find_trouble()
            began = None if trouble else began or time.monotonic()
            return trouble or "steady, but not for long enough"

        wait_until(
            f"{FIRST} publishes and {SECOND} could, for {STEADY_FOR_S:g} s",
            look,
            lambda _: began is not None and time.monotonic() - began >= STEADY_FOR_S,
            within_s=within_s,
        )

    def find_trouble(self) -> str:
        """What a person would see of it; empty where the ground is steady."""
        subscription = self.subscription()
        status = subscription.get("status", {})
        accounts = {name: self.kube.find(ACCOUNTS, NAMESPACE, name) or {} for name in (FIRST, SECOND)}
        publisher = self.read_publisher()
        is_steady = (
            all(found and is_hot(found) for found in accounts.values())
            and not any(self.is_leaving(name) for name in accounts)
            and status.get("activeAccount") == FIRST
            and is_redundant(subscription)
            and publisher == Publisher(FIRST, status.get("epoch", 0))
        )
        if is_steady:
            return ""
        said = [f"{name} says {read_message(found) or 'nothing'!r}" for name, found in accounts.items()]
        active = f"{SUBSCRIPTION} names {status.get('activeAccount')} (epoch {status.get('epoch')})"
        return "; ".join([f"the fence is of {publisher or 'nobody'}", active, *said])

    def is_leaving(self, account: str) -> bool:
        """Whether a pod was told to go: the status says so a moment later."""
        return any("deletionTimestamp" in pod["metadata"] for pod in self.desk.pods(account))

    def build_account(self, name: str) -> Object:
        """As it is between faults."""
        front, priority = {FIRST: ("a", 100), SECOND: ("b", 90)}[name]
        pod: dict[str, Any] = {}
        if name == FIRST:
            own = find_own_address(self.nats.host)
            pod = {"hostAliases": [{"ip": own, "hostnames": [f"{NATS}.{self.installation.namespace}"]}]}
        return build_account(name, front=front, priority=priority, pod=pod, **QUICKLY)


@contextlib.contextmanager
def open_ground(
    cluster: str,
    workshop: Workshop,
    installation: Installation,
    images: Mapping[str, Image],
    pace: Pace = PACE,
) -> Iterator[Ground]:
    """On an installation that nobody else uses meanwhile. Steady when this begins."""
    folder, kube, nats = clusters.locate(cluster, workshop), installation.kube, installation.nats
    _favour(folder)
    _prepare_volume(kube, folder)
    installation.replace_nats(build_changes())
    simulator = start_simulator(kube, NAMESPACE, images["simulator"].name, pace)
    with open_link(find_own_address(nats.host), nats.host) as link:
        desk = Desk(kube, NAMESPACE, simulator)
        ground = Ground(cluster, workshop, installation, desk, link, nats, images)
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


def build_changes() -> dict[str, Any]:
    """What the ground adds to the installation's values."""
    storage = {"emptyDir": False, "className": STORAGE_CLASS, "size": STORAGE}
    return {"nats": {"storage": storage}, "streams": [{"name": STREAM, "maxBytes": STREAM_BYTES}]}


def _prepare_volume(kube: Kube, cluster_folder: Path) -> None:
    """An empty folder of this machine: no storage class is there, and the stream must outlive its pod."""
    path = cluster_folder / "nats-store"
    kube.kubectl("delete", "persistentvolume", STORAGE_CLASS, "--ignore-not-found")
    shutil.rmtree(path, ignore_errors=True)  # of a run before
    path.mkdir()
    path.chmod(0o777)  # NATS is nobody in particular
    kube.apply("default", _build_volume(path))


def _build_volume(path: Path) -> Object:
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
