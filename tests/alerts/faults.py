"""How each fault is made, and how it is mended; those of tests/chaos serve here, too.

`begin` is the fault, `end` mends it. Each has a desk of its own, so it may leave it as it likes.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from mds_devcluster.monitoring import Flavour
from tests.chaos.ground import FIRST, SECOND, SUBSCRIPTION
from tests.e2e.containers import continue_processes, find_processes, stop_container
from tests.e2e.desks import ACCOUNTS, RESTARTED_AT, find_newest_move
from tests.e2e.installation import OPERATOR, RELEASE
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from tests.alerts.ground import Place
    from tests.e2e.kube import Kube

LOST: Final = 0x1001
BOTH: Final = (FIRST, SECOND)
FRONTS: Final = ("trade-a", "a", "trade-b", "b")
BEFORE_OPENING: Final = "2026-11-30T08:50:00"
"""A Monday; a day with a calendar, whatever day it is here."""
MOVES: Final = 3
"""So many are often, by the chart's default."""


class Fault(Protocol):
    def begin(self, ground: Place) -> None: ...

    def end(self, ground: Place) -> None: ...


@dataclass(frozen=True, slots=True)
class Fronts:
    """Market data fronts that go down, or misbehave, and are healed."""

    names: tuple[str, ...]
    does: dict[str, Any] | None = None
    """A fault of the simulator; None: they are down."""
    reconnects: bool = False
    """Its clients have to connect again to see it."""

    def begin(self, ground: Place) -> None:
        simulator = ground.desk.simulator
        for name in self.names:
            if self.does is None:
                simulator.post(f"/fronts/{name}/down")
            else:
                simulator.patch(f"/fronts/{name}", **self.does)
            if self.reconnects:
                simulator.post(f"/fronts/{name}/drop", reason=LOST)

    def end(self, ground: Place) -> None:
        for name in self.names:
            ground.desk.simulator.post(f"/fronts/{name}/heal")
            if self.reconnects:
                ground.desk.simulator.post(f"/fronts/{name}/drop", reason=LOST)


@dataclass(frozen=True, slots=True)
class RefuseLogins:
    """The fronts hang up, and the logins of these accounts are refused from then on."""

    accounts: tuple[str, ...]
    code: int

    def begin(self, ground: Place) -> None:
        simulator = ground.desk.simulator
        for account in self.accounts:
            front = account.removeprefix("ctp-")
            simulator.post(f"/accounts/{account}", refuse=self.code)
            for name in (f"trade-{front}", front):
                simulator.post(f"/fronts/{name}/drop", reason=LOST, user=account)

    def end(self, ground: Place) -> None:
        """Nothing more is tried before a person asks for it."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for account in self.accounts:
            ground.desk.simulator.post(f"/accounts/{account}", refuse=0)
            ground.desk.annotate(ACCOUNTS, account, RESTARTED_AT, now)


@dataclass(frozen=True, slots=True)
class CutLinks:
    """Nothing goes from these accounts' pods to NATS any more: a route that leads nowhere.

    `for_s`: it is mended by itself after that, which is then part of the fault.
    """

    accounts: tuple[str, ...]
    for_s: float | None = None

    def begin(self, ground: Place) -> None:
        for account in self.accounts:
            turn_route(ground, ground.desk.pod(account), "add")
        if self.for_s is not None:
            time.sleep(self.for_s)
            self._mend(ground)

    def end(self, ground: Place) -> None:
        if self.for_s is None:
            self._mend(ground)

    def _mend(self, ground: Place) -> None:
        for account in self.accounts:
            turn_route(ground, ground.desk.pod(account), "del")


def turn_route(ground: Place, pod: dict[str, Any], what: str) -> None:
    process = find_processes(pod)[0]
    command = ["nsenter", f"--net=/proc/{process}/ns/net", "ip", "route", what, "blackhole"]
    subprocess.run([*command, ground.installation.nats.host], check=True)


@dataclass(frozen=True, slots=True)
class CutOperator:
    """The same for the operator."""

    def begin(self, ground: Place) -> None:
        (pod,) = ground.installation.operators
        turn_route(ground, pod, "add")

    def end(self, ground: Place) -> None:
        (pod,) = ground.installation.operators
        turn_route(ground, pod, "del")


@dataclass(frozen=True, slots=True)
class StopOperator:
    def begin(self, ground: Place) -> None:
        ground.kube.scale("deployments", ground.installation.namespace, OPERATOR, 0)

    def end(self, ground: Place) -> None:
        ground.installation.start_operator()


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """All accounts, and on again after a while."""

    for_s: float

    def begin(self, ground: Place) -> None:
        for enabled in (False, True):
            for account in BOTH:
                ground.desk.edit(account, enabled=enabled)
            if not enabled:
                time.sleep(self.for_s)
        ground.desk.wait_until_redundant(SUBSCRIPTION)

    def end(self, ground: Place) -> None:
        """It mended itself."""


@dataclass(frozen=True, slots=True)
class Flap:
    """The front of whoever publishes hangs up, so often that it is told; the market's close ends it."""

    def begin(self, ground: Place) -> None:
        for number in range(MOVES):
            front, other = ("a", SECOND) if number % 2 == 0 else ("b", FIRST)
            ground.desk.wait_until_redundant(SUBSCRIPTION)
            epoch = find_newest_move(ground.desk.subscription(SUBSCRIPTION)).get("epoch", 0)
            ground.desk.simulator.post(f"/fronts/{front}/drop", reason=LOST)
            ground.desk.wait_for_move(SUBSCRIPTION, other, epoch_after=epoch)

    def end(self, ground: Place) -> None:
        ground.desk.simulator.post("/session", state="closed")


