"""The same on a real API server: refused without the Prometheus Operator's definitions, valid with them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from mds_devcluster.building import PROGRAMS, obtain_source, open_workshop
from mds_devcluster.progress import Progress
from tests.component.chart import small_chart
from tests.component.chart.rendering import CHART, Helm, read_objects

if TYPE_CHECKING:
    from pathlib import Path

    from tests.component.conftest import ApiServer

OWN, DESK, ELSEWHERE = "seen", "seen-desk", "seen-elsewhere"
EVERYTHING = (
    *("--set", f"crds.enabled=false,watchNamespaces={{{DESK}}}"),
    *("--set", "metrics.enabled=true,metrics.prometheusRBAC.create=true"),
    *("--set", "alerts.enabled=true,dashboards.enabled=true"),
    *("--set", "metrics.additionalLabels.release=kps,alerts.additionalLabels.team=futures"),
    *("--set", "networkPolicy.enabled=true"),
    *("--set-json", 'networkPolicy.scrapers=[{"namespaceSelector":{"matchLabels":{"name":"monitoring"}}}]'),
)
DEFINITIONS = ("podmonitors", "prometheusrules")


@dataclass(frozen=True, slots=True)
class Seen:
    """A cluster that was without the Prometheus Operator and then had its definitions."""

    said_before: str
    cluster: ApiServer


@pytest.fixture(scope="module")
def seen(cluster: ApiServer, cluster_helm: Helm) -> Seen:
    for name in (OWN, DESK, ELSEWHERE):
        cluster.kubectl("create", "namespace", name, check=True)
    before = cluster_helm.run("install", "mds", str(CHART), f"--namespace={OWN}", *EVERYTHING)
    source = obtain_source(PROGRAMS["prometheus-operator"], open_workshop(Progress(sys.stderr)))
    for name in DEFINITIONS:
        path = source / "example" / "prometheus-operator-crd" / f"monitoring.coreos.com_{name}.yaml"
        cluster.kubectl("apply", "--server-side", f"--filename={path}", check=True)
    cluster.establish(*(f"crd/{name}.monitoring.coreos.com" for name in DEFINITIONS))
    cluster_helm.done("install", "mds", str(CHART), f"--namespace={OWN}", *EVERYTHING)
    return Seen(before.stderr, cluster)


def test_where_the_definitions_are_missing_helm_says_so_in_one_line(seen: Seen) -> None:
    (line,) = seen.said_before.splitlines()

    assert "is true, but the Prometheus Operator is not there; install it first" in line


def test_a_monitor_is_in_the_namespace_of_what_it_finds(seen: Seen) -> None:
    listed = seen.cluster.kubectl("get", "podmonitors", "--all-namespaces", "--no-headers", check=True)

    assert {tuple(line.split()[:2]) for line in listed.stdout.splitlines()} == {
        (OWN, "mds-operator"),
        (DESK, "mds-gateway"),
    }


def test_the_api_server_knows_every_field(helm: Helm, seen: Seen, tmp_path: Path) -> None:
    """Also of rules and dashboards, of which there is one here at least."""
    chart = small_chart.build(tmp_path)
    there = ("--api-versions", "monitoring.coreos.com/v1")
    objects = read_objects(
        helm.done("template", "mds", str(chart), f"--namespace={OWN}", *EVERYTHING, *there)
    )
    for item in objects:
        if not item["kind"].startswith("Cluster"):
            item["metadata"].setdefault("namespace", OWN)

    answer = seen.cluster.kubectl(
        *("apply", "--dry-run=server", "--validate=strict", "--server-side", "--force-conflicts"),
        *("--output=name", "--filename=-"),
        stdin=yaml.safe_dump_all(objects),
    )

    assert answer.stderr == ""
    assert {"prometheusrule.monitoring.coreos.com/mds-alerts", "configmap/mds-dashboard-overview"} <= set(
        answer.stdout.split()
    )


@pytest.mark.parametrize(
    ("namespace", "answer"),
    [
        pytest.param(DESK, "yes", id="in a watched namespace"),
        pytest.param(OWN, "yes", id="where the operator is"),
        pytest.param(ELSEWHERE, "no", id="elsewhere"),
    ],
)
@pytest.mark.parametrize("what", ["pods", "endpointslices.discovery.k8s.io"])
def test_prometheus_may_look_where_mds_is(seen: Seen, namespace: str, answer: str, what: str) -> None:
    asked = seen.cluster.kubectl(
        *("auth", "can-i", "list", what, f"--namespace={namespace}"),
        "--as=system:serviceaccount:monitoring:prometheus-k8s",
    )

    assert asked.stdout.strip() == answer
