"""Where the time of the last `make test` went: by folder, and each test above ten seconds with its reason.

python -m tests.bench.durations        reads what the run kept, writes docs/results/tests.json
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.tick_cost import describe_machine
from tests.kit.durations import LONG_S, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEPT: Final = ROOT / ".pytest_cache" / "durations"
RESULT: Final = ROOT / "docs" / "results" / "tests.json"
RUNS: Final = ("together", "alone")
FOLDER_PARTS: Final = 3


def summarise(runs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Raises ValueError if the runs were not of one tree."""
    trees = {run["tree"] for run in runs.values()}
    if len(trees) != 1:
        raise ValueError("the runs were of different commits or changes; run `make test` once more")
    commit, *changes = trees.pop().splitlines()
    tests = {name: taken for run in runs.values() for name, taken in run["tests"].items()}
    return {
        "command": "make test",
        "commit": commit,
        "uncommitted": bool(changes),
        "runs": {name: _describe(run) for name, run in runs.items()},
        "folders": _sum_folders(tests),
        "long": [
            {"test": name, "call_s": round(taken["call_s"], 1), "why": taken["why"]}
            for name, taken in sorted(tests.items(), key=lambda item: -item[1]["call_s"])
            if taken["call_s"] > LONG_S
        ],
    }


def _describe(run: Mapping[str, Any]) -> dict[str, Any]:
    began = dt.datetime.fromtimestamp(run["began"], dt.UTC)
    return {
        "at": began.isoformat(timespec="seconds"),
        "took_s": round(run["took_s"], 1),
        "tests": len(run["tests"]),
        "load_average": run["load_average"],
    }


def _sum_folders(tests: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """What fixtures took counts in the folder whose test asked for them first."""
    sums: defaultdict[str, dict[str, float]] = defaultdict(lambda: {"tests": 0, "seconds": 0.0})
    for name, taken in tests.items():
        folder = "/".join(Path(name.partition("::")[0]).parent.parts[:FOLDER_PARTS])
        sums[folder]["tests"] += 1
        sums[folder]["seconds"] += taken["setup_s"] + taken["call_s"] + taken["teardown_s"]
    return {
        folder: {"tests": int(one["tests"]), "seconds": round(one["seconds"], 1)}
        for folder, one in sorted(sums.items())
    }


def main(names: Sequence[str] = RUNS) -> None:
    missing = [name for name in names if not (KEPT / f"{name}.json").exists()]
    if missing:
        sys.exit(f"no durations of {', '.join(missing)} in {KEPT}; run `make test` first")
    runs = {name: json.loads((KEPT / f"{name}.json").read_text()) for name in names}
    try:
        found = summarise(runs) | {"machine": describe_machine()}
    except ValueError as exc:
        sys.exit(str(exc))
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(f"wrote {RESULT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
