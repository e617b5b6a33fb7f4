"""The manifests of the stack, in both flavours, and what a person may ask of the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mds_devcluster import building, versions
from mds_devcluster.__main__ import main
from mds_devcluster.building import MONITORING_PROGRAMS, NATIVE_PROGRAMS, PROGRAMS
from mds_devcluster.monitoring import Flavour, starting
from mds_devcluster.oci import Archive

IMAGES = {name: Archive(f"mds.local/{name}:1", Path(name)) for name in starting.RUNNING}
PLAIN, STACK = Flavour.KUBE_PROMETHEUS, Flavour.KUBE_PROMETHEUS_STACK


def build(flavour: Flavour, every_s: int = 15) -> list[dict[str, Any]]:
    return starting.build_objects(flavour, IMAGES, versions.REPOSITORY, every_s=every_s)


def find(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] == kind]


def find_spec(flavour: Flavour, kind: str) -> dict[str, Any]:
    (only,) = find(build(flavour), kind)
    spec: dict[str, Any] = only["spec"]
    return spec


def list_discovering(objects: list[dict[str, Any]], kind: str) -> list[str]:
    """Where pods may be listed, by the roles of that kind that are not the operator's."""
    return [
        each["metadata"].get("namespace", "everywhere")
        for each in find(objects, kind)
        if any("pods" in rule.get("resources", ()) and "watch" in rule["verbs"] for rule in each["rules"])
    ]


def test_plain_kube_prometheus_discovers_in_three_namespaces_only() -> None:
    objects = build(PLAIN)

    assert list_discovering(objects, "Role") == ["default", "kube-system", "monitoring"]
    assert list_discovering(objects, "ClusterRole") == []


def test_kube_prometheus_stack_discovers_everywhere() -> None:
    objects = build(STACK)

    assert find(objects, "Role") == []
    assert list_discovering(objects, "ClusterRole") == ["everywhere"]


@pytest.mark.parametrize(
    ("flavour", "selector"),
    [
        pytest.param(PLAIN, {}, id="plain takes all"),
        pytest.param(STACK, {"matchLabels": {"release": "kps"}}, id="the chart takes those of its release"),
    ],
)
@pytest.mark.parametrize("kind", ["podMonitor", "serviceMonitor", "probe", "rule", "scrapeConfig"])
def test_what_is_selected_comes_from_all_namespaces(
    flavour: Flavour, kind: str, selector: dict[str, Any]
) -> None:
    spec = find_spec(flavour, "Prometheus")

    assert spec[f"{kind}Selector"] == selector
    assert spec[f"{kind}NamespaceSelector"] == {}


@pytest.mark.parametrize("flavour", Flavour)
def test_the_service_account_of_prometheus_is_the_one_that_is_bound(flavour: Flavour) -> None:
    objects = build(flavour)
    account = find_spec(flavour, "Prometheus")["serviceAccountName"]
    bound = {
        each["metadata"].get("namespace", "everywhere")
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for each in find(objects, kind)
        if each["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "monitoring"}]
    }

    assert account in {each["metadata"]["name"] for each in find(objects, "ServiceAccount")}
    assert bound == {"everywhere"} | {each["metadata"]["namespace"] for each in find(objects, "Role")}


def test_the_account_of_plain_kube_prometheus_has_the_name_that_users_know() -> None:
    assert find_spec(PLAIN, "Prometheus")["serviceAccountName"] == "prometheus-k8s"


@pytest.mark.parametrize("flavour", Flavour)
def test_the_operator_is_told_images_and_releases_that_were_built(flavour: Flavour) -> None:
    prometheus, alertmanager = find_spec(flavour, "Prometheus"), find_spec(flavour, "Alertmanager")
    container = find_spec(flavour, "Deployment")["template"]["spec"]["containers"][0]

    assert (prometheus["image"], prometheus["version"]) == ("mds.local/prometheus:1", "v3.15.0")
    assert (alertmanager["image"], alertmanager["version"]) == ("mds.local/alertmanager:1", "v0.31.1")
    assert container["image"] == "mds.local/prometheus-operator:1"
    assert "--prometheus-config-reloader=mds.local/prometheus-config-reloader:1" in container["args"]


def test_tests_may_ask_for_a_quicker_pace() -> None:
    (prometheus,) = find(build(PLAIN, every_s=5), "Prometheus")

    assert prometheus["spec"]["scrapeInterval"] == prometheus["spec"]["evaluationInterval"] == "5s"


@pytest.mark.parametrize("flavour", Flavour)
def test_alerts_go_to_the_alertmanager_of_the_flavour(flavour: Flavour) -> None:
    objects = build(flavour)
    (told,) = find_spec(flavour, "Prometheus")["alerting"]["alertmanagers"]
    (service,) = (each for each in find(objects, "Service") if each["metadata"]["name"] == told["name"])
    (secret,), (alertmanager,) = find(objects, "Secret"), find(objects, "Alertmanager")

    assert service["spec"]["selector"]["alertmanager"] == alertmanager["metadata"]["name"]
    assert secret["metadata"]["name"] == f"alertmanager-{alertmanager['metadata']['name']}"


# --- the programs -------------------------------------------------------------------------------------------


def test_a_cluster_and_the_demo_do_without_them() -> None:
    assert not set(MONITORING_PROGRAMS) & set(NATIVE_PROGRAMS)


def test_what_runs_in_a_cluster_is_built_with_the_rest() -> None:
    assert set(starting.RUNNING) <= set(MONITORING_PROGRAMS)


@pytest.mark.parametrize(
    ("name", "release"),
    [
        pytest.param("prometheus", "3.15.0", id="a module that must stay below 1"),
        pytest.param("alertmanager", "0.31.1", id="one that is below 1"),
        pytest.param("etcd", "3.6.7", id="one above"),
    ],
)
def test_the_release_is_the_one_that_people_know(name: str, release: str) -> None:
    assert building.read_release(PROGRAMS[name], versions.REPOSITORY) == release


def test_prometheus_prints_its_release() -> None:
    flags = building.build_linker_flags(PROGRAMS["promtool"], versions.REPOSITORY)

    assert "-X github.com/prometheus/common/version.Version=3.15.0" in flags


# --- the command --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", ["0", "-5", "5s", "½", ""])
def test_a_pace_that_is_none_is_refused(every: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["monitoring", "demo", f"--every={every}"])

    assert f"{every!r} is not a whole number of seconds, 1 or more" in capsys.readouterr().err


def test_without_a_cluster_the_remedy_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MDS_CACHE", str(tmp_path))

    assert main(["monitoring", "nowhere"]) == 1
    assert "run: python -m mds_devcluster up nowhere" in capsys.readouterr().err
