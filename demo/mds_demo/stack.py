"""Prometheus and Alertmanager beside mds, and where they answer this machine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import yaml

from mds_demo import installing
from mds_demo.asking import Stack
from mds_devcluster.monitoring import Flavour, alertmanager, prometheus
from mds_devcluster.monitoring.objects import NAMESPACE

if TYPE_CHECKING:
    from mds_demo.installing import Site

FLAVOUR: Final = Flavour.KUBE_PROMETHEUS
EVERY_S: Final = 5
"""Scraped and evaluated so often: at 15 s, as elsewhere, a person waits a minute for the first rates."""
VALUES: Final[dict[str, Any]] = {
    "metrics": {"enabled": True, "interval": f"{EVERY_S}s", "prometheusRBAC": {"create": True}},
    "alerts": {"enabled": True},
    "dashboards": {"enabled": True},
}
"""Of the chart, as docs/install.md has them for this flavour."""
DOORS: Final = {"prometheus": 30490, "alertmanager": 30493}


async def open_doors(site: Site) -> Stack:
    kubectl = dataclasses.replace(site.kubectl, namespace=NAMESPACE)
    await kubectl.run("apply", "--filename=-", stdin=yaml.safe_dump_all(build_doors()))
    node = await kubectl.find_node()
    return Stack(**{name: f"http://{node}:{port}" for name, port in DOORS.items()})


def build_doors() -> list[dict[str, Any]]:
    traits = FLAVOUR.traits
    selectors = {
        "prometheus": prometheus.build_selector(traits),
        "alertmanager": alertmanager.build_selector(traits),
    }
    ports = {"prometheus": prometheus.PORT, "alertmanager": alertmanager.PORT}
    return [
        installing.build_door(
            f"mds-demo-{name}",
            NAMESPACE,
            selectors[name],
            {"name": "web", "port": ports[name], "targetPort": "web", "nodePort": node_port},
        )
        for name, node_port in DOORS.items()
    ]
