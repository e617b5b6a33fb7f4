"""A front hands over a tick of each of many contracts at one instant: how long until the last ack.

    python -m tests.bench.burst [--contracts 1000,5000,25000] [--times 5]
    python -m tests.bench.burst --docs     only update docs/figures.md

The instant is the front's one write (`at_ns` of the simulator's answer); an ack is what nats-server sends to
the gateway's inbox, heard beside it by a subscriber of its own. Which sequences are the burst's is read back
from the stream: every contract of it must be there once. Every ack is in docs/results/burst.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages
from tests.bench.histogram import Histogram
from tests.bench.rig import Peer, open_rig, open_server
from tests.kit.reading_back import read_ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mds_simulator.counting.join import Mark
    from mds_simulator.testing import Delivery
    from tests.bench.rig import Rig
    from tests.kit.reading_back import StoredTick

RESULT: Final = pages.RESULTS / "burst.json"
PAGE: Final = pages.ROOT / "docs" / "figures.md"
PART: Final = "burst"
QUIET_RATE: Final = 1  # a second, over all contracts; a contract moves each ten minutes at least
HEADINGS: Final = (
    "contracts",
    "bursts",
    "half, ms",
    "99 %, ms",
    "the last, ms: median (max)",
    "ticks/s",
    "lost",
    "conflated",
)


def judge(
    sent: set[Mark], stored: Iterable[StoredTick], at_ns_by_sequence: Mapping[int, int], begun_ns: int
) -> tuple[Histogram, int]:
    """Return how long each tick took to its ack, and how many of the burst have none."""
    found = Histogram()
    for tick in stored:
        at_ns = at_ns_by_sequence.get(tick.sequence)
        if tick.mark in sent and at_ns is not None:
            found.add((at_ns - begun_ns) // 1000)
    return found, len(sent) - found.samples


def find_burst(delivered: Sequence[Delivery]) -> set[Mark]:
    """Return what the front handed over in its largest write: the market goes on beside it."""
    writes = Counter(one.at_ns for one in delivered)
    largest_ns = max(writes, key=lambda at_ns: writes[at_ns])
    return {(one.contract, one.serial) for one in delivered if one.at_ns == largest_ns}


async def measure(contracts: int, times: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        async with (
            open_server(Path(name)) as (server, client),
            open_rig(server, client, QUIET_RATE, contracts) as rig,
        ):
            await rig.publish()
            await rig.catch_up()
            with Peer.start("tests.bench.subscriber", str(server.port), "acks", "_INBOX.>") as spy:
                spy.hear()
                bursts = [await measure_one(rig, spy, contracts) for _ in range(times)]
                counters = rig.heartbeat.counters
    return {
        "contracts": contracts,
        "conflated": counters.conflated,
        "refused": counters.refused,
        "bursts": bursts,
    }


async def measure_one(rig: Rig, spy: Peer, contracts: int) -> dict[str, Any]:
    await rig.settle(0)
    spy.ask()
    rig.simulator.forget_delivered()
    received = rig.heartbeat.counters.received
    begun_ns = (await asyncio.to_thread(rig.simulator.post, "/fronts/a/burst", contracts=contracts))["at_ns"]
    await rig.settle(received + contracts)
    acks = {int(key): at_ns for key, at_ns in json.loads(spy.ask())["at_ns_by_sequence"].items()}
    sent = find_burst(rig.simulator.delivered("a"))
    stored = read_ticks(rig.server.port, first=min(acks, default=1))
    found, lost = judge(sent, stored, acks, begun_ns)
    print(f"{contracts:,} contracts: {found.samples:,} acks, {found.most_us / 1000:.0f} ms", file=sys.stderr)
    return {"lost": lost, "ack": found.describe()}


# --- reporting


def build_table(result: dict[str, Any]) -> str:
    rows = [build_row(found) for found in result["found"]]
    return "\n".join([pages.build_table(HEADINGS, rows), "", pages.tell_run(result["made"], RESULT)])


def build_row(found: dict[str, Any]) -> tuple[str, ...]:
    acks = [Histogram.read(one["ack"]) for one in found["bursts"]]
    last = [one.most_us / 1000 for one in acks]
    middle = statistics.median(last)
    return (
        f"{found['contracts']:,}",
        str(len(acks)),
        *(
            f"{statistics.median(one.find_percentile(percent) or 0 for one in acks) / 1000:.0f}"
            for percent in (50.0, 99.0)
        ),
        f"{middle:.0f} ({max(last):.0f})",
        f"{found['contracts'] / middle * 1000:,.0f}",
        str(sum(one["lost"] for one in found["bursts"])),
        str(found["conflated"]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contracts", default="1000,5000,25000")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    if not asked.docs:
        made = pages.describe_run("tests.bench.burst", sys.argv[1:])
        counts = [int(count) for count in asked.contracts.split(",")]
        result = {"made": made, "found": [asyncio.run(measure(count, asked.times)) for count in counts]}
        pages.write_result(RESULT, result)
        print(build_table(result))
    pages.write_part(PAGE, PART, RESULT, build_table)


if __name__ == "__main__":
    main()
