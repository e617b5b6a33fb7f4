"""How each fault is made, and how it is mended. Each knows nothing of measuring.

`prepare` comes before the quiet window in which the control is measured, `begin` is the fault, `end` mends
what does not mend itself. `tidy` comes when all is counted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, override

from mds_devcluster import clusters
from mds_devcluster.records import read_record
from tests.chaos.ground import FIRST, NAMESPACE, SECOND, SUBSCRIPTION
from tests.e2e.containers import continue_processes, stop_container
from tests.e2e.desks import ACCOUNTS, SUBSCRIPTIONS
from tests.e2e.installation import NATS
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from tests.chaos.ground import Ground
    from tests.e2e.desks import Desk
    from tests.e2e.installation import Installation
    from tests.e2e.kube import Kube

BUSY: Final = "while True: pass"
CORES: Final = os.cpu_count() or 1


class Stage(Protocol):
    """What some faults are content with, so that they happen elsewhere, too: a desk of an installation."""

    @property
    def desk(self) -> Desk: ...

    @property
    def installation(self) -> Installation: ...

    @property
    def kube(self) -> Kube: ...


class Fault:
    """Does nothing: the base of those that need not all three."""

    def prepare(self, ground: Ground) -> None:
        pass

    def begin(self, ground: Ground) -> None:
        raise NotImplementedError

    def end(self, ground: Ground) -> None:
        pass

    def tidy(self, ground: Ground) -> None:
        pass


# --- of the gateway


class Kill(Fault):
    """kill -9 of the container; the kubelet starts it again."""

    def begin(self, ground: Ground) -> None:
        ground.desk.kill(FIRST)

    def tidy(self, ground: Ground) -> None:
        """A new pod: the kubelet waits longer before each further start in one."""
        ground.kube.delete("pods", NAMESPACE, ground.desk.pod(FIRST)["metadata"]["name"])


@dataclass(slots=True)
class Stop(Fault):
    """SIGSTOP, and SIGCONT at the end."""

    _stopped: list[int] = field(default_factory=list)

    @override
    def begin(self, ground: Ground) -> None:
        self._stopped = stop_container(ground.desk.pod(FIRST))

    @override
    def end(self, ground: Ground) -> None:
        continue_processes(self._stopped)
        self._stopped = []


class DeletePod(Fault):
    def begin(self, ground: Ground) -> None:
        ground.kube.delete("pods", NAMESPACE, ground.desk.pod(FIRST)["metadata"]["name"])


class KillWithOperator(Kill):
    """The operator at the same moment; its kubelet starts it again, too."""

    def begin(self, ground: Ground) -> None:
        ground.installation.kill_operator()
        super().begin(ground)


class KillWithoutOperator(Kill):
    """Nobody decides but the standby."""

    def prepare(self, ground: Ground) -> None:
        ground.installation.stop_operator()

    def end(self, ground: Ground) -> None:
        ground.installation.start_operator()


class KillTheOnlyOne(Fault):
    """No standby and no operator: what a plain Deployment of one pod has."""

    def prepare(self, ground: Ground) -> None:
        ground.desk.edit(SECOND, enabled=False)
        wait_until(f"{SECOND} has no pod", lambda: ground.desk.pods(SECOND), lambda pods: not pods)
        ground.installation.stop_operator()

    def begin(self, ground: Ground) -> None:
        ground.desk.kill(FIRST)

    def end(self, ground: Ground) -> None:
        ground.installation.start_operator()
        ground.desk.edit(SECOND, enabled=True)


# --- of the broker


class DropFront(Fault):
    """The front cuts the connection; the library comes back by itself."""

    def begin(self, ground: Ground) -> None:
        ground.desk.simulator.post("/fronts/a/drop", reason=0x1001)


class RefuseLogin(Fault):
    """The connection is cut, and the next logins are refused."""

    def begin(self, ground: Ground) -> None:
        ground.desk.simulator.patch("/fronts/a", refuse_login=7)
        ground.desk.simulator.post("/fronts/a/drop", reason=0x1001)

    def end(self, ground: Ground) -> None:
        ground.desk.simulator.post("/fronts/a/heal")


class Silence(Fault):
    """No market data; the connection and its heartbeats go on."""

    def begin(self, ground: Ground) -> None:
        ground.desk.simulator.patch("/fronts/a", silent=True)

    def end(self, ground: Ground) -> None:
        ground.desk.simulator.post("/fronts/a/heal")


@dataclass(frozen=True, slots=True)
class Bursts(Fault):
    """The open of a market, again and again: all contracts at once, from both fronts."""

    every_ms: int

    def begin(self, ground: Ground) -> None:
        for front in ("a", "b"):
            ground.desk.simulator.patch(f"/fronts/{front}", conflate_ms=self.every_ms)

    def end(self, ground: Ground) -> None:
        for front in ("a", "b"):
            ground.desk.simulator.patch(f"/fronts/{front}", conflate_ms=0)


class CloseMarket(Fault):
    def begin(self, ground: Ground) -> None:
        ground.desk.simulator.post("/session", state="closed")

    def end(self, ground: Ground) -> None:
        ground.desk.simulator.post("/session", state="open")


# --- what a person does


@dataclass(frozen=True, slots=True)
class Edit(Fault):
    """Of one account, and back."""

    account: str
    there: dict[str, Any]
    back: dict[str, Any]

    def begin(self, ground: Stage) -> None:
        ground.desk.edit(self.account, **self.there)

    def end(self, ground: Stage) -> None:
        ground.desk.edit(self.account, **self.back)


class Pin(Fault):
    def begin(self, ground: Ground) -> None:
        _pin(ground, SECOND)

    def end(self, ground: Ground) -> None:
        _pin(ground, None)


def _pin(ground: Ground, account: str | None) -> None:
    change = {"spec": {"failover": {"pinnedAccount": account}}}
    ground.kube.patch(SUBSCRIPTIONS, NAMESPACE, SUBSCRIPTION, change)


class DeleteAccount(Fault):
    def begin(self, ground: Ground) -> None:
        ground.kube.delete(ACCOUNTS, NAMESPACE, FIRST)

    def end(self, ground: Ground) -> None:
        ground.desk.apply(ground.build_account(FIRST))


# --- of what is around them


class CutLink(Fault):
    def begin(self, ground: Ground) -> None:
        ground.link.cut()

    def end(self, ground: Ground) -> None:
        ground.link.mend()


class KillOperator(Fault):
    def begin(self, ground: Ground) -> None:
        ground.installation.kill_operator()


class RestartNats(Fault):
    def begin(self, ground: Ground) -> None:
        ground.kube.delete("pods", ground.installation.namespace, f"{NATS}-0")


class LoseNats(Fault):
    """Gone, with its data kept."""

    def begin(self, ground: Stage) -> None:
        ground.kube.scale("statefulsets", ground.installation.namespace, NATS, 0)

    def end(self, ground: Stage) -> None:
        ground.kube.scale("statefulsets", ground.installation.namespace, NATS, 1)


class StopApiServer(Fault):
    def begin(self, ground: Ground) -> None:
        os.kill(_find_api_server(ground), signal.SIGSTOP)

    def end(self, ground: Ground) -> None:
        os.kill(_find_api_server(ground), signal.SIGCONT)


def _find_api_server(ground: Ground) -> int:
    record = read_record(ground.folder)
    assert record is not None, f"cluster {ground.cluster} has no processes"
    return dict(record.processes)["kube-apiserver"].pid


@dataclass(slots=True)
class KeepBusy(Fault):
    """Every core has something else to do, of the lowest priority."""

    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @override
    def begin(self, ground: Stage) -> None:
        command = ["nice", "-n", "19", sys.executable, "-c", BUSY]
        self._running = [subprocess.Popen(command) for _ in range(CORES)]

    @override
    def end(self, ground: Stage) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@dataclass(slots=True)
class LoseNode(Fault):
    """The node of the active's pod loses its power; NATS, operator and standby are on the other."""

    NODE: ClassVar[str] = "node-2"
    _is_there: bool = False

    @override
    def prepare(self, ground: Ground) -> None:
        self._is_there = True
        clusters.bring_up(ground.cluster, ground.workshop, nodes=2)
        # Nothing but a gateway will run there.
        clusters.load(ground.cluster, [ground.images["gateway-sim"].archive], ground.workshop)
        self._place(ground, {"kubernetes.io/hostname": self.NODE})
        wait_until(
            f"{FIRST} runs on {self.NODE}",
            lambda: ground.desk.pods(FIRST),
            lambda pods: len(pods) == 1 and pods[0]["spec"].get("nodeName") == self.NODE,
        )
        time.sleep(1.0)
        ground.wait_until_steady()

    @override
    def begin(self, ground: Ground) -> None:
        clusters.lose_node(ground.cluster, self.NODE, ground.workshop)
        self._is_there = False

    @override
    def end(self, ground: Ground) -> None:
        """What a person does: the node will not come back, so its objects go."""
        if self._is_there:  # the feed moved before
            self.begin(ground)
        self._place(ground, None)
        gone = ground.desk.pods(FIRST)[0]["metadata"]["name"]
        ground.kube.kubectl("delete", "node", self.NODE, "--wait=false")
        force = ("--grace-period=0", "--force", "--ignore-not-found")
        ground.kube.kubectl("--namespace", NAMESPACE, "delete", "pod", gone, *force)

    def _place(self, ground: Ground, selector: dict[str, str] | None) -> None:
        ground.desk.edit(FIRST, pod={"nodeSelector": selector})
