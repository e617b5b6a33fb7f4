"""What the operator has seen of Kubernetes: keys, pods, nodes, Secrets, as values that decisions take.

A watch brings dicts; here they become the few facts that anybody decides by. Wall-clock times are the API
server's and only shown or stored; what is measured uses the observer's monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.resources.reasons import AccountReason

ACCOUNT_LABEL: Final = "mds.dev/account"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
FIELD_MANAGER: Final = "mds-operator"
POD_HASH: Final = "mds.dev/pod-hash"

BROKER_ID: Final = "MDS_BROKER_ID"
ENVIRONMENT: Final = "MDS_ENVIRONMENT"
TRADE_FRONTS: Final = "MDS_TRADE_FRONTS"
MARKET_DATA_FRONTS: Final = "MDS_MARKET_DATA_FRONTS"
_TOLD: Final = frozenset({BROKER_ID, ENVIRONMENT, TRADE_FRONTS, MARKET_DATA_FRONTS})
"""Of a gateway's environment, what a message repeats; a person's own variables are nobody else's."""


class Key(NamedTuple):
    """An object of a kind that its context tells."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ContainerEnd:
    """How the gateway's container ended last."""

    exit_code: int
    reason: str
    finished_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView:
    """The facts of one gateway pod."""

    namespace: str
    name: str
    uid: str
    account: str
    """By its label."""
    owner_uid: str | None
    """Of the FeedAccount that controls it: a namesake made later is another account."""
    spec_hash: str
    phase: str
    created: str
    """Wall clock of the API server, RFC 3339."""
    is_leaving: bool = False
    """Its deletion was asked for."""
    is_ready: bool = False
    is_running: bool = False
    """The container runs now."""
    node: str | None = None
    ip: str | None = None
    restarts: int = 0
    """Of the container, by the kubelet."""
    waiting: tuple[str, str] | None = None
    """Why the container does not run, in the kubelet's words: reason and message."""
    last_end: ContainerEnd | None = None
    unschedulable: str | None = None
    """The scheduler's message, while no node takes it."""
    told: Mapping[str, str] = field(default_factory=dict)
    """Where it logs in, by the names above: what it was made with, whatever the spec says since."""

    @property
    def key(self) -> Key:
        return Key(self.namespace, self.name)

    @property
    def is_finished(self) -> bool:
        """Evicted or at its end: it never runs again."""
        return self.phase in ("Failed", "Succeeded")


def read_pod(found: Mapping[str, Any]) -> PodView:
    """A Pod as the API server gave it."""
    metadata, status, spec = found["metadata"], found.get("status") or {}, found.get("spec") or {}
    container: Mapping[str, Any] = next(iter(status.get("containerStatuses") or ()), {})
    state, last = container.get("state") or {}, container.get("lastState") or {}
    ended = state.get("terminated") or last.get("terminated")
    waiting = state.get("waiting")
    owner: Mapping[str, Any] = next(filter(_is_ours, metadata.get("ownerReferences") or ()), {})
    return PodView(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        account=(metadata.get("labels") or {}).get(ACCOUNT_LABEL, ""),
        owner_uid=owner.get("uid"),
        spec_hash=(metadata.get("annotations") or {}).get(POD_HASH, ""),
        phase=status.get("phase", "Pending"),
        created=metadata.get("creationTimestamp", ""),
        is_leaving=metadata.get("deletionTimestamp") is not None,
        is_ready=container.get("ready", False),
        is_running="running" in state,
        node=spec.get("nodeName"),
        ip=status.get("podIP"),
        restarts=container.get("restartCount", 0),
        waiting=(waiting.get("reason", ""), waiting.get("message", "")) if waiting else None,
        last_end=_read_end(ended),
        unschedulable=_read_unschedulable(status),
        told=_read_told(spec),
    )


def _is_ours(reference: Mapping[str, Any]) -> bool:
    """A pod of another controller is that controller's affair, whatever label it carries."""
    return bool(reference.get("controller")) and reference.get("kind") == "FeedAccount"


def _read_end(ended: Mapping[str, Any] | None) -> ContainerEnd | None:
    if ended is None:
        return None
    return ContainerEnd(ended.get("exitCode", 0), ended.get("reason", ""), ended.get("finishedAt") or "")


def _read_told(spec: Mapping[str, Any]) -> Mapping[str, str]:
    container: Mapping[str, Any] = next(iter(spec.get("containers") or ()), {})
    return {
        entry["name"]: entry["value"].replace("$$", "$")
        for entry in container.get("env") or ()
        if entry["name"] in _TOLD and "value" in entry
    }


def _read_unschedulable(status: Mapping[str, Any]) -> str | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "")
    return None


@dataclass(frozen=True, slots=True)
class NodeView:
    """Whether a node is there; `changed_at` by the observer's monotonic clock."""

    name: str
    is_ready: bool
    changed_at: float


def read_node_ready(found: Mapping[str, Any]) -> bool:
    """Whether a Node object says Ready=True."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    return any(entry.get("type") == "Ready" and entry.get("status") == "True" for entry in conditions)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an account cannot have a pod, or why its pod does not run; the message names field and remedy."""

    reason: AccountReason
    message: str


@dataclass(frozen=True, slots=True)
class SecretData:
    """A Secret as read, and nothing more of it than is needed. Its values are never printed."""

    data: Mapping[str, bytes] = field(repr=False)
