"""Prometheus finds operator and gateways, and tells: the real one, in the two flavours that people have."""

from __future__ import annotations

import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from mds_devcluster import monitoring
from mds_devcluster.monitoring import Flavour
from tests.alerts.ground import Ground
from tests.alerts.matrix import CASES
from tests.alerts.proving import wait_for_told
from tests.alerts.telling import open_telling
from tests.e2e.desks import build_account, build_secret
from tests.e2e.ground import CLUSTER, HOME, TOLD
from tests.e2e.installation import OPERATOR, RELEASE
from tests.e2e.runbooks import CAUSES, diagnose
from tests.kit.prometheus import Prometheus
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from mds_devcluster.building import Workshop
    from mds_devcluster.images import Image
    from mds_devcluster.monitoring import Stack
    from tests.alerts.matrix import Case
    from tests.e2e.installation import Installation
    from tests.e2e.kube import Kube

FIRST, SECOND = "desk-seen-1", "desk-seen-2"
ACCOUNT: Final = "seen"
EVERY_S: Final = 5
FOUND_WITHIN_S: Final = 45
PLAIN, STACK = Flavour.KUBE_PROMETHEUS, Flavour.KUBE_PROMETHEUS_STACK
OURS: Final = {(HOME, "operator"), (FIRST, "gateway"), (SECOND, "gateway")}
FINDABLE: Final[dict[str, Any]] = {
    "enabled": True,
    "interval": f"{EVERY_S}s",
    "additionalLabels": {"release": "kps"},
}
UP: Final = 'up{job=~"mds-.*"}'

type Stacks = dict[Flavour, Prometheus]
type Answers = dict[tuple[str, str], float]
"""Seconds, by namespace and component."""
type Told = dict[str, Future[str]]
"""By alert."""


@pytest.fixture(scope="module")
def gateways(installation: Installation) -> Iterator[None]:
    """One each in two namespaces. They have no front to log in at; their figures are there all the same."""
    kube = installation.kube
    for namespace in (FIRST, SECOND):
        kube.apply(namespace, build_secret(ACCOUNT), build_account(ACCOUNT))
    for namespace in (FIRST, SECOND):
        wait_until(f"{namespace} has a gateway", partial(find_address, kube, namespace))
    yield
    for namespace in (FIRST, SECOND):
        kube.delete("feedaccounts", namespace, ACCOUNT)


@pytest.fixture(scope="module")
def addresses(
    kube: Kube, workshop: Workshop, visibly: Callable[[], AbstractContextManager[None]]
) -> Iterator[dict[Flavour, Stack]]:
    """Both, side by side: one operator serves them."""
    with visibly():
        up = monitoring.bring_up(CLUSTER, tuple(Flavour), workshop, every_s=EVERY_S)
    yield up
    monitoring.remove(CLUSTER, workshop)


@pytest.fixture(scope="module")
def stacks(addresses: dict[Flavour, Stack]) -> Stacks:
    return {flavour: Prometheus(stack.prometheus) for flavour, stack in addresses.items()}


@pytest.fixture(scope="module")
def findable(installation: Installation, gateways: None, stacks: Stacks) -> Installation:
    """As `helm install` with metrics.enabled=true leaves it; where Prometheus may look, nothing changes.

    The PodMonitors stay until the next upgrade: nobody acts on them once the stack is gone.
    """
    installation.upgrade({"metrics": FINDABLE})
    return installation


def find_address(kube: Kube, namespace: str) -> str:
    pods = kube.list_all("pods", namespace, f"mds.dev/account={ACCOUNT}")
    return next((pod["status"]["podIP"] for pod in pods if "podIP" in pod["status"]), "")


def find_first_answers(prometheus: Prometheus, since: float) -> Answers:
    """When it first had an answer of each target of ours, by its own stamps; a run before left some, too."""
    answers = {
        (series.labels["namespace"], series.labels["job"].removeprefix("mds-")): [
            at for at, value in series.samples if value == 1 and at >= since
        ]
        for series in prometheus.query(f"{UP}[10m]")
    }
    return {target: min(stamps) for target, stamps in answers.items() if stamps}


def find_late(prometheus: Prometheus, since: float) -> Answers:
    """Those of our targets whose first answer came later than it should, once all have answered."""
    found = wait_for_all(prometheus, since)
    return {target: at - since for target, at in found.items() if at - since > FOUND_WITHIN_S}


