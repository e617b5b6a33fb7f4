"""An account's pod, as data: `render_pod` builds it, `pod_hash` says what it is made from.

The hash covers what the API server is given but the pod's name, so an operator that renders the same pod,
whatever its version, restarts nothing; and what is not rendered (priority, schedule, limits) rolls nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_operator.domain.pod_hash import PodHash, hash_part
from mds_operator.domain.seen import ACCOUNT_LABEL, FIELD_MANAGER, MANAGED_BY_LABEL, POD_HASH
from mds_operator.manifests.container import build_container, build_volumes
from mds_protocol.resources.objects import API_VERSION

if TYPE_CHECKING:
    from mds_operator.manifests.installation import Installation
    from mds_protocol.resources.feedaccount import FeedAccount

NAME_LABEL: Final = "app.kubernetes.io/name"
GATEWAY: Final = "mds-gateway"

USER: Final = 65532
"""The image's user, by number: Kubernetes cannot see that a named one is not root."""

GRACE_S: Final = 15
"""On SIGTERM a gateway publishes on for at most 3 s and ends within 4; the rest is for a busy node."""

PATIENT_WITH: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@dataclass(frozen=True, slots=True)
class RenderedPod:
    """A pod for the API server, and the text of its hash."""

    body: dict[str, Any]
    spec_hash: str


def render_pod(
    account: FeedAccount,
    *,
    suffix: str,
    secret_digest: str,
    nats_digest: str | None,
    request: str | None,
    installation: Installation,
) -> RenderedPod:
    """The pod `<account>-<suffix>`. `request`: the value of `mds.dev/restartedAt` that it answers."""
    found = pod_hash(
        account,
        secret_digest=secret_digest,
        nats_digest=nats_digest,
        request=request,
        installation=installation,
    )
    metadata = {
        "name": f"{account.metadata.name}-{suffix}",
        "namespace": account.metadata.namespace,
        "labels": _build_labels(account),
        "annotations": {**account.spec.pod.annotations, POD_HASH: str(found)},
        "ownerReferences": [_build_owner(account)],
    }
    spec = build_pod_spec(account, installation)
    return RenderedPod({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, str(found))


def pod_hash(
    account: FeedAccount,
    *,
    secret_digest: str,
    nats_digest: str | None,
    request: str | None,
    installation: Installation,
) -> PodHash:
    """What a pod of this account, made now, would be made from."""
    ctp = account.spec.ctp.dump() if account.spec.ctp else None
    return PodHash(
        spec=hash_part(
            {
                "spec": build_pod_spec(account, installation),
                "labels": _build_labels(account),
                "annotations": dict(account.spec.pod.annotations),
            }
        ),
        secrets=hash_part({"credentials": secret_digest, "nats": nats_digest}),
        login=hash_part({"credentials": secret_digest, "ctp": ctp, "request": request}),
    )


def build_pod_spec(account: FeedAccount, installation: Installation) -> dict[str, Any]:
    """`spec` of the pod; what is empty is left out."""
    spec: dict[str, Any] = {
        "restartPolicy": "Always",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [build_container(account, installation)],
        "volumes": build_volumes(account, installation),
        "tolerations": _build_tolerations(account),
        "affinity": _build_affinity(account),
        **_take_over(account),
    }
    return {name: value for name, value in spec.items() if value not in (None, [], {}, "")}


def _take_over(account: FeedAccount) -> dict[str, Any]:
    """What a person set and Kubernetes takes in the same shape."""
    pod = account.spec.pod
    return {
        "nodeSelector": dict(pod.node_selector),
        "topologySpreadConstraints": [dict(each) for each in pod.topology_spread_constraints],
        "priorityClassName": pod.priority_class_name,
        "imagePullSecrets": [secret.dump() for secret in pod.image_pull_secrets],
        "hostAliases": [alias.dump() for alias in pod.host_aliases],
        "dnsConfig": pod.dns_config.dump() if pod.dns_config else None,
        # With the node's network, the cluster's names (that of NATS) are resolved only if asked for.
        "hostNetwork": True if pod.host_network else None,
        "dnsPolicy": "ClusterFirstWithHostNet" if pod.host_network else None,
    }


def _build_labels(account: FeedAccount) -> dict[str, str]:
    ours = {
        NAME_LABEL: GATEWAY,
        MANAGED_BY_LABEL: FIELD_MANAGER,
        ACCOUNT_LABEL: account.metadata.name,
    }
    return {**account.spec.pod.labels, **ours}


def _build_owner(account: FeedAccount) -> dict[str, Any]:
    """Deleted with its account by Kubernetes itself, also where no operator runs."""
    return {
        "apiVersion": API_VERSION,
        "kind": account.kind,
        "name": account.metadata.name,
        "uid": account.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _build_tolerations(account: FeedAccount) -> list[dict[str, Any]]:
    """A lost node's pod stays until the operator, after 60 s, replaces it.

    Kubernetes would evict it after five minutes, or not at all while the node is silent; and would end a good
    login on a node that comes back, with nobody to make a successor where no operator runs. A person's
    toleration of the same taint stands in for ours.
    """
    given = [toleration.dump() for toleration in account.spec.pod.tolerations]
    named = {toleration.get("key") for toleration in given}
    return given + [
        {"key": key, "operator": "Exists", "effect": "NoExecute"} for key in PATIENT_WITH if key not in named
    ]


def _build_affinity(account: FeedAccount) -> dict[str, Any]:
    """Rather not on the node of another account. `podAntiAffinity: {}` switches that off."""
    given = account.spec.pod.affinity
    built = given.dump() if given else {}
    if given is None or given.pod_anti_affinity is None:
        term = {
            "labelSelector": {"matchLabels": {NAME_LABEL: GATEWAY}},
            "topologyKey": "kubernetes.io/hostname",
        }
        built["podAntiAffinity"] = {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]
        }
    return built
