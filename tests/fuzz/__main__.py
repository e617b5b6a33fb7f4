"""All targets under a coverage-guided fuzzer, as many at a time as there are cores; `make fuzz` runs this.

    python -m tests.fuzz [--seconds 900] [--targets frames,finisher]
    python -m tests.fuzz --docs     only update docs/figures.md

The seconds are those of the whole. What was learnt stays in the cache, so the next run goes on from there; an
input that shows what must not be stays beside it, and is named. Writes docs/results/fuzz.json.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages
from tests.fuzz.seeds import read_seeds
from tests.fuzz.stats import PART, build_table, read_stats
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT: Final = pages.RESULTS / "fuzz.json"
PAGE: Final = pages.ROOT / "docs" / "figures.md"
LEAST_S: Final = 2
LONGEST_INPUT: Final = 20_000  # bytes: above what a tick may have
OPTIONS: Final = (
    *("-print_final_stats=1", "-timeout=20", "-rss_limit_mb=1024", f"-max_len={LONGEST_INPUT}"),
)
STOPPED_AFTER_S: Final = 120
TOLD: Final = 2000  # characters of what it said where it found something


def fuzz(folder: Path, seconds: int, name: str) -> dict[str, Any]:
    corpus, found = folder / "corpus" / name, folder / "found" / name
    for one in (corpus, found):
        one.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        for number, seed in enumerate(read_seeds(name)):
            (Path(seeds) / f"{number:04d}").write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz.run", name, *OPTIONS, f"-max_total_time={seconds}"]
        command += [f"-artifact_prefix={found}/", str(corpus), seeds]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False,
            timeout=seconds + STOPPED_AFTER_S, cwd=pages.ROOT,
        )  # fmt: skip
    stats = read_stats(done.stdout + done.stderr)
    if done.returncode == 0:
        print(f"{name}: {stats['runs']:,} inputs, {stats['edges']} edges", file=sys.stderr)
    else:
        print(f"{done.stdout[-TOLD:]}\n{done.stderr[-TOLD:]}\n{name}: FOUND, in {found}", file=sys.stderr)
    return {"target": name, "seconds": seconds, **stats, "found": done.returncode != 0}


def share_time(seconds: int, targets: int, workers: int) -> int:
    """Return how long each target may take, so that all of them take so long."""
    return max(LEAST_S, seconds * min(workers, targets) // targets)


def run(names: Sequence[str], seconds: int) -> list[dict[str, Any]]:
    folder = Path(os.environ["MDS_CACHE"]) / "fuzz"
    workers = os.cpu_count() or 1
    each = share_time(seconds, len(names), workers)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(partial(fuzz, folder, each), names))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=900, help="of all targets together")
    parser.add_argument("--targets", type=lambda text: text.split(","), default=list(TARGETS))
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    found = False
    if not asked.docs:
        made = pages.describe_run("tests.fuzz", sys.argv[1:])
        result: dict[str, Any] = {"made": made, "targets": run(asked.targets, asked.seconds)}
        print(build_table(result, RESULT))
        if asked.targets == list(TARGETS):
            pages.write_result(RESULT, result)
        found = any(one["found"] for one in result["targets"])
    pages.write_part(PAGE, PART, RESULT, build_part)
    sys.exit(found)


def build_part(result: dict[str, Any]) -> str:
    return build_table(result, RESULT)


if __name__ == "__main__":
    main()
