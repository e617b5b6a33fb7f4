"""What the chart renders, by golden files and by what must hold of every object."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.component.chart.rendering import CHART, Helm, Rendered, find, read_objects
from tests.component.chart.variations import VARIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = [pytest.param(name, id=name) for name in VARIATIONS]
CRDS = CHART.parents[1] / "crds"


@pytest.mark.parametrize("name", NAMES)
def test_lint_finds_nothing(helm: Helm, name: str) -> None:
    ended = helm.run("lint", "--strict", str(CHART), *VARIATIONS[name])

    assert ended.returncode == 0, ended.stdout
    assert "0 chart(s) failed" in ended.stdout


@pytest.mark.parametrize("name", NAMES)
def test_it_renders_what_the_golden_file_shows(
    helm: Helm, golden: Callable[[str, str], None], name: str
) -> None:
    golden(f"{name}.txt", helm.render(*VARIATIONS[name], "--set", "crds.enabled=false"))


def test_the_crds_are_those_of_the_repository_and_outlive_the_release(helm: Helm) -> None:
    rendered = read_objects(helm.render("--show-only", "templates/crds.yaml"))

    for path in CRDS.glob("*.yaml"):
        crd = yaml.safe_load(path.read_text())
        ours = find(rendered, "CustomResourceDefinition", crd["metadata"]["name"])
        assert ours["spec"] == crd["spec"]
        assert ours["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert len(rendered) == len(list(CRDS.glob("*.yaml")))


def test_a_second_render_draws_other_passwords(helm: Helm) -> None:
    show = ("--show-only", "templates/nats-auth.yaml")

    assert helm.render(*show) != helm.render(*show)


def test_the_passwords_of_one_render_agree(helm: Helm) -> None:
    rendered = read_objects(helm.render("--set", "watchNamespaces={desk-a,desk-b}"))
    auth = find(rendered, "Secret", "mds-nats-auth")["stringData"]

    for user, namespace in (
        *(("operator", "mds"), ("reader", "mds")),
        *(("gateway", "desk-a"), ("gateway", "desk-b")),
    ):
        login = find(rendered, "Secret", f"mds-nats-{user}", namespace)["stringData"]
        assert login == {"user": user, "password": auth[user]}
        assert f'{{user: "{user}", password: "{auth[user]}"' in auth["auth.conf"]


def test_random_passwords_do_not_restart_nats(helm: Helm) -> None:
    """Without a cluster helm cannot keep them; only what the values say may move the pod."""
    assert _nats_pod(helm.render()) == _nats_pod(helm.render())


def test_other_subjects_restart_nats_which_must_read_its_users_again(helm: Helm) -> None:
    assert _nats_pod(helm.render("--set", "streams[0].tickSubjects={ticks.>}")) != _nats_pod(helm.render())


def test_another_version_of_the_chart_alone_does_not_restart_nats(helm: Helm) -> None:
    labels = _nats_pod(helm.render())["metadata"]["labels"]

    assert {key for key in labels if "version" in key or "chart" in key} == set()


def _nats_pod(text: str) -> Any:
    return find(read_objects(text), "StatefulSet", "mds-nats")["spec"]["template"]


def test_the_operator_is_told_the_streams_as_the_protocol_names_them(helm: Helm) -> None:
    container = _containers(read_objects(helm.render()))["operator"]
    told = {variable["name"]: variable.get("value") for variable in container["env"]}

    assert json.loads(told["MDS_STREAMS"]) == [
        {
            "name": "MD",
            "tickSubjects": ["md.>"],
            "maxAgeS": 24 * 3600,
            "maxBytes": 10 << 30,
            "replicas": 1,
            "storage": "file",
        }
    ]
    assert json.loads(told["MDS_GATEWAY_RESOURCES"])["limits"] == {"memory": "1Gi"}


def test_a_gateways_secret_is_named_only_where_there_is_one(helm: Helm) -> None:
    container = _containers(read_objects(helm.render(*VARIATIONS["trial"])))["operator"]
    told = {variable["name"]: variable.get("value") for variable in container["env"]}

    assert told["MDS_NATS_CREDENTIALS_SECRET"] == ""
    assert "MDS_NATS_CREDENTIALS_DIR" not in told


@pytest.mark.parametrize("name", NAMES)
def test_every_container_is_restricted(helm: Helm, name: str) -> None:
    objects = read_objects(helm.render(*VARIATIONS[name]))
    pods = list(_pods(objects))

    assert pods
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def _pods(objects: Rendered) -> Iterator[Any]:
    for item in objects:
        if item["kind"] in {"Deployment", "StatefulSet"}:
            yield item["spec"]["template"]["spec"]


def _containers(objects: Rendered) -> dict[str, Any]:
    return {container["name"]: container for pod in _pods(objects) for container in pod["containers"]}


def test_nothing_but_the_operator_may_speak_to_kubernetes(helm: Helm) -> None:
    objects = read_objects(helm.render())

    with_token = [
        pod["containers"][0]["name"] for pod in _pods(objects) if pod["automountServiceAccountToken"]
    ]
    assert with_token == ["operator"]


def test_a_part_of_another_chart_gets_along_with_helms_own_value(helm: Helm) -> None:
    """Helm adds `global` to the values of a dependency; a strict schema must know it."""
    assert "mds-operator" in helm.render("--set", "global.anything=1")


def test_the_package_holds_the_chart_and_nothing_else(helm: Helm, tmp_path: Path) -> None:
    helm.done("package", str(CHART), "--destination", str(tmp_path))
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as archive:
        names = {name.removeprefix("mds/") for name in archive.getnames()}

    assert names == {
        *("Chart.yaml", "values.yaml", "values.schema.json", "README.md"),
        *(str(path.relative_to(CHART)) for path in (CHART / "files").rglob("*.*")),
        *(f"templates/{path.name}" for path in (CHART / "templates").iterdir()),
    }
