"""The two distributions that most clusters have: their names, what they select, who may read what."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final


class Flavour(Enum):
    KUBE_PROMETHEUS = "kube-prometheus"
    KUBE_PROMETHEUS_STACK = "kube-prometheus-stack"

    @property
    def traits(self) -> Traits:
        return _TRAITS[self]


@dataclass(frozen=True, slots=True)
class Traits:
    prometheus: str  # the object; its pods are called prometheus-<this>-N
    account: str  # the service account of these pods, and the Service in front of them
    alertmanager: str
    alertmanager_service: str
    selector: dict[str, Any] = field(default_factory=dict)  # of monitors and rules; empty takes all
    namespaces: tuple[str, ...] | None = None  # that the account may discover in; None: everywhere


_RELEASE: Final = "kps"
_FULL_NAME: Final = f"{_RELEASE}-kube-prometheus-stack"
RELEASE_LABELS: Final = {"release": _RELEASE}
"""What kube-prometheus-stack, installed as `kps`, asks of each monitor and rule."""

_TRAITS: Final = {
    Flavour.KUBE_PROMETHEUS: Traits(
        prometheus="k8s",
        account="prometheus-k8s",
        alertmanager="main",
        alertmanager_service="alertmanager-main",
        namespaces=("default", "kube-system", "monitoring"),
    ),
    Flavour.KUBE_PROMETHEUS_STACK: Traits(
        prometheus=f"{_FULL_NAME}-prometheus",
        account=f"{_FULL_NAME}-prometheus",
        alertmanager=f"{_FULL_NAME}-alertmanager",
        alertmanager_service=f"{_FULL_NAME}-alertmanager",
        selector={"matchLabels": RELEASE_LABELS},
    ),
}
