"""What came of each fault, and the file that a run writes after each, from which the next goes on."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster.monitoring.starting import SCRAPE_EVERY_S
from mds_devcluster.records import write_whole
from tests.alerts.courses import Course
from tests.alerts.telling import GROUP_WAIT_S
from tests.bench.moves import has_changes
from tests.bench.tick_cost import describe_machine, read_commit
from tests.chaos.results import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.alerts.matrix import Case

RESULT: Final = ROOT / "docs" / "results" / "alerts.json"
RULES: Final = ROOT / "helm" / "mds" / "files" / "rules"
TRIES: Final = 3
"""How often a fault is made until the machine did not stand still in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    case: str
    taken: str
    rule: str
    """Which text of the alert it is about."""
    course: Course
    allowed_s: float
    """Within this of the fault it must be received."""
    pages: tuple[str, ...] = ()
    """The critical notifications that the fault brought, by alert."""
    others: tuple[str, ...] = ()
    """What else fired in its namespace meanwhile."""
    still_s: float = 0.0
    """For how long the machine stood still from the fault until it was received, in all."""
    lasts: str = ""
    """Why nobody waited for its end."""
    problem: str = ""

    @property
    def is_void(self) -> bool:
        """It came late, by less than the machine stood still: that is what it says, and another is taken."""
        course = self.course
        if course.received is None:
            return False
        late_s = course.received - course.fault - self.allowed_s
        return 0 < late_s <= self.still_s


@dataclass(slots=True)
class Results:
    """All of the same images; `facts` says where and how they were taken."""

    path: Path
    facts: dict[str, Any]
    records: list[Record] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def wants(self, case: Case) -> bool:
        """What was proved of another text of the rule does not count."""
        rule = sum_rule(case.alert)
        taken = [one for one in self.records if (one.case, one.rule) == (case.name, rule)]
        return all(one.is_void for one in taken) and len(taken) < TRIES

    def add(self, record: Record) -> None:
        with self._lock:
            self.records.append(record)
            self.facts["load_average"]["after"] = os.getloadavg()
            self.facts["took_until"] = tell_now()
            told = self.facts | {"records": [asdict(one) for one in self.records]}
            write_whole(self.path, json.dumps(told, indent=1) + "\n")


def resume(path: Path, images: Sequence[str]) -> Results:
    """What was proved of these images goes on, of others nothing. A failure is tried again."""
    facts = _describe_run() | {"images": list(images)}
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["images"] == facts["images"]:
            records = [one for one in read_records(kept) if not one.problem]
            return Results(path, {name: kept[name] for name in kept if name != "records"}, records)
    return Results(path, facts)


def read_records(result: dict[str, Any]) -> list[Record]:
    return [
        Record(
            **one
            | {"course": Course(**one["course"])}
            | {name: tuple(one[name]) for name in ("pages", "others")}
        )
        for one in result["records"]
    ]


def tell_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def sum_rule(alert: str) -> str:
    """Of what the chart brings for it."""
    return hashlib.sha256((RULES / f"{alert}.yaml").read_bytes()).hexdigest()[:12]


def _describe_run() -> dict[str, Any]:
    return {
        "command": " ".join(["python -m tests.bench.alerts", *sys.argv[1:]]),
        "at": tell_now(),
        "took_until": tell_now(),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_average": {"before": os.getloadavg(), "after": os.getloadavg()},
        "setup": {"every_s": SCRAPE_EVERY_S, "group_wait_s": GROUP_WAIT_S},
    }
