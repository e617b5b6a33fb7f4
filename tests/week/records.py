"""What was seen around a boundary, and the file that a run writes after each, from which the next goes on."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster.records import write_whole
from tests.bench.moves import has_changes
from tests.bench.tick_cost import describe_machine, read_commit
from tests.chaos.results import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RESULT: Final = ROOT / "docs" / "results" / "week.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An object's columns and conditions."""

    ready: str
    reason: str
    conditions: dict[str, str]
    """By type, `status reason`."""
    role: str = ""
    health: str = ""
    active: str = ""
    next: str = ""
    coverage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """At one moment of the exchange."""

    at: str
    accounts: dict[str, Row]
    subscription: Row
    opened: dict[str, list[str]]
    """By account, the exchanges that its trading front calls open."""
    days: dict[str, str | None]
    """By account, the trading day of its login."""
    canaries: dict[str, dict[str, tuple[str, int | None]]]
    """By account and canary, whether its product trades and the age of its newest tick in ms."""
    ticks: dict[str, int]
    """Stored on this side of the boundary, by exchange; what a front repeats at a login is left out."""
    tick_days: list[str]
    """The trading days that these name."""
    printed: str = ""
    """What kubectl prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One stay: from the end of the one before until its own."""

    boundary: str
    taken: str
    before: Look | None = None
    after: Look | None = None
    moves: list[str] = field(default_factory=list)
    """Who took the feed, in order, by what the stream holds."""
    reasons: list[str] = field(default_factory=list)
    """`status.failovers` of these moves, in order."""
    restarts: list[str] = field(default_factory=list)
    """Accounts whose pod is another one, or whose container was started again."""
    events: list[str] = field(default_factory=list)
    """`type reason object: message`"""
    counts: dict[str, int] = field(default_factory=dict)
    """Of all that was stored since the one before."""
    settled_s: float = 0.0
    """From the jump until accounts and subscription were as before it."""
    full_s: float | None = None
    """From an expiry or a listing until the coverage was right."""
    problem: str = ""


@dataclass(slots=True)
class Results:
    """All records of the same images."""

    path: Path
    facts: dict[str, Any]
    records: list[Record] = field(default_factory=list)

    def has(self, boundary: str) -> bool:
        return any(one.boundary == boundary for one in self.records)

    def add(self, record: Record) -> None:
        self.records = [one for one in self.records if one.boundary != record.boundary] + [record]
        self.facts["took_until"] = tell_now()
        self.facts["load_average"]["after"] = os.getloadavg()
        whole = self.facts | {"records": [asdict(one) for one in self.records]}
        write_whole(self.path, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def resume(path: Path, images: Sequence[str]) -> Results:
    """What was seen with these images goes on; what was seen with others is not mixed in."""
    facts = _describe_run() | {"images": list(images)}
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["images"] == facts["images"]:
            return Results(path, {name: kept[name] for name in kept if name != "records"}, read_records(kept))
    return Results(path, facts)


def read_records(result: dict[str, Any]) -> list[Record]:
    return [
        Record(**one | {side: one[side] and _read_look(one[side]) for side in ("before", "after")})
        for one in result["records"]
    ]


def _read_look(found: dict[str, Any]) -> Look:
    rows = {name: Row(**row) for name, row in found["accounts"].items()}
    canaries = {
        name: {one: tuple(said) for one, said in of.items()} for name, of in found["canaries"].items()
    }
    return Look(
        **found | {"accounts": rows, "canaries": canaries, "subscription": Row(**found["subscription"])}
    )


def _describe_run() -> dict[str, Any]:
    return {
        "command": " ".join(["python -m tests.bench.week", *sys.argv[1:]]),
        "at": tell_now(),
        "took_until": tell_now(),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_average": {"before": os.getloadavg(), "after": os.getloadavg()},
    }


def tell_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
