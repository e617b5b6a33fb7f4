"""What a scrape each second costs one gateway: ticks a second with and without, and the loop's time for it.

    python -m tests.bench.gateway_scrape [--pairs 20] [--seconds 5] [--rate 20000] [--contracts 1000]
    python -m tests.bench.gateway_scrape --docs     only update docs/figures.md

One gateway that is offered more than it can take; periods with and without a scraper take turns, each pair
the other way round than the one before. The loop's time is taken in this process, as the page is made in one
step: of a gateway that has a whole market and everything to show, by the CPU time of its thread. Writes
docs/results/gateway_scrape.json.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import generate_latest

from mds_gateway.domain.exchange_time import FrontTime
from mds_gateway.domain.login import Answer, Side
from tests.bench import pages
from tests.bench.longest_step import CONTRACTS, build_raw, build_rig
from tests.bench.rig import ACCOUNT, open_rig, open_server
from tests.kit.ports import claim_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.bench.rig import Rig

RESULT: Final = pages.RESULTS / "gateway_scrape.json"
PAGE: Final = pages.ROOT / "docs" / "figures.md"
PART: Final = "scrape"
WARM_UP_S: Final = 3.0
SCRAPE_EVERY_S: Final = 1.0
LOOP_SCRAPES: Final = 500
BAR_RATIO: Final = 0.99
BAR_LOOP_MS: Final = 20
REQUEST: Final = b"GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n"


# --- ticks a second


async def measure_pairs(asked: argparse.Namespace) -> dict[str, Any]:
    answers_ms: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        port = claim_port(holder := _Holder())
        async with (
            open_server(Path(name)) as (server, client),
            open_rig(server, client, asked.rate, asked.contracts, "--no-rate-rule", http_port=port) as rig,
        ):
            await rig.publish()
            await asyncio.sleep(WARM_UP_S)
            pairs = []
            for number in range(asked.pairs):
                pair = {}
                for scraped in (False, True) if number % 2 else (True, False):
                    async with scraping(port, answers_ms) if scraped else contextlib.nullcontext():
                        pair["scraped" if scraped else "alone"] = await count_stored(rig, asked.seconds)
                pairs.append(pair)
                print(f"pair {number}: {pair}", file=sys.stderr)
        del holder
    return {"pairs": pairs, "answers_ms": answers_ms}


class _Holder:
    """Keeps the port for as long as the gateway lives."""


async def count_stored(rig: Rig, seconds: float) -> float:
    """Ticks a second that the stream acknowledged, by two heartbeats."""
    before = rig.operator.heard[ACCOUNT]
    await asyncio.sleep(seconds)
    after = rig.operator.heard[ACCOUNT]
    return (after.heartbeat.counters.acked - before.heartbeat.counters.acked) / (after.at - before.at)


@contextlib.asynccontextmanager
async def scraping(port: int, answers_ms: list[float]) -> AsyncIterator[None]:
    task = asyncio.create_task(scrape_on(port, answers_ms))
    try:
        yield
    finally:
        task.cancel()


async def scrape_on(port: int, answers_ms: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await reader.read()
        writer.close()
        answers_ms.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(begun + SCRAPE_EVERY_S - time.perf_counter())


# --- the loop's time


async def measure_loop(folder: Path, scrapes: int) -> dict[str, Any]:
    """Of a gateway with a whole market: each contract ticked, and what lacks ticks is counted."""
    rig = build_rig(folder)
    account, day = rig.running.account, datetime.now(UTC).strftime("%Y%m%d")
    account.on_connected(Side.MARKET_DATA)
    account.on_login(Side.MARKET_DATA, Answer(0, ""), FrontTime(day, "09:30:00"))
    rig.edit(0)
    rig.load(rig.table)
    await rig.until_in_force()
    for contract in rig.table[::2]:
        rig.running.handoff.put(build_raw(contract.symbol))
    for exchange, product in {(contract.exchange, contract.product) for contract in rig.table}:
        account.on_status(exchange, product, "2")
    await rig.gateway.covering.count()
    rig.gateway.metrics.on_heartbeat(rig.gateway.beating.compose(), time.monotonic())
    took_ms, text = [], b""
    for _ in range(scrapes):
        begun = time.thread_time()
        text = generate_latest(rig.registry)
        took_ms.append((time.thread_time() - begun) * 1000)
        await asyncio.sleep(0)
    return {
        "loop_ms": took_ms,
        "series": sum(not line.startswith(b"#") for line in text.splitlines()),
        "bytes": len(text),
    }


# --- reporting


def build_table(result: dict[str, Any]) -> str:
    pairs, loop = result["pairs"], sorted(result["loop"]["loop_ms"])
    answers = sorted(result["answers_ms"])
    ratios = sorted(pair["scraped"] / pair["alone"] for pair in pairs)
    alone, scraped = (statistics.median(pair[name] for pair in pairs) for name in ("alone", "scraped"))
    rows = [
        ("ticks/s without a scraper, median", f"{alone:,.0f}", ""),
        ("ticks/s with a scrape each second, median", f"{scraped:,.0f}", ""),
        (
            f"their ratio, median of {len(pairs)} pairs (lowest to highest)",
            f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})",
            f"≥ {BAR_RATIO}",
        ),
        (
            f"the loop's time for a page of {result['loop']['series']:,} series, p50 / p99 / longest, CPU ms",
            f"{find(loop, 0.5):.1f} / {find(loop, 0.99):.1f} / {loop[-1]:.1f}",
            f"p99 ≤ {BAR_LOOP_MS}",
        ),
        (
            "until the scraper had the page, under that load, p50 / p99 / longest, ms",
            f"{find(answers, 0.5):.1f} / {find(answers, 0.99):.1f} / {answers[-1]:.1f}",
            "",
        ),
    ]
    asked = result["asked"]
    offered = f"{asked['rate']:,} ticks/s offered over {asked['contracts']:,} contracts"
    return "\n".join(
        [
            pages.build_table(("what", "measured", "bar"), rows),
            "",
            f"{offered}, {asked['seconds']:g} s a period; the page is that of {CONTRACTS:,} contracts.",
            pages.tell_run(result["made"], RESULT),
        ]
    )


def find(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--contracts", type=int, default=1000)
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    if not asked.docs:
        made = pages.describe_run("tests.bench.gateway_scrape", sys.argv[1:])
        found = asyncio.run(measure_pairs(asked))
        with tempfile.TemporaryDirectory() as folder:
            found["loop"] = asyncio.run(measure_loop(Path(folder), LOOP_SCRAPES))
        pages.write_result(RESULT, {"made": made, "asked": vars(asked), **found})
    pages.write_part(PAGE, PART, RESULT, build_table)


if __name__ == "__main__":
    main()
