"""Where alerts are proved: an installation with the chart's defaults, kube-prometheus, a desk for each fault.

Prometheus scrapes and evaluates each 15 s, as both distributions do. A desk is made when its turn comes, with
two accounts at a simulated exchange of its own, and goes when its alert is resolved.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import monitoring
from mds_devcluster.monitoring import Flavour
from mds_devcluster.monitoring.starting import SCRAPE_EVERY_S
from tests.alerts.telling import GROUP_WAIT_S, open_telling
from tests.chaos.ground import FIRST, SECOND, SUBSCRIPTION
from tests.e2e.desks import Desk, build_account, build_secret, build_subscription
from tests.e2e.simulation import start_simulator
from tests.kit.prometheus import Prometheus
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mds_devcluster.building import Workshop
    from mds_devcluster.images import Image
    from tests.alerts.matrix import Case
    from tests.alerts.receiver import Inbox
    from tests.e2e.installation import Installation
    from tests.e2e.kube import Kube

CLUSTER: Final = "alerts"
FLAVOUR: Final = Flavour.KUBE_PROMETHEUS
SEEN: Final[dict[str, Any]] = {
    "metrics": {"enabled": True, "prometheusRBAC": {"create": True}},
    "alerts": {"enabled": True},
    "gateway": {"followFrontClock": True},  # the exchanges are simulated, and one lives at a Monday's opening
}
"""All that differs from the chart's defaults; where images are, and how little they ask for, besides."""
DELIVERED_WITHIN_S: Final = 10.0


def allow_s(lasting_s: float, ripens_s: float = 0.0) -> float:
    """How soon an alert must be received after its fault: the issue's sum."""
    return ripens_s + lasting_s + SCRAPE_EVERY_S + 2 * SCRAPE_EVERY_S + GROUP_WAIT_S + DELIVERED_WITHIN_S


@dataclass(frozen=True, slots=True)
class Place:
    """Where one fault happens."""

    desk: Desk
    installation: Installation
    prometheus: Prometheus
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What its accounts have besides."""
    more: tuple[str, ...] = ()
    """Accounts beside the two."""

    @property
    def kube(self) -> Kube:
        return self.desk.kube

    def set_up(self) -> None:
        """Two accounts, of which the first publishes and the second could."""
        namespace = self.desk.namespace
        first, second = ((FIRST, "a", 100), (SECOND, "b", 90))
        listed = [first, second, *((name, "b", 80) for name in self.more)]
        accounts = [
            build_account(name, front=front, priority=priority, **self.settings)
            for name, front, priority in listed
        ]
        secrets = [build_secret(name) for name, *_ in listed]
        self.desk.apply(*secrets, *accounts, build_subscription(SUBSCRIPTION, f"md.{namespace}"))
        self.desk.wait_until_hot(*(name for name, *_ in listed))
        self.desk.wait_until_redundant(SUBSCRIPTION)

    def ask(self, expression: str) -> float:
        """The newest value of its only series."""
        (series,) = self.prometheus.query(expression)
        return series.samples[-1][1]


@dataclass(frozen=True, slots=True)
class Ground:
    installation: Installation
    prometheus: Prometheus
    inbox: Inbox
    images: Mapping[str, Image]
    opening: Lock = field(default_factory=Lock)
    """Held while a desk is made."""

    @property
    def kube(self) -> Kube:
        return self.installation.kube

    def open_place(self, case: Case) -> Place:
        simulator = start_simulator(self.kube, case.desk, self.images["simulator"].name, case.pace)
        desk = Desk(self.kube, case.desk, simulator)
        place = Place(desk, self.installation, self.prometheus, case.settings, case.more)
        place.set_up()
        if case.is_seen:
            wait_until(
                f"Prometheus has its figures of {case.desk}",
                lambda: self.prometheus.query(build_figures(case.desk)),
                lambda found: len(found) == len((FIRST, SECOND, *case.more)),
                every_s=1.0,
            )
        return place


def build_figures(namespace: str) -> str:
    """Its gateways scraped, and the operator since the subscription is open."""
    return (
        f'up{{job="mds-gateway", namespace="{namespace}"}} == 1 and on (namespace) '
        f'(mds_operator_market_open{{namespace="{namespace}"}} == 1)'
    )


@contextlib.contextmanager
def open_ground(
    cluster: str, workshop: Workshop, installation: Installation, images: Mapping[str, Image]
) -> Iterator[Ground]:
    """On an installation with the values of SEEN."""
    stack = monitoring.bring_up(cluster, (FLAVOUR,), workshop)[FLAVOUR]
    prometheus = Prometheus(stack.prometheus)
    with open_telling(installation.kube, FLAVOUR, stack) as inbox:
        wait_until("it knows the rules", lambda: count_rules(prometheus), every_s=1.0)
        yield Ground(installation, prometheus, inbox, images)


def count_rules(prometheus: Prometheus) -> int:
    groups = prometheus.ask("rules", type="alert")["groups"]
    return sum(rule["name"].startswith("Mds") for group in groups for rule in group["rules"])
