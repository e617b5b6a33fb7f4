"""The operator's rights: the chart's roles, the page's table and a real API server say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.component.chart.rendering import CHART, Helm, read_objects
from tests.component.chart.rights import RIGHTS, Where, read_rights

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.component.conftest import ApiServer

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
WATCHED, OWN, ELSEWHERE = "rights-desk", "rights", "rights-elsewhere"
# Granted to everybody who is logged in: questions about oneself.
EVERYBODYS = {"authentication.k8s.io", "authorization.k8s.io"}


def test_the_roles_are_the_table(helm: Helm) -> None:
    objects = read_objects(helm.render("--set", "watchNamespaces={desk-a,desk-b}"))

    assert read_rights(objects, "mds") == {(r.where, r.group, r.resource, r.verbs) for r in RIGHTS}


def test_the_page_shows_the_same_table(page_section: Callable[[Path, str, str], None]) -> None:
    head = "| where | what | may | why |\n|---|---|---|---|"
    page_section(PAGE, "rbac", "\n".join([head, *(right.row for right in RIGHTS)]))


def test_without_nodes_nothing_is_granted_beyond_namespaces(helm: Helm) -> None:
    objects = read_objects(helm.render("--set", "rbac.nodes=false", "--set", "crds.enabled=false"))

    assert {item["kind"] for item in objects if item["kind"].startswith("Cluster")} == set()


@pytest.fixture(scope="module")
def installed(cluster: ApiServer, cluster_helm: Helm) -> ApiServer:
    for name in (WATCHED, OWN, ELSEWHERE):
        cluster.kubectl("create", "namespace", name, check=True)
    cluster_helm.done(
        *("install", "mds", str(CHART), "--namespace", OWN),
        *("--set", f"watchNamespaces={{{WATCHED}}}", "--set", "crds.enabled=false"),
    )
    return cluster


def granted(cluster: ApiServer, namespace: str) -> set[tuple[str, str, str]]:
    """What the API server itself says: group, resource and verb."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = cluster.kubectl(
        *("create", "--validate=false", "--filename=-", "--output=json"),
        f"--as=system:serviceaccount:{OWN}:mds-operator",
        stdin=json.dumps(review),
        check=True,
    )
    status = json.loads(answer.stdout)["status"]
    assert status["incomplete"] is False
    return {
        (group, resource, verb)
        for rule in status["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if group not in EVERYBODYS
    }


def expected(*places: Where) -> set[tuple[str, str, str]]:
    return {
        (right.group, right.resource, verb)
        for right in RIGHTS
        if right.where in places
        for verb in right.verbs
    }


@pytest.mark.parametrize(
    ("namespace", "places"),
    [
        pytest.param(WATCHED, (Where.WATCHED, Where.CLUSTER), id="in a watched namespace"),
        pytest.param(OWN, (Where.OWN, Where.CLUSTER), id="in its own, which it does not watch"),
        pytest.param(ELSEWHERE, (Where.CLUSTER,), id="elsewhere"),
    ],
)
def test_the_api_server_grants_the_table_and_nothing_else(
    installed: ApiServer, namespace: str, places: tuple[Where, ...]
) -> None:
    assert granted(installed, namespace) == expected(*places)
