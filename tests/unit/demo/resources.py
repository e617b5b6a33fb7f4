"""The two resources as the API server answers them, with what the demo reads."""

from __future__ import annotations

from typing import Any


def condition(kind: str, status: str, reason: str = "Reason") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": f"{reason}, in a sentence."}


def account(name: str = "ctp-a", *, priority: int = 100, **status: Any) -> dict[str, Any]:
    found = {
        "phase": "Streaming",
        "role": "Active",
        "health": "Healthy",
        "reason": "Active",
        "podName": f"{name}-1f3c9",
        "restarts": {"count": 2},
        "conditions": [condition("Accepted", "True"), condition("Ready", "True", "Active")],
    }
    return {"metadata": {"name": name}, "spec": {"priority": priority}, "status": found | status}


def subscription(**status: Any) -> dict[str, Any]:
    found = {
        "activeAccount": "ctp-a",
        "nextAccount": "ctp-b",
        "coverage": "320/320",
        "failoverCount": 3,
        "epoch": 4,
        "conditions": [condition("Ready", "True", "Active"), condition("Redundant", "True", "Redundant")],
    }
    return {"metadata": {"name": "futures"}, "spec": {}, "status": found | status}
