"""How long a tick takes from the binding's callback to a subscriber, beside a bare publish of the same size.

    python -m tests.bench.latency [--seconds 20] [--rounds 3] [--rate 5000] [--contracts 500]
    python -m tests.bench.latency --docs     only update docs/figures.md

Each round has a server of its own, with two subscribers that stay: one of `live.` in core NATS, one with an
ordered consumer. First the gateway feeds them, then a bare publisher through the same stream, then the same
publisher beside the stream (core NATS alone). Every sample is in docs/results/latency.json.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages
from tests.bench.histogram import Histogram, show_percentiles
from tests.bench.processes import read_cpu_s
from tests.bench.rig import STREAM, WAYS, Subscribers, open_rig, open_server
from tests.kit.direct_reading import read_last

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.rig import Rig

RESULT: Final = pages.RESULTS / "latency.json"
PAGE: Final = pages.ROOT / "docs" / "figures.md"
PART: Final = "latency"
WARM_UP_S: Final = 3.0
CORE: Final = "core NATS alone"
ALL_WAYS: Final = WAYS | {CORE: ("core", "bare.>")}
GATEWAY, THROUGH, BESIDE = "gateway", "bare publish, the same stream", "bare publish, no stream"
HEADINGS: Final = ("from", "to a subscriber of", "ticks", "p50 ms", "p99 ms", "p99.9 ms", "max ms")


async def measure_round(rate: int, contracts: int, seconds: float) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        async with open_server(Path(name)) as (server, client):
            with Subscribers.start(server.port, ALL_WAYS) as subscribers:
                async with open_rig(server, client, rate, contracts, "--no-rate-rule") as rig:
                    runs = [await measure_gateway(rig, subscribers, seconds)]
                example = read_last(server.port, STREAM, "md.>")
                if example is None:
                    raise RuntimeError("the stream is empty")
                size = count_header_bytes(example.headers)
                for what, subject in ((THROUGH, "md"), (BESIDE, "bare")):
                    command = ("tests.bench.bare_publisher", str(server.port), subject, str(rate))
                    with publish([*command, str(contracts), str(size)], example.data):
                        runs.append(await measure(what, subscribers, seconds))
    return runs


async def measure_gateway(rig: Rig, subscribers: Subscribers, seconds: float) -> dict[str, Any]:
    await rig.publish()
    await rig.catch_up()
    return await measure(GATEWAY, subscribers, seconds, rig.processes)


async def measure(
    what: str, subscribers: Subscribers, seconds: float, processes: dict[str, int] | None = None
) -> dict[str, Any]:
    await asyncio.sleep(WARM_UP_S)
    watched = (processes or {}) | subscribers.processes
    await asyncio.to_thread(subscribers.ask)
    begun, cpu = time.monotonic(), {name: read_cpu_s(pid) for name, pid in watched.items()}
    await asyncio.sleep(seconds)
    heard, took = await asyncio.to_thread(subscribers.ask), time.monotonic() - begun
    cores = {name: round((read_cpu_s(pid) - cpu[name]) / took, 3) for name, pid in watched.items()}
    if what != GATEWAY:  # one tick over and over: its serials say nothing
        for one in heard.values():
            del one["tally"]
    print(f"{what}: {sum(one['messages'] for one in heard.values()):,} messages", file=sys.stderr)
    return {"what": what, "took_s": round(took, 3), "cores": cores, "heard": heard}


def count_header_bytes(headers: dict[str, str]) -> int:
    """As the gateway sent them: what the server added when it was read back is left out."""
    own = {name: value for name, value in headers.items() if not _ADDED.fullmatch(name)}
    return len("NATS/1.0\r\n\r\n") + sum(len(name) + len(value) + 3 for name, value in own.items())


_ADDED: Final = re.compile(
    "Nats-(Stream|Subject|Sequence|Time-Stamp|Num-Pending|Last-Sequence|UpTo-Sequence)"
)


@contextlib.contextmanager
def publish(command: Sequence[str], body: bytes) -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-m", *command], stdin=subprocess.PIPE) as process:
        try:
            if process.stdin:
                process.stdin.write(body)
                process.stdin.close()
            yield
        finally:
            process.kill()


# --- reporting


def build_table(result: dict[str, Any]) -> str:
    rows = []
    for what in (GATEWAY, THROUGH, BESIDE):
        for way in ALL_WAYS:
            found = merge(result["rounds"], what, way)
            if found.samples:
                rows.append((what, way, f"{found.samples:,}", *show_percentiles(found)))
    asked = result["asked"]
    told = (
        f"{asked['rate']:,} ticks/s over {asked['contracts']} contracts, {len(result['rounds'])} rounds of "
        f"{asked['seconds']:g} s each."
    )
    return "\n".join([pages.build_table(HEADINGS, rows), "", told, pages.tell_run(result["made"], RESULT)])


def merge(rounds: Sequence[Sequence[dict[str, Any]]], what: str, way: str) -> Histogram:
    """All samples of all rounds."""
    return Histogram.merge(
        Histogram.read(run["heard"][way]["latency"]) for runs in rounds for run in runs if run["what"] == what
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--contracts", type=int, default=500)
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    if not asked.docs:
        made = pages.describe_run("tests.bench.latency", sys.argv[1:])
        rounds = [
            asyncio.run(measure_round(asked.rate, asked.contracts, asked.seconds))
            for _ in range(asked.rounds)
        ]
        result = {"made": made, "asked": vars(asked), "rounds": rounds}
        pages.write_result(RESULT, result)
        print(build_table(result))
    pages.write_part(PAGE, PART, RESULT, build_table)


if __name__ == "__main__":
    main()
