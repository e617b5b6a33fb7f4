"""How an object is written, and a service account with what it may do."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

type Object = dict[str, Any]

NAMESPACE: Final = "monitoring"
_RBAC: Final = "rbac.authorization.k8s.io"
_MONITORING: Final = "monitoring.coreos.com/v1"
_VERSIONS: Final = {
    "Alertmanager": _MONITORING,
    "ClusterRole": f"{_RBAC}/v1",
    "ClusterRoleBinding": f"{_RBAC}/v1",
    "Deployment": "apps/v1",
    "Prometheus": _MONITORING,
    "Role": f"{_RBAC}/v1",
    "RoleBinding": f"{_RBAC}/v1",
    "ServiceMonitor": _MONITORING,
}
_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


def build(
    kind: str,
    name: str,
    namespace: str | None = NAMESPACE,
    labels: Mapping[str, str] = _NO_LABELS,
    **fields: object,
) -> Object:
    """`namespace` is None for what belongs to none."""
    metadata: Object = {"name": name, "labels": dict(labels)}
    if namespace is not None:
        metadata["namespace"] = namespace
    return {"apiVersion": _VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **fields}


def build_rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> Object:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def build_cluster_role(account: str, rules: Sequence[Object]) -> list[Object]:
    """A role of the account's name, bound to it, for all namespaces."""
    return [
        build("ClusterRole", account, None, rules=list(rules)),
        build("ClusterRoleBinding", account, None, **_bind("ClusterRole", account)),
    ]


def build_role(account: str, namespace: str, rules: Sequence[Object]) -> list[Object]:
    return [
        build("Role", account, namespace, rules=list(rules)),
        build("RoleBinding", account, namespace, **_bind("Role", account)),
    ]


def _bind(kind: str, account: str) -> Object:
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": account},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
    }


def build_requests(cpu: str, memory: str) -> Object:
    return {"requests": {"cpu": cpu, "memory": memory}}


UNPRIVILEGED: Final[Mapping[str, Any]] = MappingProxyType(
    {"fsGroup": 2000, "runAsNonRoot": True, "runAsUser": 1000}
)
