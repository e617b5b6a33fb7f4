"""The file that a run writes after every step, and from which an interrupted one goes on."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster.records import write_whole
from tests.bench.moves import has_changes
from tests.bench.tick_cost import describe_machine, read_commit
from tests.first_day.judging import judge_events

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]
RESULT: Final = ROOT / "docs" / "results" / "first-day.json"


@dataclass(slots=True)
class Results:
    """All steps on the same images."""

    path: Path
    facts: dict[str, Any]
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)

    def wants(self, name: str) -> bool:
        """A step that could not be walked is walked again."""
        return name not in self.steps or "problem" in self.steps[name]

    def add(self, step: dict[str, Any]) -> None:
        self.steps[step["step"]] = step
        self.facts |= {"took_until": _now(), "load_after": os.getloadavg()}
        whole = self.facts | {"steps": list(self.steps.values())}
        write_whole(self.path, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def resume(path: Path, images: Sequence[str]) -> Results:
    """What was walked on these images goes on; what was walked on others is not mixed in."""
    facts = {
        "command": " ".join(["python -m tests.bench.first_day", *sys.argv[1:]]),
        "at": _now(),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_before": os.getloadavg(),
        "images": list(images),
    }
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["images"] == facts["images"]:
            steps = {step["step"]: step for step in kept.pop("steps")}
            return Results(path, kept, steps)
    return Results(path, facts)


def list_faults(step: dict[str, Any]) -> list[str]:
    """What a step shows that must not be, one line each."""
    if "problem" in step:
        return [f"not walked: {step['problem']}"]
    lies = [f"{one['about']}: {one['text']} ({_span(one)})" for one in step["contradictions"]]
    counts = step["stream"]
    wrong = [
        f"{counts[name]} ticks {name.replace('_', ' ')}"
        for name in ("repeated", "disordered", "invented", "late_stored")
        if counts[name]
    ]
    return [*lies, *judge_events(step["events"]), *wrong, *step["missing"]]


def _span(contradiction: dict[str, Any]) -> str:
    begin, end = contradiction["from_s"], contradiction["until_s"]
    return f"at {begin:g} s" if begin == end else f"{begin:g} to {end:g} s"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
