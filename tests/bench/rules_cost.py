"""How long the chart's rules take for 100 subscriptions of two accounts, by Prometheus' own figures.

The real Prometheus scrapes pages of the real collectors each 15 s. Before that it has an hour of all that
rules read and, a sample a minute, the window of what budgets are reckoned from. Once all is well, once every
feed is down in an open market. Each group is evaluated each 15 s here, and its time counts by its interval in
the chart. Takes half an hour.

    python -m tests.bench.rules_cost               measure, print, write docs/results and docs/monitoring.md
    python -m tests.bench.rules_cost --docs        only update docs/monitoring.md from that file
    python -m tests.bench.rules_cost --try         few feeds, days and evaluations: prints, and writes nothing
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress
from monitoring.rendering import COMMON, fill_group, list_groups
from monitoring.sources import read_recordings
from tests.bench.pages import RESULTS, ROOT, build_table, describe_run, tell_run, write_part, write_result
from tests.kit.market_day import pages
from tests.kit.market_day.blocks import EVERY_S, Rhythm, serve, write_parts
from tests.kit.market_day.live import Pages, serve_pages
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.kit.market_day.pages import Sample
    from tests.kit.prometheus import Prometheus

RESULT: Final = RESULTS / "rules_cost.json"
PAGE: Final = ROOT / "docs" / "monitoring.md"
PART: Final = "cost of rules"
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 24 * 3600
PER_BLOCK_S: Final = 54 * HOUR_S
"""As long as Prometheus makes them itself where it keeps a month; whole ones are not compacted meanwhile."""
EVERY: Final = f"{EVERY_S}s"
OPEN: Final = "mds_operator_market_open"
PATIENCE_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Size:
    feeds: int
    per_feed: int
    days: int
    evaluations: int


WHOLE: Final = Size(feeds=100, per_feed=2, days=int(str(COMMON["window"]).removesuffix("d")), evaluations=20)
TRIED: Final = Size(feeds=3, per_feed=2, days=2, evaluations=2)


def measure(size: Size) -> dict[str, Any]:
    found = describe_run("tests.bench.rules_cost", []) | asdict(size)
    workshop = open_workshop(Progress(sys.stderr))
    promtool, program = (obtain_program(PROGRAMS[name], workshop) for name in ("promtool", "prometheus"))
    well, down = list_samples(size)
    begin = (int(time.time()) - size.days * DAY_S) // PER_BLOCK_S * PER_BLOCK_S
    rhythm = Rhythm(begin=begin, longest_block=f"{PER_BLOCK_S // HOUR_S}h")
    shown = Pages(well, rhythm)
    with tempfile.TemporaryDirectory() as name, serve_pages(shown) as address:
        folder = Path(name)
        write_history(promtool, folder, well, rhythm)
        (folder / "rules.yml").write_text(json.dumps({"groups": list_often()}))
        settings = build_settings(address, shown.list_targets(well))
        with serve(program, folder / "blocks", settings, retention=f"{size.days + 3}d") as prometheus:
            targets = size.feeds * size.per_feed + 1
            wait_until_one(prometheus, f"sum(up) == {targets}")
            took = {"well": watch(prometheus, size.evaluations)}
            shown.show(down)
            wait_until_one(
                prometheus,
                f'count(ALERTS{{alertname="MdsFeedDown", alertstate="firing"}}) == {size.feeds}',
            )
            took["every feed down"] = watch(prometheus, size.evaluations)
            series = prometheus.ask("status/tsdb")["headStats"]["numSeries"]
    return found | {"series": series, "every_s": list_intervals(), "took_s": took}


def list_samples(size: Size) -> tuple[list[Sample], list[Sample]]:
    """While all is well, and while every feed is down in an open market."""
    feeds = pages.list_feeds(size.feeds, size.per_feed)
    well, trouble = (
        [sample for sample in pages.scrape(feeds, trouble=trouble) if "instance" in sample.labels]
        for trouble in (False, True)
    )
    is_open = [sample for sample in well if sample.name == OPEN]
    return well, [sample for sample in trouble if sample.name != OPEN] + is_open


def list_intervals() -> dict[str, int]:
    """By group, how often it is evaluated where a Prometheus does so each 15 s."""
    found = {name: str(group.get("interval", EVERY)) for name, group in list_groups().items()}
    units = {"s": 1, "m": MINUTE_S}
    return {name: int(every[:-1]) * units[every[-1]] for name, every in found.items()}


def list_often() -> list[dict[str, Any]]:
    return [fill_group(name) | {"interval": EVERY} for name in list_groups()]


def build_settings(address: str, targets: Sequence[dict[str, str]]) -> str:
    by_job = defaultdict(list)
    for number, labels in enumerate(targets):
        path = {"__metrics_path__": f"/{number}"}
        by_job[labels["job"]].append({"targets": [address], "labels": labels | path})
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": EVERY, "evaluation_interval": EVERY},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {"job_name": job, "honor_labels": True, "static_configs": found}
                for job, found in by_job.items()
            ],
        }
    )


# --- history


def write_history(promtool: Path, folder: Path, samples: Sequence[Sample], rhythm: Rhythm) -> None:
    """The last hour follows the long history, so that no two blocks overlap."""
    minutely = list(record_by_pod(samples))
    rarely = replace(rhythm, every_s=MINUTE_S)
    count = (int(time.time()) - HOUR_S - rhythm.begin) // MINUTE_S
    per_block = PER_BLOCK_S // MINUTE_S
    each_minute = [replace(sample, value=sample.value * MINUTE_S / EVERY_S) for sample in minutely]
    parts = [range(begin, min(begin + per_block, count)) for begin in range(0, count, per_block)]
    for number in write_parts(promtool, folder, each_minute, parts, rarely):
        print(f"rules_cost: {number} of {len(parts)} long blocks are written", file=sys.stderr)

    read = set(re.findall(r"mds_\w+", str(list_often())))
    often = minutely + [sample for sample in samples if sample.name in read]
    begin, end = (count * MINUTE_S // EVERY_S, (int(time.time()) - rhythm.begin) // EVERY_S)
    for _ in write_parts(promtool, folder, often, [range(begin, end)], rhythm):
        print("rules_cost: the last hour is written", file=sys.stderr)


def record_by_pod(samples: Iterable[Sample]) -> Iterable[Sample]:
    """What `SloLong` records of each process, by its own expressions, per scrape."""
    found = [rule for group in read_recordings() for rule in group.rules]
    sources = {
        source[1]: rule.record
        for rule in found
        if rule.record.startswith("mds:pod_") and (source := re.search(r"(mds_\w+)", rule.expr))
    }
    sums = defaultdict[tuple[str, str, str, str], float](float)
    for sample in samples:
        if sample.name in sources:
            of = sample.labels
            sums[sources[sample.name], of["namespace"], of["subscription"], of["pod"]] += sample.value
    for (record, namespace, subscription, pod), value in sums.items():
        labels = {"namespace": namespace, "subscription": subscription, "pod": pod}
        yield pages.Sample(record, labels, value, grows=True)


# --- looking


def wait_until_one(prometheus: Prometheus, expr: str) -> None:
    wait_until(expr, lambda: prometheus.query(expr), within_s=PATIENCE_S, every_s=5)


def watch(prometheus: Prometheus, evaluations: int) -> dict[str, list[float]]:
    """By group, how long its next evaluations take, in seconds."""
    known = {group["name"]: group["lastEvaluation"] for group in list_evaluated(prometheus)}
    took: dict[str, list[float]] = {name: [] for name in known}

    def look() -> int:
        for group in list_evaluated(prometheus):
            if group["lastEvaluation"] != known[group["name"]]:
                known[group["name"]] = group["lastEvaluation"]
                took[group["name"]].append(group["evaluationTime"])
        return min(map(len, took.values()))

    wait_until("evaluations", look, lambda seen: seen >= evaluations, within_s=PATIENCE_S, every_s=2)
    return {name: found[:evaluations] for name, found in took.items()}


def list_evaluated(prometheus: Prometheus) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = prometheus.ask("rules", exclude_alerts="true")["groups"]
    failed = [rule for group in groups for rule in group["rules"] if rule.get("lastError")]
    assert failed == [], failed
    return groups


# --- telling


def build_part(found: dict[str, Any]) -> str:
    rows = [
        row for state, took in found["took_s"].items() for row in _build_rows(state, took, found["every_s"])
    ]
    headings = ("feeds", "groups", "evaluated each", "p50", "longest", "share of the interval, at most")
    told = (
        f"{found['feeds']} subscriptions with {found['per_feed']} accounts each, {found['series']:,} series, "
        f"budgets over {found['days']} days; {found['evaluations']} evaluations of each group."
    )
    return "\n\n".join((build_table(headings, rows), told, tell_run(found, RESULT)))


def _build_rows(state: str, took: dict[str, list[float]], every_s: dict[str, int]) -> list[tuple[str, ...]]:
    rows, shares = [], []
    for interval in sorted(set(every_s.values())):
        groups = [took[name] for name in took if every_s[name] == interval]
        sums = [sum(round_) for round_ in zip(*groups, strict=True)]
        shares.append([each / interval for each in sums])
        rows.append((state, str(len(groups)), f"{interval} s", *_tell(sums, interval)))
    whole = [sum(round_) for round_ in zip(*shares, strict=True)]
    return [*rows, (state, str(len(took)), "all together", "", "", f"{max(whole):.1%}")]


def _tell(sums_s: Sequence[float], interval_s: int) -> tuple[str, str, str]:
    longest = max(sums_s)
    median = statistics.median(sums_s)
    return f"{median * 1000:.0f} ms", f"{longest * 1000:.0f} ms", f"{longest / interval_s:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--docs", action="store_true", help="only update the page")
    what.add_argument("--try", action="store_true", dest="tried", help="small, and write nothing")
    chosen = parser.parse_args()
    if chosen.tried:
        print(build_part(measure(TRIED)))
        return
    if not chosen.docs:
        RESULTS.mkdir(parents=True, exist_ok=True)
        write_result(RESULT, measure(WHOLE))
    write_part(PAGE, PART, RESULT, build_part)
    print(PAGE.read_text().partition(f"<!-- begin generated: {PART} -->\n")[2].partition("<!--")[0])


if __name__ == "__main__":
    main()
