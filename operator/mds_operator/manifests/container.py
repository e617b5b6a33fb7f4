"""The gateway's container: its environment, the files it reads, how the kubelet asks whether it is well.

The other side is docs/gateway.md. `$` in a value of ours is doubled: Kubernetes would expand `$(NAME)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mds_operator.domain.credentials import choose_keys
from mds_operator.domain.seen import BROKER_ID, ENVIRONMENT, MARKET_DATA_FRONTS, TRADE_FRONTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.manifests.installation import Installation
    from mds_protocol.resources.feedaccount import FeedAccount

CONTAINER: Final = "gateway"
HTTP_PORT: Final = 8080

HOME: Final = "/var/lib/mds"
TEMPORARY: Final = "/tmp"  # noqa: S108 - the pod's own, mounted below
BROKER_FILES: Final = "/run/mds/ctp"
NATS_FILES: Final = "/run/mds/nats"

SECRET_MODE: Final = 0o440
"""Owned by root; the pod's fsGroup reads."""

HOME_LIMIT: Final = "64Mi"
"""The vendor's flow files take a few megabytes. In memory: no disk of the node can fill up or hang, and the
limit is a full file system, not an eviction."""
TEMPORARY_LIMIT: Final = "16Mi"

STARTUP_PROBE: Final = {"period": 1, "timeout": 5, "failures": 120}
"""The port answers within a second or two of the start; under load an import may take many. Two minutes is
what the restart rule gives a pod, too."""
LIVENESS_PROBE: Final = {"period": 10, "timeout": 5, "failures": 6}
"""Six misses in a row: a stop of 20 s is three at most, one of 40 s five. What hangs for a minute is ended by
the kubelet, also at night and without an operator; in an open market the operator is faster."""
READINESS_PROBE: Final = {"period": 5, "timeout": 3, "failures": 2}
"""Nothing is routed by it; people and `kubectl wait` read it."""


def build_container(account: FeedAccount, installation: Installation) -> dict[str, Any]:
    """The pod's one container."""
    pod = account.spec.pod
    resources = pod.resources.dump() if pod.resources else dict(installation.default_resources)
    return {
        "name": CONTAINER,
        "image": pod.image or installation.gateway_image,
        "imagePullPolicy": installation.pull_policy,
        "env": [variable.dump() for variable in pod.env] + _build_env(account, installation),
        "ports": [{"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"}],
        "volumeMounts": _build_mounts(installation),
        "resources": resources,
        "startupProbe": _build_probe("/livez", STARTUP_PROBE),
        "livenessProbe": _build_probe("/livez", LIVENESS_PROBE),
        "readinessProbe": _build_probe("/readyz", READINESS_PROBE),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # The line that says why it could not start is then in the pod's status, too.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def build_volumes(account: FeedAccount, installation: Installation) -> list[dict[str, Any]]:
    """Only the keys that the gateway reads of the broker's Secret; the one for NATS whole."""
    keys = [{"key": key, "path": key} for key in choose_keys(account)]
    broker = {
        "secretName": account.spec.credentials_secret_ref.name,
        "defaultMode": SECRET_MODE,
        "items": keys,
    }
    volumes: list[dict[str, Any]] = [
        {"name": "ctp", "secret": broker},
        {"name": "home", "emptyDir": {"medium": "Memory", "sizeLimit": HOME_LIMIT}},
        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": TEMPORARY_LIMIT}},
    ]
    if secret := installation.nats_credentials_secret:
        volumes.append({"name": "nats", "secret": {"secretName": secret, "defaultMode": SECRET_MODE}})
    return volumes


def _build_mounts(installation: Installation) -> list[dict[str, Any]]:
    mounts: list[dict[str, Any]] = [
        {"name": "ctp", "mountPath": BROKER_FILES, "readOnly": True},
        {"name": "home", "mountPath": HOME},
        {"name": "tmp", "mountPath": TEMPORARY},
    ]
    if installation.nats_credentials_secret:
        mounts.append({"name": "nats", "mountPath": NATS_FILES, "readOnly": True})
    return mounts


def _build_env(account: FeedAccount, installation: Installation) -> list[dict[str, Any]]:
    """After the person's own: of two with one name the last counts, and these are the operator's."""
    of_the_pod = {"MDS_NAMESPACE": "metadata.namespace", "MDS_INSTANCE": "metadata.name"}
    return [
        {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
        for name, path in of_the_pod.items()
    ] + [
        {"name": name, "value": value.replace("$", "$$")}
        for name, value in _list_values(account, installation).items()
        if value
    ]


def _list_values(account: FeedAccount, installation: Installation) -> Mapping[str, str]:
    """An empty one is left out: the gateway has its default."""
    ctp = account.spec.ctp
    if ctp is None:  # the model's rule: gateway CTP has it
        raise ValueError(f"FeedAccount {account.metadata.name} has no block ctp: only CTP gateways are known")
    return {
        "MDS_ACCOUNT": account.metadata.name,
        "MDS_SUBJECT_PREFIX": installation.subject_prefix,
        BROKER_ID: ctp.broker_id,
        ENVIRONMENT: ctp.environment.value,
        TRADE_FRONTS: ",".join(ctp.trade_fronts),
        MARKET_DATA_FRONTS: ",".join(ctp.market_data_fronts),
        "MDS_CREDENTIALS_DIR": BROKER_FILES,
        "MDS_NATS_URL": installation.nats_url,
        "MDS_NATS_CREDENTIALS_DIR": NATS_FILES if installation.nats_credentials_secret else "",
        "MDS_HOME": HOME,
        "MDS_HTTP_PORT": str(HTTP_PORT),
        "MDS_LOG_LEVEL": installation.log_level,
        "MDS_FOLLOW_FRONT_CLOCK": "true" if installation.follow_front_clock else "",
    }


def _build_probe(path: str, pace: Mapping[str, int]) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": pace["period"],
        "timeoutSeconds": pace["timeout"],
        "failureThreshold": pace["failures"],
        "successThreshold": 1,
    }
