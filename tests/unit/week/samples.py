"""Records made by hand: of a boundary, exactly what must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.week.boundaries import BOUNDARIES, FIRST, SECOND, Boundary, Must
from tests.week.records import Look, Record, Row

if TYPE_CHECKING:
    from typing import Any

ZERO = {"lost": 0, "repeated": 0, "disordered": 0, "invented": 0, "late": 0}


def find(name: str) -> Boundary:
    return next(boundary for boundary in BOUNDARIES if boundary.name == name)


def make_record(boundary: Boundary, **changes: Any) -> Record:
    covered = boundary.before.contracts != boundary.after.contracts
    fields: dict[str, Any] = {
        "boundary": boundary.name,
        "taken": "2026-11-28T20:00:00+00:00",
        "before": make_look(boundary.before),
        "after": make_look(boundary.after),
        "moves": list(boundary.moves),
        "restarts": sorted(boundary.restarts),
        "events": ["Normal Active ctp-a: Publishes for at least one subscription."],
        "counts": ZERO | {"stored": 500},
        "full_s": 4.0 if covered else None,
    }
    return Record(**(fields | changes))


def make_look(must: Must, *, subscription: Any = None, accounts: Any = None, **changes: Any) -> Look:
    """`subscription` and `accounts` (by name): what of their rows is otherwise."""
    fields: dict[str, Any] = {
        "at": "2026-09-15T09:00:20+08:00",
        "accounts": {name: _make_row(must, name, (accounts or {}).get(name, {})) for name in (FIRST, SECOND)},
        "subscription": _make_feed(must, subscription or {}),
        "opened": {name: sorted(must.open) for name in (FIRST, SECOND)},
        "days": dict.fromkeys((FIRST, SECOND), must.day),
        "canaries": {name: {"au2612.SHFE": _tell_canary(must)} for name in (FIRST, SECOND)},
        "ticks": dict.fromkeys(must.open, 30),
        "tick_days": [must.day] if must.open else [],
    }
    return Look(**(fields | changes))


def _tell_canary(must: Must) -> tuple[str, int]:
    return ("Open", 900) if "SHFE" in must.open else ("Closed", 50_000)


def _make_row(must: Must, name: str, changes: dict[str, Any]) -> Row:
    role = {FIRST: "Active", SECOND: "Standby"}[name]
    reason = role if must.matters else "MarketClosed"
    fields: dict[str, Any] = {"ready": "True", "reason": reason, "conditions": {}, "role": role}
    return Row(**(fields | {"health": "Healthy" if must.is_up else "Unhealthy"} | changes))


def _make_feed(must: Must, changes: dict[str, Any]) -> Row:
    conditions = {"Redundant": "True Redundant", "Degraded": "False FullCoverage"}
    down = {"Redundant": "Unknown MarketClosed", "Degraded": "Unknown MarketClosed"}
    fields: dict[str, Any] = {
        "ready": "True",
        "reason": "Active" if must.open else "MarketClosed",
        "conditions": (conditions if must.is_up else down) | changes.pop("conditions", {}),
        "active": FIRST,
        "next": SECOND if must.is_up else "",
        "coverage": f"{must.contracts}/{must.contracts}",
    }
    return Row(**(fields | changes))
