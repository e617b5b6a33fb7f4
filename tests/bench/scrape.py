"""What one scrape of the operator costs: looking, and writing the page, by how many subscriptions it leads.

CPU time of one process, as the operator's loop does nothing else meanwhile. Each subscription has everything
that it can have at once.

    python -m tests.bench.scrape           measure, print, write docs/results and docs/operator.md
    python -m tests.bench.scrape --docs    only update docs/operator.md from that file
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any, Final

from tests.bench.pages import RESULTS, ROOT, build_table, write_part, write_result
from tests.bench.tick_cost import describe_machine, read_commit
from tests.unit.operator.metrics.leading import Leading

RESULT: Final = RESULTS / "scrape.json"
PAGE: Final = ROOT / "docs" / "operator.md"
PART: Final = "scrapes"
CROWDS: Final = ((1, 2), (50, 2), (250, 2), (500, 1))
"""Subscriptions, and accounts of each."""
ROUNDS: Final = 15


def measure() -> dict[str, Any]:
    return {
        "commit": read_commit(),
        "machine": describe_machine(),
        "crowds": [_measure_crowd(feeds, per_feed) for feeds, per_feed in CROWDS],
    }


def _measure_crowd(feeds: int, per_feed: int) -> dict[str, Any]:
    leading = Leading(feeds=feeds, per_feed=per_feed)
    leading.fill()
    page = leading.scrape()
    took_ms = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        leading.scrape()
        took_ms.append((time.process_time() - begun) * 1000)
    series = sum(not line.startswith("#") for line in page.splitlines())
    return {
        "subscriptions": feeds,
        "accounts": feeds * per_feed,
        "series": series,
        "kilobytes": round(len(page) / 1000),
        "took_ms": took_ms,
    }


def build_part(found: dict[str, Any]) -> str:
    rows = [
        (
            f"{crowd['accounts']:,}",
            f"{crowd['subscriptions']:,}",
            f"{crowd['series']:,}",
            f"{crowd['kilobytes']:,} kB",
            f"{statistics.median(crowd['took_ms']):.0f} ms",
            f"{max(crowd['took_ms']):.0f} ms",
        )
        for crowd in found["crowds"]
    ]
    return build_table(("accounts", "subscriptions", "series", "page", "p50", "the longest of 15"), rows)


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