def wait_for_all(prometheus: Prometheus, since: float) -> Answers:
    return wait_until(
        "operator and gateways are up",
        lambda: find_first_answers(prometheus, since),
        lambda found: found.keys() == OURS,
        explain=lambda: prometheus.query(UP),
    )


def read_creation(kube: Kube, kind: str, namespace: str, name: str) -> float:
    told = kube.kubectl(
        *("get", kind, name, f"--namespace={namespace}"), "--output=jsonpath={.metadata.creationTimestamp}"
    )
    return datetime.fromisoformat(told).timestamp()


@pytest.mark.slow("the stack comes up in two flavours, and a kubelet tells Prometheus of its new targets")
def test_kube_prometheus_stack_finds_all_of_them_in_time(findable: Installation, stacks: Stacks) -> None:
    begun = read_creation(findable.kube, "podmonitor", HOME, OPERATOR)

    assert find_late(stacks[STACK], begun) == {}


def test_plain_kube_prometheus_finds_none_where_it_may_not_look(
    findable: Installation, stacks: Stacks
) -> None:
    plain, begun = stacks[PLAIN], read_creation(findable.kube, "podmonitor", HOME, OPERATOR)
    wait_until(
        "it has been told of the PodMonitors",
        lambda: plain.ask("status/config")["yaml"],
        lambda told: all(f"podMonitor/{namespace}/" in told for namespace, _ in OURS),
    )
    wait_for_all(stacks[STACK], begun)

    assert find_first_answers(plain, begun) == {}
    assert [target for target in plain.list_targets() if "podMonitor" in target["scrapePool"]] == []


@pytest.mark.slow("Prometheus asks again, with pauses that grow, where it was refused")
def test_with_the_role_of_the_chart_it_finds_all_of_them_in_time(
    findable: Installation, stacks: Stacks
) -> None:
    findable.upgrade({"metrics": FINDABLE | {"prometheusRBAC": {"create": True}}})
    begun = read_creation(findable.kube, "rolebinding", FIRST, f"{RELEASE}-prometheus")

    assert find_late(stacks[PLAIN], begun) == {}


def test_a_series_of_a_gateway_says_its_account_and_one_of_the_operator_the_feed(stacks: Stacks) -> None:
    plain = stacks[PLAIN]
    (logged_in,) = plain.query(f'mds_gateway_nats_connected{{namespace="{FIRST}"}}')
    roles = plain.query(f'mds_operator_account_role{{namespace="{SECOND}"}}')

    assert logged_in.labels["account"] == ACCOUNT
    assert {series.labels["account"] for series in roles} == {ACCOUNT}


@pytest.mark.parametrize("flavour", Flavour)
def test_kubelet_and_cadvisor_are_scraped(stacks: Stacks, flavour: Flavour) -> None:
    paths = wait_until(
        "kubelet and cAdvisor are up",
        lambda: {series.labels["metrics_path"] for series in stacks[flavour].query('up{job="kubelet"} == 1')},
        lambda found: len(found) == 2,
    )

    assert paths == {"/metrics", "/metrics/cadvisor"}


# --- alerts: a sample of six; `make alerts` proves all


@pytest.fixture(scope="module")
def told(
    findable: Installation, addresses: dict[Flavour, Stack], images: Mapping[str, Image]
) -> Iterator[Told]:
    """All at once, as most of the time is waiting."""
    findable.upgrade({"metrics": FINDABLE, "alerts": {"enabled": True}})
    stack = addresses[STACK]
    with open_telling(findable.kube, STACK, stack) as inbox, ThreadPoolExecutor(len(CAUSES)) as pool:
        ground = Ground(findable, Prometheus(stack.prometheus), inbox, images)
        yield {case.alert: pool.submit(tell, ground, case) for case in CASES if case.desk in TOLD}


def tell(ground: Ground, case: Case) -> str:
    """What the commands of its runbook print once it was received. Its desk makes room then."""
    begun, place = time.time(), ground.open_place(case)
    try:
        case.fault.begin(place)
        wait_for_told(ground, case, begun, is_firing=True)
        return diagnose(ground.kube, case.alert, case.desk, CAUSES[case.alert][0])
    finally:
        place.desk.close()


@pytest.mark.slow("six desks begin side by side; a minute is the longest `for` of their alerts")
@pytest.mark.parametrize("alert", CAUSES)
def test_an_alert_is_received_under_its_fault_and_its_runbook_names_the_cause(told: Told, alert: str) -> None:
    assert re.search(CAUSES[alert][1], told[alert].result())