@dataclass(slots=True)
class PauseProcesses:
    """Both processes stand still; the standby's goes on after a while, and the feed moves to it."""

    for_s: float
    _stopped: list[int] = field(default_factory=list)

    def begin(self, ground: Place) -> None:
        self._stopped, standby = (stop_container(ground.desk.pod(account)) for account in BOTH)
        time.sleep(self.for_s)
        continue_processes(standby)
        ground.desk.wait_for_move(SUBSCRIPTION, SECOND, epoch_after=0)

    def end(self, ground: Place) -> None:
        """The histogram remembers it for ten minutes, or until the close."""
        continue_processes(self._stopped)
        ground.desk.simulator.post("/session", state="closed")


@dataclass(slots=True)
class TakeRight:
    """The operator's right to read Secrets in the namespace; an account asks for it anew."""

    _rules: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, ground: Place) -> None:
        self._rules = ground.kube.read("roles", ground.desk.namespace, OPERATOR)["rules"]
        self._set([rule for rule in self._rules if "secrets" not in rule["resources"]], ground)

    def end(self, ground: Place) -> None:
        self._set(self._rules, ground)

    def _set(self, rules: list[dict[str, Any]], ground: Place) -> None:
        ground.kube.patch("roles", ground.desk.namespace, OPERATOR, {"rules": rules})


@dataclass(frozen=True, slots=True)
class LimitMemory:
    """The standby's limit, close above what its gateway uses."""

    share: float

    def begin(self, ground: Place) -> None:
        used = ground.ask(
            f'mds_gateway_memory_bytes{{namespace="{ground.desk.namespace}", account="{SECOND}"}}'
        )
        old = ground.desk.pod(SECOND)
        limit = {"limits": {"memory": f"{int(used / self.share)}"}}
        ground.desk.edit(SECOND, pod={"resources": limit})
        ground.desk.wait_for_another_pod(SECOND, old)

    def end(self, ground: Place) -> None:
        ground.desk.edit(SECOND, pod=None)


class NotSeen:
    """Prometheus may not look for pods of the namespace; so it was when it started."""

    def begin(self, ground: Place) -> None:
        """Since before the desk was there."""

    def end(self, ground: Place) -> None:
        let_prometheus_see(ground.kube, ground.desk.namespace)


@dataclass(frozen=True, slots=True)
class RefuseBeforeOpening:
    """Ten minutes before an opening both accounts connect anew, and their logins are refused."""

    def begin(self, ground: Place) -> None:
        simulator = ground.desk.simulator
        for front in FRONTS:
            simulator.post(f"/fronts/{front}/down")
        simulator.post("/session", state="calendar")
        simulator.post("/clock", at=BEFORE_OPENING)
        for front in FRONTS:
            simulator.post(f"/fronts/{front}/up")
        opening = "mds_operator_subscription_next_opening_timestamp_seconds"
        wait_until(
            "the operator follows the clock",
            lambda: ground.prometheus.query(
                f'{opening}{{namespace="{ground.desk.namespace}"}} - time() < 1200'
            ),
            every_s=1.0,
        )
        ground.desk.wait_until_hot(*BOTH)
        RefuseLogins(BOTH, 140).begin(ground)

    def end(self, ground: Place) -> None:
        RefuseLogins(BOTH, 140).end(ground)


PROMETHEUS_ROLE: Final = f"{RELEASE}-prometheus"


def hide_from_prometheus(kube: Kube, namespace: str) -> None:
    kube.delete("rolebindings", namespace, PROMETHEUS_ROLE)


def let_prometheus_see(kube: Kube, namespace: str) -> None:
    """As the chart has it in another namespace."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": PROMETHEUS_ROLE}
    subject = {
        "kind": "ServiceAccount",
        "name": Flavour.KUBE_PROMETHEUS.traits.account,
        "namespace": "monitoring",
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": PROMETHEUS_ROLE},
        "roleRef": role,
        "subjects": [subject],
    }
    kube.apply(namespace, binding)
