"""What libFuzzer says at its end, and the page's table of it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages

if TYPE_CHECKING:
    from pathlib import Path

PART: Final = "fuzz"
HEADINGS: Final = ("target", "seconds", "inputs", "edges of our code", "kept inputs", "found")
_PROGRESS: Final = re.compile(
    r"#\d+\t(?:DONE|NEW|REDUCE|pulse|INITED|RELOAD) +cov: (\d+) ft: \d+ corp: (\d+)"
)
_RUNS: Final = re.compile(r"stat::number_of_executed_units: (\d+)")


def read_stats(said: str) -> dict[str, int]:
    """Zeros where it ended before it said anything."""
    progress, runs = _PROGRESS.findall(said), _RUNS.findall(said)
    edges, kept = progress[-1] if progress else (0, 0)
    return {"runs": int(runs[-1]) if runs else 0, "edges": int(edges), "kept": int(kept)}


def build_table(result: dict[str, Any], where: Path) -> str:
    rows = [
        (
            one["target"],
            str(one["seconds"]),
            f"{one['runs']:,}",
            str(one["edges"]),
            str(one["kept"]),
            "something" if one["found"] else "nothing",
        )
        for one in result["targets"]
    ]
    return "\n".join([pages.build_table(HEADINGS, rows), "", pages.tell_run(result["made"], where)])
