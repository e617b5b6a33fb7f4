"""The first day of an operator, walked by the list, with what the stream held beside each line.

    python -m tests.bench.first_day                    all steps; goes on where it was interrupted
    python -m tests.bench.first_day --steps nats,ghost
    python -m tests.bench.first_day --docs             only write the page anew

On a cluster of its own, which does nothing else. Writes docs/results/first-day.json after every step, and the
page beside it at the end. A run on other images begins anew; on the same ones, remove the file for that. Exit
code 0: nothing contradicts; 1: something does; 2: not all was walked.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from mds_devcluster import clusters
from mds_devcluster.building import open_workshop
from mds_devcluster.progress import Progress
from tests.bench.chaos import open_own_ground
from tests.bench.walks import build_parser, read_names
from tests.chaos.ground import NAMESPACE
from tests.e2e.evidence import collect
from tests.e2e.ground import HOME
from tests.e2e.simulation import Pace
from tests.first_day.page import build_page
from tests.first_day.results import RESULT, Results, list_faults, resume
from tests.first_day.steps import STEPS, is_walkable
from tests.first_day.walking import settle, walk

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tests.chaos.ground import Ground
    from tests.first_day.walking import Step

CLUSTER: Final = "first-day"
LOGINS: Final = tuple(
    f"9999:{name}:secret-of-{name}:mds_e2e_1.0:0000" for name in ("ctp-a", "ctp-b", "ctp-c", "ctp-d", "ctp-e")
)
"""As build_secret has them: a wrong password is one here."""
PACE: Final = Pace(contracts=200, rate=400, logins=LOGINS)
"""So slow that the stream of the faults holds the longest step twice over."""
PROBLEM_SHOWN: Final = 300  # characters
NAMES: Final = [step.name for step in STEPS]


def run(ground: Ground, steps: Sequence[Step], results: Results, until: float, folder: Path) -> None:
    for step in steps:
        if not results.wants(step.name):
            continue
        if time.monotonic() > until:
            print("the time is up; the same command goes on from here", file=sys.stderr)
            return
        walked = walk_one(ground, step, folder)
        results.add(walked)
        faults = list_faults(walked)
        print(f"{step.name}: {'; '.join(faults) or 'ok'}", flush=True)


def walk_one(ground: Ground, step: Step, folder: Path) -> dict[str, Any]:
    """A step that cannot be walked is kept as one; what a person would look at is collected."""
    if not is_walkable(step):
        return {"step": step.name, "title": step.title, "problem": "the calendar says open: walk it at night"}
    try:
        return walk(ground, step)
    except (AssertionError, OSError, pytest.fail.Exception) as problem:
        where = collect(ground.kube, [HOME, NAMESPACE], folder / step.name)
        print(f"  {step.name}: evidence in {where}", file=sys.stderr)
        settle(ground)
        return {"step": step.name, "title": step.title, "problem": f"{problem}"[:PROBLEM_SHOWN]}


def main() -> int:
    chosen = _parse()
    if not chosen.docs:
        workshop = open_workshop(Progress(sys.stderr))
        folder = Path(tempfile.mkdtemp(prefix="mds-first-day-"))
        with open_own_ground(chosen.cluster, workshop, folder, PACE) as ground:
            until = time.monotonic() + chosen.minutes * 60
            results = resume(chosen.result, [image.archive.stem for image in ground.images.values()])
            run(ground, chosen.steps, results, until, folder)
        if not chosen.keep:
            clusters.take_down(chosen.cluster, workshop)
    return conclude(chosen.result)


def conclude(path: Path) -> int:
    """Writes the page and tells the verdict."""
    result = json.loads(path.read_text())
    path.with_suffix(".md").write_text(build_page(result, NAMES))
    faults = {step["step"]: list_faults(step) for step in result["steps"]}
    for name, told in faults.items():
        print(f"{name}: {len(told)} contradict" if told else f"{name}: ok")
    walked = {step["step"] for step in result["steps"] if "problem" not in step}
    missing = [name for name in NAMES if name not in walked]
    lies = any(told for name, told in faults.items() if name in walked)
    verdict = "lines contradict the stream" if lies else "no line contradicts the stream"
    print(f"first day: {verdict}" + (f"; not walked: {', '.join(missing)}" if missing else ""))
    return 1 if lies else 2 if missing else 0


def _parse() -> argparse.Namespace:
    parser = build_parser(__doc__, CLUSTER, 20.0, RESULT, "step")
    steps = read_names({step.name: step for step in STEPS}, ",")
    parser.add_argument("--steps", type=steps, default=STEPS, help="names with commas; default: all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
