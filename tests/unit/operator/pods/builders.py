"""An account with a pod that runs well on a quiet morning; a test says only what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from mds_operator.domain.pod_case import PodCase, Rejection
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.seen import PodView
from mds_protocol.failover.restarts import RestartDecision, RestartStep
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.reasons import RestartReason

NOW: Final = 10_000.0
WALL: Final = datetime(2027, 1, 5, 0, 35, tzinfo=UTC)
"""08:35 in Shanghai, of a Tuesday."""

UID: Final = "uid-of-ctp-a"
HASH: Final = PodHash(spec="a" * 12, secrets="b" * 12, login="c" * 12)

OTHER_SPEC: Final = str(replace(HASH, spec="d" * 12))
OTHER_SECRETS: Final = str(replace(HASH, secrets="d" * 12))
OTHER_LOGIN: Final = str(replace(HASH, login="d" * 12))
REJECTED: Final = Rejection(pod_hash=HASH, message="forbidden by policy", at=NOW - 4.9)

HEALTHY: Final = RestartDecision(restart=False, reason=RestartReason.HEALTHY)
UNHEALTHY: Final = RestartDecision(restart=True, reason=RestartReason.UNHEALTHY)
COOLING: Final = RestartDecision(restart=False, reason=RestartReason.COOLING_DOWN, not_before=NOW + 9.0)


def make_account(*, metadata: Any = None, status: Any = None, **spec: Any) -> FeedAccount:
    """`spec` and `metadata` as in a manifest."""
    found: dict[str, Any] = {
        "apiVersion": "mds.dev/v1alpha1",
        "kind": "FeedAccount",
        "metadata": {"name": "ctp-a", "namespace": "desk", "uid": UID} | (metadata or {}),
        "spec": {
            "gateway": "CTP",
            "ctp": {
                "brokerID": "9999",
                "tradeFronts": ["tcp://front:10201"],
                "marketDataFronts": ["tcp://front:10211"],
            },
            "credentialsSecretRef": {"name": "ctp-a"},
        }
        | spec,
    }
    return FeedAccount.read(found | ({"status": status} if status else {}))


def make_pod(name: str = "ctp-a-11111", **changes: Any) -> PodView:
    fields: dict[str, Any] = {
        "namespace": "desk",
        "name": name,
        "uid": f"uid-of-{name}",
        "account": "ctp-a",
        "owner_uid": UID,
        "spec_hash": str(HASH),
        "phase": "Running",
        "created": "2027-01-04T00:00:00Z",
        "is_ready": True,
        "is_running": True,
        "node": "node-1",
    }
    return PodView(**(fields | changes))


def make_case(**changes: Any) -> PodCase:
    fields: dict[str, Any] = {
        "account": make_account(),
        "pods": (make_pod(),),
        "wanted": True,
        "made_now": HASH,
        "restart": HEALTHY,
    }
    return PodCase(**(fields | changes))


def step(reason: RestartReason, *, restart: bool = True) -> RestartStep:
    return RestartStep("ctp-a", restart=restart, reason=reason)


def lost(seconds: float) -> dict[str, float]:
    return {"node-1": NOW - seconds}
