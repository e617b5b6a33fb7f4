"""The two resources as `kubectl get` shows them, from their JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE: Final = "True"


@dataclass(frozen=True, slots=True)
class Account:
    """Empty: the operator has not said it yet."""

    name: str
    ready: str
    role: str
    health: str
    priority: int
    reason: str
    phase: str
    restarts: int
    pod: str
    message: str

    @property
    def is_well(self) -> bool:
        return self.ready == _TRUE and self.health == "Healthy"


@dataclass(frozen=True, slots=True)
class Subscription:
    name: str
    ready: str
    active: str
    next: str
    coverage: str
    failovers: int
    epoch: int
    reason: str
    message: str
    is_redundant: bool


def parse_account(resource: Mapping[str, Any]) -> Account:
    status = resource.get("status", {})
    return Account(
        name=resource["metadata"]["name"],
        ready=_condition(status, "Ready").get("status", ""),
        role=status.get("role", ""),
        health=status.get("health", ""),
        priority=resource["spec"].get("priority", 0),
        reason=status.get("reason", ""),
        phase=status.get("phase", ""),
        restarts=status.get("restarts", {}).get("count", 0),
        pod=status.get("podName", ""),
        message=_condition(status, "Ready").get("message", ""),
    )


def parse_subscription(resource: Mapping[str, Any]) -> Subscription:
    status = resource.get("status", {})
    ready = _condition(status, "Ready")
    return Subscription(
        name=resource["metadata"]["name"],
        ready=ready.get("status", ""),
        active=status.get("activeAccount", ""),
        next=status.get("nextAccount", ""),
        coverage=status.get("coverage", ""),
        failovers=status.get("failoverCount", 0),
        epoch=status.get("epoch", 0),
        reason=ready.get("reason", ""),
        message=ready.get("message", ""),
        is_redundant=_condition(status, "Redundant").get("status") == _TRUE,
    )


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((each for each in status.get("conditions", ()) if each["type"] == kind), {})
