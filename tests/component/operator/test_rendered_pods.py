"""What the operator renders, a real API server takes: whole, under the restricted profile, and only once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.pods import refutes
from tests.unit.operator.manifests.builders import FULL, LONE, MINIMAL, SECURED, make_account, render

if TYPE_CHECKING:
    from mds_operator.manifests.installation import Installation
    from tests.component.operator.conftest import Namespace

APPLY = ("apply", "--server-side", "--field-manager=mds-operator", "--force-conflicts", "--filename=-")
PRIORITY_CLASS = """
{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
 "metadata": {"name": "market-data"}, "value": 1000}
"""


@pytest.fixture
def restricted(namespace: Namespace) -> Namespace:
    profile = "pod-security.kubernetes.io/enforce=restricted"
    namespace.api_server.kubectl("label", "namespace", namespace.name, profile, check=True)
    namespace.api_server.kubectl(*APPLY, stdin=PRIORITY_CLASS, check=True)
    return namespace


def build(namespace: Namespace, found: dict[str, Any], installation: Installation) -> dict[str, Any]:
    body = render(make_account(found), installation).body
    return body | {"metadata": body["metadata"] | {"namespace": namespace.name}}


def apply(namespace: Namespace, body: dict[str, Any]) -> dict[str, Any]:
    applied: dict[str, Any] = json.loads(namespace.kubectl(*APPLY, "--output=json", stdin=json.dumps(body)))
    return applied


def is_within(sent: Any, found: Any) -> bool:
    """Whether all that was sent is there; the API server adds defaults of its own."""
    if isinstance(sent, dict):
        return all(key in found and is_within(value, found[key]) for key, value in sent.items())
    if isinstance(sent, list):
        return len(sent) <= len(found) and all(map(is_within, sent, found))
    return bool(sent == found)


@pytest.mark.parametrize(
    ("found", "installation"), [(MINIMAL, LONE), (FULL, SECURED)], ids=["minimal", "full"]
)
def test_every_field_of_a_pod_is_taken(
    restricted: Namespace, found: dict[str, Any], installation: Installation
) -> None:
    body = build(restricted, found, installation)

    assert is_within(body, apply(restricted, body))


def test_applying_a_pod_again_changes_nothing(restricted: Namespace) -> None:
    body = build(restricted, MINIMAL, LONE)

    first, second = apply(restricted, body), apply(restricted, body)

    assert first["metadata"]["uid"] == second["metadata"]["uid"]
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


def test_a_full_quota_refuses_a_dry_run_in_words_that_count_for_nothing(namespace: Namespace) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "one", "namespace": namespace.name},
        "spec": {"hard": {"pods": "1"}},
        "status": {"hard": {"pods": "1"}, "used": {"pods": "1"}},
    }
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(quota))
    namespace.kubectl("replace", "--subresource=status", "--filename=-", stdin=json.dumps(quota))
    body = json.dumps(build(namespace, MINIMAL, LONE))

    refused = namespace.api_server.kubectl(*APPLY, "--dry-run=server", stdin=body)

    assert refused.returncode != 0
    assert not refutes(refused.stderr)
