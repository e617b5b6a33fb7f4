"""What memory a gateway has with a whole market, and what of it grew.

    python -m tests.bench.memory [--contracts 25000] [--rate 5000] [--minutes 10]
    python -m tests.bench.memory --docs     only update docs/figures.md

Read from the kernel, by kind: at the start, when all are subscribed, and each minute from then on. The log of
the latest ticks is what the heartbeat says of it. Writes docs/results/memory.json each minute.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages
from tests.bench.processes import read_memory
from tests.bench.rig import ACCOUNT, open_rig, open_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.rig import Rig

RESULT: Final = pages.RESULTS / "memory.json"
PAGE: Final = pages.ROOT / "docs" / "figures.md"
PART: Final = "memory"
MIB: Final = 1 << 20
KINDS: Final = ("rss", "heap", "anonymous", "files", "other")
HEADINGS: Final = (
    "when",
    "RSS, MiB",
    "heap",
    "anonymous",
    "files",
    "other",
    "the log, by its own word",
    "ticks received",
    "nats-server's RSS",
)


def take_sample(rig: Rig, when: str) -> dict[str, Any]:
    beat = rig.heartbeat
    return {
        "when": when,
        "gateway": read_memory(rig.gateway.pid),
        "nats_rss": read_memory(rig.server.pid)["rss"],
        "log_bytes": beat.depths.log_bytes,
        "backlog": beat.depths.backlog + beat.depths.handoff + beat.depths.in_flight,
        "received": beat.counters.received,
        "acked": beat.counters.acked,
    }


async def measure(asked: argparse.Namespace, keep: Callable[[list[dict[str, Any]]], None]) -> None:
    samples: list[dict[str, Any]] = []

    def note(when: str) -> None:
        samples.append(take_sample(rig, when))
        print(f"{when}: {samples[-1]['gateway']['rss'] / MIB:.0f} MiB", file=sys.stderr)
        keep(samples)

    with tempfile.TemporaryDirectory() as name:
        async with (
            open_server(Path(name)) as (server, client),
            open_rig(server, client, asked.rate, asked.contracts, "--no-rate-rule") as rig,
        ):
            await rig.operator.wait_until_heard(ACCOUNT)
            note("started")
            await rig.publish()
            await rig.catch_up()
            note("subscribed")
            begun = time.monotonic()
            for minute in range(1, asked.minutes + 1):
                await asyncio.sleep(max(0.0, begun + minute * asked.minute_s - time.monotonic()))
                note(f"minute {minute}")


# --- reporting


def build_table(result: dict[str, Any]) -> str:
    samples = result["samples"]
    asked = result["asked"]
    rows = [build_row(sample) for sample in samples]
    told = [
        f"{asked['contracts']:,} contracts, {asked['rate']:,} ticks/s, each contract as often as any other.",
        tell_growth(samples),
        pages.tell_run(result["made"], RESULT),
    ]
    return "\n".join([pages.build_table(HEADINGS, rows), "", *told])


def build_row(sample: dict[str, Any]) -> tuple[str, ...]:
    return (
        sample["when"],
        *(f"{sample['gateway'][kind] / MIB:.0f}" for kind in KINDS),
        f"{sample['log_bytes'] / MIB:.0f}",
        f"{sample['received']:,}",
        f"{sample['nats_rss'] / MIB:.0f}",
    )


def tell_growth(samples: list[dict[str, Any]]) -> str:
    """From the first minute, when the log is full, to the last."""
    steady = [sample for sample in samples if sample["when"].startswith("minute")]
    if len(steady) < 2:
        return "Too short to say what grew."
    first, last = steady[0], steady[-1]
    parts = [f"{kind} {(last['gateway'][kind] - first['gateway'][kind]) / MIB:+.1f}" for kind in KINDS]
    log = (last["log_bytes"] - first["log_bytes"]) / MIB
    return f"From {first['when']} to {last['when']}, in MiB: {', '.join(parts)}; the log {log:+.1f}."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contracts", type=int, default=25_000)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument(
        "--minute-s", type=float, default=60.0, help="how long a minute is; for trying it out"
    )
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    if not asked.docs:
        made = pages.describe_run("tests.bench.memory", sys.argv[1:])

        def keep(samples: list[dict[str, Any]]) -> None:
            pages.write_result(RESULT, {"made": made, "asked": vars(asked), "samples": samples})

        asyncio.run(measure(asked, keep))
    pages.write_part(PAGE, PART, RESULT, build_table)


if __name__ == "__main__":
    main()
