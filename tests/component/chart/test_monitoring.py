"""For Prometheus and Grafana: how targets are found and who may find them, rules, dashboards."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.seen import ACCOUNT_LABEL
from mds_operator.manifests.pod import GATEWAY, NAME_LABEL
from tests.component.chart import small_chart
from tests.component.chart.rendering import Helm, Rendered, find, read_objects
from tests.component.chart.wrong_values import read_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

THERE = ("--api-versions", "monitoring.coreos.com/v1")
TWO_DESKS = ("--set", "watchNamespaces={desk-a,desk-b}")
FOUND = (*THERE, *TWO_DESKS, "--set", "metrics.enabled=true")
SCRAPERS = 'networkPolicy.scrapers=[{"podSelector":{"matchLabels":{"app":"prometheus"}}}]'


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_chart.build(tmp_path_factory.mktemp("small"))


def of_kind(objects: Rendered, kind: str) -> Rendered:
    return [item for item in objects if item["kind"] == kind]


def test_nothing_of_it_is_there_unless_asked_for(helm: Helm) -> None:
    objects = read_objects(helm.render(*THERE))

    kinds = {item["kind"] for item in objects}
    assert {"PodMonitor", "PrometheusRule"} & kinds == set()
    assert [item for item in of_kind(objects, "Role") if "prometheus" in item["metadata"]["name"]] == []
    assert [item["metadata"]["name"] for item in of_kind(objects, "ConfigMap")] == ["mds-nats"]


def test_it_renders_what_the_golden_file_shows(helm: Helm, golden: Callable[[str, str], None]) -> None:
    shown = ("podmonitors", "prometheus-rbac", "networkpolicy")
    values = (
        *("--set", "metrics.additionalLabels.release=kps", "--set", "commonLabels.team=futures"),
        *("--set", "metrics.prometheusRBAC.create=true"),
        *("--set", "networkPolicy.enabled=true", "--set-json", SCRAPERS),
    )
    only = [word for name in shown for word in ("--show-only", f"templates/{name}.yaml")]

    golden("monitoring.txt", helm.render(*FOUND, *values, *only))


# --- targets


def test_the_operators_monitor_finds_its_pod_and_port(helm: Helm) -> None:
    objects = read_objects(helm.render(*FOUND))
    pod = find(objects, "Deployment", "mds-operator")["spec"]["template"]
    spec = find(objects, "PodMonitor", "mds-operator")["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]

    assert spec["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["labels"][spec["jobLabel"]] == "mds-operator"
    assert endpoint["port"] in {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
    assert endpoint["honorLabels"] is True


def test_each_watched_namespace_has_a_monitor_of_its_gateways(helm: Helm) -> None:
    objects = read_objects(helm.render(*FOUND))

    for namespace in ("desk-a", "desk-b"):
        spec = find(objects, "PodMonitor", "mds-gateway", namespace)["spec"]
        (endpoint,) = spec["podMetricsEndpoints"]
        (relabeling,) = endpoint["relabelings"]
        assert spec["selector"] == {"matchLabels": {NAME_LABEL: GATEWAY}}
        assert spec["jobLabel"] == NAME_LABEL
        assert endpoint["port"] == "http"
        assert relabeling == {"sourceLabels": [as_prometheus_has(ACCOUNT_LABEL)], "targetLabel": "account"}
    assert len(of_kind(objects, "PodMonitor")) == 3


def as_prometheus_has(label: str) -> str:
    return "__meta_kubernetes_pod_label_" + re.sub(r"\W", "_", label)


def test_what_a_prometheus_selects_by_stands_beside_our_labels(helm: Helm, chart: Path) -> None:
    objects = read_objects(
        helm.done(
            *("template", "mds", str(chart), *FOUND, "--set", "alerts.enabled=true"),
            *("--set", "metrics.additionalLabels.release=kps", "--set", "commonLabels.release=ours"),
        )
    )
    selected = [*of_kind(objects, "PodMonitor"), *of_kind(objects, "PrometheusRule")]

    assert len(selected) == 4
    for item in selected:
        labels = item["metadata"]["labels"]
        assert labels["release"] == "kps"
        assert labels["app.kubernetes.io/instance"] == "mds"
    assert find(objects, "Deployment", "mds-operator")["metadata"]["labels"]["release"] == "ours"


# --- rights and network


def test_prometheus_may_find_pods_where_they_are_and_nowhere_else(helm: Helm) -> None:
    create = ("--set", "metrics.prometheusRBAC.create=true")
    objects = read_objects(helm.render(*create, *TWO_DESKS, namespace="operators"))

    for namespace in ("desk-a", "desk-b", "operators"):
        rules = find(objects, "Role", "mds-prometheus", namespace)["rules"]
        binding = find(objects, "RoleBinding", "mds-prometheus", namespace)
        assert {resource for rule in rules for resource in rule["resources"]} == {
            *("pods", "services", "endpoints", "endpointslices")
        }
        assert all(rule["verbs"] == ["get", "list", "watch"] for rule in rules)
        assert binding["roleRef"]["name"] == "mds-prometheus"
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": "prometheus-k8s", "namespace": "monitoring"}
        ]
    assert sum(item["metadata"]["name"] == "mds-prometheus" for item in objects) == 6


def test_the_releases_own_namespace_gets_its_role_once(helm: Helm) -> None:
    create = ("--set", "metrics.prometheusRBAC.create=true", "--set", "watchNamespaces={mds,desk}")
    objects = of_kind(read_objects(helm.render(*create)), "Role")
    places = [item["metadata"]["namespace"] for item in objects if "prometheus" in item["metadata"]["name"]]

    assert places == ["mds", "desk"]


def test_a_scraper_that_is_named_comes_in_and_the_operator_still_does(helm: Helm) -> None:
    policies = ("--set", "networkPolicy.enabled=true", "--set-json", SCRAPERS)
    objects = read_objects(helm.render(*policies))
    scraper = {"podSelector": {"matchLabels": {"app": "prometheus"}}}
    pod = find(objects, "Deployment", "mds-operator")["spec"]["template"]["metadata"]

    (to_operator,) = find(objects, "NetworkPolicy", "mds-operator")["spec"]["ingress"]
    (to_gateways,) = find(objects, "NetworkPolicy", "mds-gateway")["spec"]["ingress"]
    assert to_operator["from"] == [scraper]
    operator, other = to_gateways["from"]
    assert operator["podSelector"]["matchLabels"].items() <= pod["labels"].items()
    assert operator["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "mds"}
    assert other == scraper


# --- rules


def render_groups(helm: Helm, chart: Path, *arguments: str) -> Any:
    rendered = helm.done(
        *("template", "mds", str(chart), "--namespace=mds", *THERE, "--set", "alerts.enabled=true"),
        *("--show-only", "templates/alerts.yaml", *arguments),
    )
    (rule,) = read_objects(rendered)
    return rule["spec"]["groups"]


def test_rules_have_the_values_filled_in(helm: Helm, chart: Path) -> None:
    assert render_groups(helm, chart) == small_chart.FILLED


def test_a_value_that_is_set_replaces_the_default(helm: Helm, chart: Path) -> None:
    (group, slo) = render_groups(
        helm,
        chart,
        *("--set-json", "alerts.thresholds.MdsExample.share=0.5", "--set", "alerts.slo.window=7d"),
        *("--set", "alerts.runbookUrl=https://wiki.example/mds"),
        *("--set", "alerts.dashboardUrl=https://grafana.example"),
    )
    alert = group["rules"][1]

    assert alert["expr"] == "mds:example:count\n< 0.5\n"
    assert alert["annotations"]["runbook_url"] == "https://wiki.example/mds/MdsExample.md"
    assert alert["annotations"]["dashboard_url"].startswith("https://grafana.example/d/mds-overview")
    assert slo["rules"][0]["expr"].endswith("[7d])")


def test_an_alert_can_be_left_out(helm: Helm, chart: Path) -> None:
    groups = render_groups(helm, chart, "--set", "alerts.exclude={MdsExample}")

    assert groups == small_chart.FILLED[1:]


def test_labels_to_route_by_stand_on_alerts_alone_and_change_no_label_of_theirs(
    helm: Helm, chart: Path
) -> None:
    labels = '{"team":"futures","desk":"{{ $labels.namespace }}"}'
    (group, slo) = render_groups(helm, chart, "--set-json", f"alerts.additionalLabels={labels}")
    record, alert = group["rules"]

    assert alert["labels"] == {
        "severity": "warning",
        "namespace": "mds",
        "team": "futures",
        "desk": "{{ $labels.namespace }}",
    }
    assert all("labels" not in rule for rule in (record, *slo["rules"]))


# --- dashboards


def render_dashboards(helm: Helm, chart: Path, *arguments: str) -> Rendered:
    shown = ("--set", "dashboards.enabled=true", "--show-only", "templates/dashboards.yaml")
    return read_objects(helm.done("template", "mds", str(chart), "--namespace=mds", *shown, *arguments))


def test_a_dashboard_is_a_configmap_that_the_sidecar_finds(helm: Helm, chart: Path) -> None:
    (found,) = render_dashboards(helm, chart)

    assert found["metadata"]["name"] == "mds-dashboard-overview"
    assert found["metadata"]["namespace"] == "mds"
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["annotations"] == {"grafana_folder": "mds"}
    assert found["data"] == {"mds-overview.json": small_chart.DASHBOARD}


def test_another_sidecar_and_another_place(helm: Helm, chart: Path) -> None:
    (found,) = render_dashboards(
        helm,
        chart,
        *("--set", "dashboards.namespace=monitoring"),
        *("--set-json", 'dashboards.labels={"grafana_dashboard":null,"dash":"yes"}'),
        *("--set-json", 'dashboards.annotations={"grafana_folder":null}'),
    )

    assert found["metadata"]["namespace"] == "monitoring"
    assert found["metadata"]["labels"]["dash"] == "yes"
    assert "grafana_dashboard" not in found["metadata"]["labels"]
    assert "annotations" not in found["metadata"]


def test_a_dashboard_leads_to_the_runbooks_of_the_alerts(helm: Helm, chart: Path) -> None:
    url = "https://wiki.example/mds?a=1&b=2"
    (found,) = render_dashboards(helm, chart, "--set-json", f"alerts.runbookUrl={json.dumps(url)}")
    other, runbooks = json.loads(found["data"]["mds-overview.json"])["templating"]["list"]

    assert runbooks == {"name": "runbookUrl", "query": url}
    assert other["query"] == "label_values(example, namespace)"


# --- what is refused, of rules that only this chart has; the rest stands in wrong_values.py


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(
            "alerts.thresholds.MdsExample.share=1.5",
            "at '/alerts/thresholds/MdsExample/share': maximum: got 1.5, want 1",
            id="out of range",
        ),
        pytest.param(
            "alerts.thresholds.MdsExample.least=null",
            "alerts.thresholds.MdsExample.least has no value; leave it out to have the default",
            id="taken away",
        ),
    ],
)
def test_a_wrong_threshold_is_refused(helm: Helm, chart: Path, value: str, said: str) -> None:
    ended = helm.run(
        "template", "mds", str(chart), *THERE, "--set", "alerts.enabled=true", "--set-json", value
    )

    assert ended.returncode == 1
    assert read_message(ended.stderr) == said
