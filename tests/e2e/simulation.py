"""The simulator of examples/simulator.yaml in a namespace, at a pace of the test's choice.

Every login is let in, unless the pace names some, or the control port is told to refuse it. Fronts: `trade-a`
and `a`, `trade-b` and `b`, behind the Services mds-sim-a and mds-sim-b.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from mds_simulator.testing import RunningSimulator
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from tests.e2e.kube import Kube, Object

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "simulator.yaml"
SELECTOR: Final = "app.kubernetes.io/name=mds-sim"
CONTROL_PORT: Final = 41200


@dataclass(frozen=True, slots=True)
class Pace:
    contracts: int = 200
    """The same at all desks: the contracts of an exchange are the same for everybody."""
    rate: int = 40
    """Ticks a second, over all contracts."""
    logins: tuple[str, ...] = ()
    """Who is let in, each as `--account` takes it; none: everybody."""


def build_simulator(image: str, pace: Pace) -> list[Object]:
    """The example without its Secrets."""
    found: list[Object] = [
        item for item in yaml.safe_load_all(EXAMPLE.read_text()) if item["kind"] != "Secret"
    ]
    deployment = next(item for item in found if item["kind"] == "Deployment")
    container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    given = {"--contracts": pace.contracts, "--rate": pace.rate}
    kept = [text for text in container["args"] if text.partition("=")[0] not in {*given, "--account"}]
    logins = [f"--account={login}" for login in pace.logins]
    options = [f"{name}={value}" for name, value in given.items()]
    container |= {"image": image, "args": [*kept, *options, *logins]}
    return found


def start_simulator(kube: Kube, namespace: str, image: str, pace: Pace) -> RunningSimulator:
    kube.apply(namespace, *build_simulator(image, pace))
    return wait_for_simulator(kube, namespace)


def wait_for_simulator(kube: Kube, namespace: str) -> RunningSimulator:
    """Returns when it answers; its control port is asked at the pod, past the Service."""
    address = wait_until(f"the simulator in {namespace} is ready", lambda: _find_address(kube, namespace))
    return RunningSimulator(f"http://{address}:{CONTROL_PORT}", {}, 0)


def _find_address(kube: Kube, namespace: str) -> str | None:
    for pod in kube.list_all("pods", namespace, SELECTOR):
        statuses = pod["status"].get("containerStatuses", [])
        if statuses and all(one["ready"] for one in statuses) and "deletionTimestamp" not in pod["metadata"]:
            return str(pod["status"]["podIP"])
    return None
