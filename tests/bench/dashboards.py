"""How long the queries of the dashboards take, over a day of 50 accounts, scraped each 15 s.

The pages are those of the collectors themselves, the Prometheus is the real one. A query runs as by Grafana,
for now or over the time that is shown. To make the day takes a quarter of an hour.

    python -m tests.bench.dashboards           measure, print, write docs/results and docs/monitoring.md
    python -m tests.bench.dashboards --docs    only update docs/monitoring.md from that file
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress
from tests.bench.pages import RESULTS, ROOT, build_table, describe_run, tell_run, write_part, write_result
from tests.kit.market_day import pages
from tests.kit.market_day.blocks import BEGIN, EVERY_S, serve, write_parts
from tests.unit.monitoring.drawn import fill, list_panels, read_dashboards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit.prometheus import Prometheus
    from tests.unit.monitoring.drawn import Drawn

RESULT: Final = RESULTS / "dashboards.json"
PAGE: Final = ROOT / "docs" / "monitoring.md"
PART: Final = "query times"
FEEDS, PER_FEED = 25, 2
HOUR: Final = 3600
DAY: Final = 24 * HOUR
PER_BLOCK: Final = 2 * HOUR // EVERY_S
SHOWN: Final = {"3 h": 3 * HOUR, "24 h": DAY}
ROUNDS: Final = 5
POINTS: Final = 800
"""As many as a panel has pixels, about."""
CHOSEN: Final = {"namespace": "desk", "subscription": "futures", "account": "ctp-a"}
CHOSEN_OF: Final = {name: {} if name == "overview" else CHOSEN for name in read_dashboards()}
"""On the overview all desks."""


def measure() -> dict[str, Any]:
    found = describe_run("tests.bench.dashboards", [])
    workshop = open_workshop(Progress(sys.stderr))
    promtool, program = (obtain_program(PROGRAMS[name], workshop) for name in ("promtool", "prometheus"))
    with tempfile.TemporaryDirectory() as folder:
        series = write_day(promtool, Path(folder))
        with serve(program, Path(folder) / "blocks") as prometheus:
            took = {
                shown: {
                    f"{drawn.title}, {target['refId']}": time_query(prometheus, drawn, target["expr"], span_s)
                    for drawn in list_panels()
                    for target in drawn.targets
                }
                for shown, span_s in SHOWN.items()
            }
    return found | {"series": series, "took_ms": took}


def write_day(promtool: Path, folder: Path) -> int:
    """Return how many series there are."""
    samples = list(pages.scrape(pages.list_feeds(FEEDS, PER_FEED), trouble=False))
    begins = range(0, DAY // EVERY_S, PER_BLOCK)
    parts = [range(begin, begin + PER_BLOCK) for begin in begins]
    for number in write_parts(promtool, folder, samples, parts):
        print(f"dashboards: {2 * number} of 24 h are written", file=sys.stderr)
    return len(samples)


def time_query(prometheus: Prometheus, drawn: Drawn, expr: str, span_s: int) -> list[float]:
    """Milliseconds, a round each; what is asked once is the first."""
    step = max(EVERY_S, span_s // POINTS)
    spans = {"__interval": f"{step}s", "__range": f"{span_s}s"}
    spans["__rate_interval"] = f"{max(step + EVERY_S, 4 * EVERY_S)}s"
    query, end = fill(expr, CHOSEN_OF[drawn.dashboard] | spans), BEGIN + DAY - 1
    if drawn.targets[0]["instant"]:
        asked: Mapping[str, str] = {"query": query, "time": str(end)}
    else:
        asked = {"query": query, "start": str(end - span_s), "end": str(end), "step": str(step)}
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        prometheus.ask("query" if "time" in asked else "query_range", **asked)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def build_part(found: dict[str, Any]) -> str:
    rows = []
    for name in read_dashboards():
        for shown, all_ in found["took_ms"].items():
            of_this = {key: took for key, took in all_.items() if key.startswith(f"{name}: ")}
            rows.append((f"`mds-{name}`", shown, *_tell(of_this)))
    headings = ("dashboard", "shown", "queries", "median", "slowest", "which")
    told = f"{found['series']:,} series of {FEEDS * PER_FEED} accounts, a day, scraped each {EVERY_S} s."
    return "\n\n".join((build_table(headings, rows), told, tell_run(found, RESULT)))


def _tell(took: Mapping[str, list[float]]) -> tuple[str, ...]:
    """Of each query the median of its rounds."""
    medians = {key: statistics.median(rounds) for key, rounds in took.items()}
    slowest = max(medians, key=lambda key: medians[key])
    name = slowest.partition(": ")[2].rpartition(",")[0]
    middle = statistics.median(medians.values())
    return str(len(medians)), f"{middle:.0f} ms", f"{medians[slowest]:.0f} ms", name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="only update the page")
    if not parser.parse_args().docs:
        RESULTS.mkdir(parents=True, exist_ok=True)
        write_result(RESULT, measure())
    write_part(PAGE, PART, RESULT, build_part)
    print(PAGE.read_text().partition(f"<!-- begin generated: {PART} -->\n")[2].partition("<!--")[0])


if __name__ == "__main__":
    main()
