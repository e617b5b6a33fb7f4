"""The manifests of one Alertmanager, which tells nobody until an AlertmanagerConfig says whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from mds_devcluster.monitoring.objects import UNPRIVILEGED, Object, build, build_requests

if TYPE_CHECKING:
    from mds_devcluster.monitoring.flavours import Traits

PORT: Final = 9093
_NOBODY: Final = "null"


def build_alertmanager(traits: Traits, *, image: str, release: str) -> list[Object]:
    spec = {
        "image": image,
        "version": f"v{release}",
        "replicas": 1,
        "alertmanagerConfigSelector": {},
        "alertmanagerConfigNamespaceSelector": {},
        "securityContext": dict(UNPRIVILEGED),
        "resources": build_requests("10m", "50Mi"),
    }
    service = {
        "selector": build_selector(traits),
        "ports": [{"name": "web", "port": PORT, "targetPort": "web"}],
    }
    return [
        # By this name the operator looks for it.
        build(
            "Secret",
            f"alertmanager-{traits.alertmanager}",
            stringData={"alertmanager.yaml": json.dumps(_build_configuration(), indent=2)},
        ),
        build("Alertmanager", traits.alertmanager, spec=spec),
        build("Service", traits.alertmanager_service, spec=service),
    ]


def build_selector(traits: Traits) -> dict[str, str]:
    """Of its pods."""
    return {"alertmanager": traits.alertmanager, "app.kubernetes.io/name": "alertmanager"}


def _build_configuration() -> Object:
    """What both distributions come with: a group for each namespace, and the worst of one alert alone."""
    return {
        "route": {
            "receiver": _NOBODY,
            "group_by": ["namespace"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
        },
        "inhibit_rules": [
            _inhibit("critical", "warning|info"),
            _inhibit("warning", "info"),
        ],
        "receivers": [{"name": _NOBODY}],
    }


def _inhibit(worse: str, others: str) -> Object:
    return {
        "source_matchers": [f"severity = {worse}"],
        "target_matchers": [f"severity =~ {others}"],
        "equal": ["namespace", "alertname"],
    }
