"""Helm against a real API server: what is accepted, upgraded, kept and refused. No controller runs there."""

from __future__ import annotations

import base64
import json
import shutil
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.component.chart.rendering import CHART, Helm, read_objects
from tests.component.chart.variations import VARIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.component.conftest import ApiServer

CRD = "feedaccounts.mds.dev"
WITHOUT_CRDS = ("--set", "crds.enabled=false")
ACCOUNT = CHART.parents[1] / "examples" / "feedaccount.yaml"


@pytest.fixture(scope="module")
def namespaces(cluster: ApiServer) -> ApiServer:
    for name in ("mds", "desk-a", "desk-b"):
        cluster.kubectl("create", "namespace", name, check=True)
    return cluster


@pytest.fixture
def namespace(cluster: ApiServer) -> str:
    name = f"chart-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name, check=True)
    return name


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in VARIATIONS])
def test_every_object_is_accepted(helm: Helm, namespaces: ApiServer, name: str) -> None:
    objects = read_objects(helm.render(*VARIATIONS[name]))
    objects = [item for item in objects if item["kind"] != "CustomResourceDefinition"]
    for item in objects:
        if not item["kind"].startswith("Cluster"):
            item["metadata"].setdefault("namespace", "mds")

    answer = namespaces.kubectl(
        *("create", "--dry-run=server", "--validate=strict", "--output=name", "--filename=-"),
        stdin=yaml.safe_dump_all(objects),
    )

    assert answer.stderr == ""
    assert len(answer.stdout.splitlines()) == len(objects)


def read_secret(cluster: ApiServer, namespace: str, name: str) -> dict[str, str]:
    answer = cluster.kubectl(f"--namespace={namespace}", "get", "secret", name, "--output=json", check=True)
    return {key: base64.b64decode(value).decode() for key, value in json.loads(answer.stdout)["data"].items()}


def test_an_upgrade_keeps_the_passwords(cluster: ApiServer, cluster_helm: Helm, namespace: str) -> None:
    cluster_helm.done("install", "mds", str(CHART), f"--namespace={namespace}", *WITHOUT_CRDS)
    before = read_secret(cluster, namespace, "mds-nats-auth")
    cluster_helm.done(
        "upgrade",
        "mds",
        str(CHART),
        f"--namespace={namespace}",
        *WITHOUT_CRDS,
        "--set",
        "operator.replicas=2",
    )

    assert read_secret(cluster, namespace, "mds-nats-auth") == before
    assert read_secret(cluster, namespace, "mds-nats-gateway")["password"] == before["gateway"]
    assert {len(before[user]) for user in ("operator", "gateway", "reader")} == {32}


def test_a_password_that_is_set_replaces_the_kept_one(
    cluster: ApiServer, cluster_helm: Helm, namespace: str
) -> None:
    install = ("upgrade", "--install", "mds", str(CHART), f"--namespace={namespace}", *WITHOUT_CRDS)
    cluster_helm.done(*install)
    cluster_helm.done(*install, "--set", "nats.auth.passwords.reader=chosen-by-a-person")

    assert read_secret(cluster, namespace, "mds-nats-reader") == {
        "user": "reader",
        "password": "chosen-by-a-person",
    }


# --- CRDs


def columns(cluster: ApiServer) -> list[str]:
    crd = json.loads(cluster.kubectl("get", "crd", CRD, "--output=json", check=True).stdout)
    return [column["name"] for column in crd["spec"]["versions"][0]["additionalPrinterColumns"]]


def test_an_upgrade_renews_the_crds(cluster: ApiServer, cluster_helm: Helm, tmp_path: Path) -> None:
    older = tmp_path / "mds"
    shutil.copytree(CHART, older)
    path = older / "files" / "crds" / f"{CRD}.yaml"
    crd: Any = yaml.safe_load(path.read_text())
    crd["spec"]["versions"][0]["additionalPrinterColumns"].pop()
    path.write_text(yaml.safe_dump(crd))
    cluster_helm.done("upgrade", "crds", str(older), "--namespace=first")
    before = columns(cluster)

    cluster_helm.done("upgrade", "crds", str(CHART), "--namespace=first")

    assert columns(cluster)[:-1] == before


def test_a_second_release_leaves_the_crds_alone(cluster_helm: Helm, namespace: str) -> None:
    refused = cluster_helm.run("install", "mds", str(CHART), f"--namespace={namespace}")

    assert refused.returncode == 1
    assert "exists and cannot be imported into the current release" in refused.stderr
    cluster_helm.done("install", "mds", str(CHART), f"--namespace={namespace}", *WITHOUT_CRDS)


def test_crds_and_accounts_outlive_the_release_and_can_be_owned_again(
    cluster: ApiServer, cluster_helm: Helm, namespace: str
) -> None:
    take = ("install", "taking", str(CHART), f"--namespace={namespace}", "--take-ownership")
    cluster_helm.done(*take)
    cluster.kubectl(f"--namespace={namespace}", "apply", f"--filename={ACCOUNT}", check=True)
    cluster_helm.done("uninstall", "taking", f"--namespace={namespace}")

    left = cluster.kubectl(f"--namespace={namespace}", "get", "feedaccounts", "--output=name", check=True)
    assert left.stdout.split() == ["feedaccount.mds.dev/ctp-a"]
    # Back to the release that the other tests rely on.
    cluster_helm.done("upgrade", "crds", str(CHART), "--namespace=first", "--take-ownership")


def test_a_watched_namespace_that_is_missing_is_named(cluster_helm: Helm, namespace: str) -> None:
    answer = cluster_helm.run(
        *("install", "mds", str(CHART), f"--namespace={namespace}", *WITHOUT_CRDS),
        *("--set", "watchNamespaces={nobody-made-this}"),
    )

    assert answer.returncode == 1
    assert 'namespaces "nobody-made-this" not found' in answer.stderr


# --- what it says afterwards


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in VARIATIONS])
def test_the_next_commands_fit_the_values(
    namespaces: ApiServer, cluster_helm: Helm, golden: Callable[[str, str], None], name: str
) -> None:
    arguments = ("install", "mds", str(CHART), "--namespace=mds", "--dry-run=client", *WITHOUT_CRDS)

    golden(f"notes-{name}.txt", cluster_helm.done(*arguments, *VARIATIONS[name]).partition("NOTES:\n")[2])
