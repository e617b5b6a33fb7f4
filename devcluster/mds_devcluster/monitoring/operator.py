"""The manifests of the Prometheus Operator: one for both flavours, as only one may run in a cluster."""

from __future__ import annotations

from typing import Final

from mds_devcluster.monitoring.objects import (
    NAMESPACE,
    Object,
    build,
    build_cluster_role,
    build_requests,
    build_rule,
)

NAME: Final = "prometheus-operator"
_PORT: Final = 8080
_READ: Final = ("get", "list", "watch")
_WRITE: Final = ("get", "list", "watch", "create", "update", "patch", "delete")
_LABELS: Final = {"app.kubernetes.io/name": NAME}
KUBELET: Final = "kubelet"
"""The Service in kube-system that the operator keeps, with the addresses of all kubelets."""


def build_operator(image: str, reloader: str) -> list[Object]:
    """`reloader` is the image that it puts beside each Prometheus."""
    return [
        build("Namespace", NAMESPACE, None),
        build("ServiceAccount", NAME, labels=_LABELS),
        *build_cluster_role(NAME, _build_rules()),
        build("Deployment", NAME, labels=_LABELS, spec=_build_deployment(image, reloader)),
    ]


def _build_rules() -> list[Object]:
    return [
        build_rule("monitoring.coreos.com", ("*",), ("*",)),
        build_rule("apps", ("statefulsets",), ("*",)),
        build_rule("", ("configmaps", "secrets"), ("*",)),
        build_rule("", ("pods",), ("list", "delete")),
        build_rule("", ("services", "services/finalizers", "endpoints"), _WRITE),
        build_rule("discovery.k8s.io", ("endpointslices",), _WRITE),
        build_rule("", ("nodes", "namespaces"), _READ),
        build_rule("", ("events",), ("create", "patch")),
        build_rule("events.k8s.io", ("events",), ("create", "patch")),
        build_rule("networking.k8s.io", ("ingresses",), _READ),
        build_rule("storage.k8s.io", ("storageclasses",), ("get",)),
    ]


def _build_deployment(image: str, reloader: str) -> Object:
    container = {
        "name": NAME,
        "image": image,
        "args": [
            f"--prometheus-config-reloader={reloader}",
            f"--kubelet-service=kube-system/{KUBELET}",
            "--kubelet-endpointslice=true",
            "--kubelet-endpoints=false",
        ],
        "ports": [{"name": "http", "containerPort": _PORT}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1},
        "resources": build_requests("20m", "50Mi"),
    }
    return {
        "replicas": 1,
        "selector": {"matchLabels": _LABELS},
        "template": {
            "metadata": {"labels": _LABELS},
            "spec": {
                "serviceAccountName": NAME,
                "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
                "containers": [container],
            },
        },
    }
