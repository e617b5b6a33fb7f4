"""The manifests of one Prometheus: what it runs as, what it may discover, what it selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_devcluster.monitoring.flavours import RELEASE_LABELS
from mds_devcluster.monitoring.objects import (
    NAMESPACE,
    UNPRIVILEGED,
    Object,
    build,
    build_cluster_role,
    build_requests,
    build_role,
    build_rule,
)
from mds_devcluster.monitoring.operator import KUBELET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_devcluster.monitoring.flavours import Traits

PORT: Final = 9090
_READ: Final = ("get", "list", "watch")
_NAME_LABEL: Final = "app.kubernetes.io/name"
_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - where it is, not what
# cAdvisor reads all control groups for each answer, so not at the pace of tests.
_KUBELET_EVERY: Final = "15s"


def build_prometheus(traits: Traits, *, image: str, release: str, every_s: int) -> list[Object]:
    """`release` is the version of what is in the image; it scrapes and evaluates every so many seconds."""
    return [
        build("ServiceAccount", traits.account),
        *_build_rights(traits),
        build("Prometheus", traits.prometheus, spec=_build_spec(traits, image, release, every_s)),
        build("Service", traits.account, spec=_build_service(traits)),
        _build_kubelet_monitor(),
    ]


def _build_rights(traits: Traits) -> list[Object]:
    kubelets = [
        build_rule("", ("nodes/metrics",), ("get",)),
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]
    if traits.namespaces is None:
        return build_cluster_role(traits.account, [*_build_discovery(("nodes",)), *kubelets])
    roles = [build_role(traits.account, name, _build_discovery()) for name in traits.namespaces]
    return [*build_cluster_role(traits.account, kubelets), *(each for role in roles for each in role)]


def _build_discovery(more: Sequence[str] = ()) -> list[Object]:
    return [
        build_rule("", ("services", "endpoints", "pods", *more), _READ),
        build_rule("discovery.k8s.io", ("endpointslices",), _READ),
        build_rule("networking.k8s.io", ("ingresses",), _READ),
    ]


def _build_spec(traits: Traits, image: str, release: str, every_s: int) -> Object:
    alertmanager = {"namespace": NAMESPACE, "name": traits.alertmanager_service, "port": "web"}
    return {
        "image": image,
        "version": f"v{release}",
        "replicas": 1,
        "serviceAccountName": traits.account,
        "serviceDiscoveryRole": "EndpointSlice",
        "scrapeInterval": f"{every_s}s",
        "evaluationInterval": f"{every_s}s",
        "retention": "1d",
        "alerting": {"alertmanagers": [alertmanager | {"apiVersion": "v2"}]},
        **_select(traits.selector, "podMonitor", "serviceMonitor", "probe", "rule", "scrapeConfig"),
        # As the operator writes it, the first look fails and the next comes 15 s later.
        "containers": [{"name": "prometheus", "startupProbe": {"periodSeconds": 1, "failureThreshold": 900}}],
        "securityContext": dict(UNPRIVILEGED),
        "resources": build_requests("20m", "100Mi"),
    }


def _select(selector: Object, *kinds: str) -> Object:
    """From all namespaces."""
    return {f"{kind}Selector": selector for kind in kinds} | {
        f"{kind}NamespaceSelector": {} for kind in kinds
    }


def build_selector(traits: Traits) -> dict[str, str]:
    """Of its pods."""
    return {"operator.prometheus.io/name": traits.prometheus, _NAME_LABEL: "prometheus"}


def _build_service(traits: Traits) -> Object:
    return {
        "selector": build_selector(traits),
        "ports": [{"name": "web", "port": PORT, "targetPort": "web"}],
    }


def _build_kubelet_monitor() -> Object:
    """With the label that one flavour asks for, which the other does not mind."""
    reached = {
        "port": "https-metrics",
        "scheme": "https",
        "interval": _KUBELET_EVERY,
        "bearerTokenFile": _TOKEN,
        "tlsConfig": {"insecureSkipVerify": True},  # a kubelet signs its certificate itself
        "honorLabels": True,  # the namespace and pod that a series is about
        "relabelings": [{"sourceLabels": ["__metrics_path__"], "targetLabel": "metrics_path"}],
    }
    return build(
        "ServiceMonitor",
        KUBELET,
        labels=RELEASE_LABELS,
        spec={
            "jobLabel": _NAME_LABEL,
            "namespaceSelector": {"matchNames": ["kube-system"]},
            "selector": {"matchLabels": {_NAME_LABEL: KUBELET}},
            "endpoints": [reached, reached | {"path": "/metrics/cadvisor", "honorTimestamps": False}],
        },
    )
