"""How many ticks a second one gateway takes from a front to a stored, acknowledged message; beside its peers.

    python -m tests.bench.throughput [--seconds 6] [--contracts 1000] [--rates 10000,20000,30000,40000]

Everything shares the machine, as in a small pod: the simulator's front, the program under test, nats-server.
The peers run in the same minutes: the binding's raw callback with nothing behind it (the ceiling), and the
bridge that one writes first (`naive_bridge`), with and without JetStream, each at the rate that it does best
with: under a flood it would be measured at its worst. Writes docs/results/ and docs/gateway.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mds_simulator.testing import client_environment
from tests.bench.best_rate import Tried, decide_next, find_best
from tests.bench.binding_ceiling import measure
from tests.bench.processes import read_cpu_s
from tests.bench.rig import ACCOUNT, Peer, open_rig, open_server, start_front
from tests.bench.tick_cost import read_commit

if TYPE_CHECKING:
    from tests.bench.rig import Rig

WARM_UP_S = 1.5
RESULT = Path("docs/results/throughput.json")
PAGE = Path("docs/gateway.md")
BEGIN, END = "<!-- begin generated: throughput -->\n", "<!-- end generated: throughput -->"
FIRST_TRIED = {"js": 250, "core": 1000}  # offered ticks a second, from where the peer's best is looked for
HOW = {"js": "JetStream, awaited", "core": "core, nothing acknowledged"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--contracts", type=int, default=1000)
    parser.add_argument("--rates", default="10000,15000,20000,30000")
    options = parser.parse_args()
    rates = [int(rate) for rate in options.rates.split(",")]
    made = describe_run()
    runs = []
    for rate in rates:
        runs.append(
            {"what": "gateway", **asyncio.run(measure_gateway(rate, options.contracts, options.seconds))}
        )
        show(runs[-1])
        runs.append({"what": "ceiling", **measure(rate, options.contracts, options.seconds)})
        show(runs[-1])
    for mode in HOW:
        runs.append({"what": f"naive {mode}", **measure_best(mode, options.contracts, options.seconds)})
        show(runs[-1])
    result = {"made": made, "runs": runs}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(build_page(PAGE.read_text(), result))
    print(f"written: {RESULT} {PAGE}")


def show(run: dict[str, Any]) -> None:
    rest = "  ".join(f"{name} {value:,}" for name, value in run.items() if isinstance(value, int | float))
    print(f"{run['what']:10}  {rest}", flush=True)


def build_page(page: str, result: dict[str, Any]) -> str:
    """The page with its table as the result has it."""
    head, rest = page.split(BEGIN)
    return head + BEGIN + build_table(result) + END + rest.split(END)[1]


def build_table(result: dict[str, Any]) -> str:
    lines = [
        "| what | offered ticks/s | out of the binding | stored and acknowledged | cores |",
        "|---|---|---|---|---|",
    ]
    gateways = [run for run in result["runs"] if run["what"] == "gateway"]
    ceilings = [run for run in result["runs"] if run["what"] == "ceiling"]
    for gateway, ceiling in zip(gateways, ceilings, strict=True):
        rate = ceiling["asked_per_s"]
        lines.append(
            f"| gateway | {rate:,} | {gateway['received_per_s']:,} | {gateway['stored_per_s']:,} "
            f"| {gateway['cpu_share']} |"
        )
        lines.append(
            f"| raw callback, nothing behind it | {rate:,} | {ceiling['callbacks_per_s']:,} | – | – |"
        )
    for mode, how in HOW.items():
        for run in result["runs"]:
            if run["what"] == f"naive {mode}":
                published, cores = run["published_per_s"], run["cpu_share"]
                lines.append(f"| naive bridge, {how} | {run['offered']:,} | – | {published:,} | {cores} |")
    made = result["made"]
    lines.append("")
    lines.append(
        f"Measured {made['at']}, commit {made['commit'][:12]}, {made['cpus']} cores shared by simulator, "
        f"program and nats-server, Python {made['python']}, load {made['load_before']:.1f} before; "
        f"`{made['command']}`."
    )
    return "\n".join(lines) + "\n"


def describe_run() -> dict[str, Any]:
    return {
        "commit": read_commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", "-m", "tests.bench.throughput", *sys.argv[1:]]),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


# --- the gateway


async def measure_gateway(rate: int, contracts: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        async with (
            open_server(Path(name)) as (server, client),
            open_rig(server, client, rate, contracts, "--no-rate-rule") as rig,
        ):
            await rig.publish()
            return await watch(rig, seconds)


async def watch(rig: Rig, seconds: float) -> dict[str, Any]:
    """Counters come with the heartbeats; two of them, some seconds apart, give the rates."""
    await asyncio.sleep(WARM_UP_S)
    before, cpu_before = rig.operator.heard[ACCOUNT], read_cpu_s(rig.gateway.pid)
    await asyncio.sleep(seconds)
    after, cpu_after = rig.operator.heard[ACCOUNT], read_cpu_s(rig.gateway.pid)
    took = after.at - before.at
    first, last = before.heartbeat.counters, after.heartbeat.counters
    return {
        "received_per_s": round((last.received - first.received) / took),
        "stored_per_s": round((last.acked - first.acked) / took),
        "conflated_per_s": round((last.conflated - first.conflated) / took),
        "refused": last.refused,
        "cpu_share": round((cpu_after - cpu_before) / seconds, 2),
        "oldest_unacked_ms": after.heartbeat.oldest_unacked_ms or 0,
        "log_reach_ms": after.heartbeat.publications[0].log_reach_ms,
    }


# --- the peer


def measure_best(mode: str, contracts: int, seconds: float) -> dict[str, Any]:
    """Every rate that was tried is kept; the best is where it published the most."""
    tried: list[Tried] = []
    runs: list[dict[str, Any]] = []
    while (rate := decide_next(tried, FIRST_TRIED[mode])) is not None:
        runs.append(asyncio.run(measure_naive(mode, rate, contracts, seconds)))
        tried.append(Tried(runs[-1]["offered"], runs[-1]["published_per_s"]))
    best = runs[tried.index(find_best(tried))]
    return best | {"tried": [asdict(one) for one in tried]}


async def measure_naive(mode: str, rate: int, contracts: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, start_front(rate, contracts, "--no-rate-rule") as simulator:
        async with open_server(Path(name)) as (server, _):
            # It knows no escaping: a combination, whose name has a space, would end it.
            plain = [contract for contract in simulator.contracts() if contract.isalnum()]
            command = ("tests.bench.naive_bridge", simulator.fronts["a"], server.url, mode, ",".join(plain))
            with Peer.start(*command, environment=client_environment() | {"HOME": name}) as peer:
                offered = round(rate * len(plain) / contracts)
                return {"offered": offered, **await asyncio.to_thread(watch_peer, peer, seconds)}


def watch_peer(peer: Peer, seconds: float) -> dict[str, Any]:
    while int(peer.ask()) == 0:  # until it is logged in and the first came through
        time.sleep(0.1)
    time.sleep(WARM_UP_S)
    before, began, cpu_before = int(peer.ask()), time.perf_counter(), read_cpu_s(peer.process.pid)
    time.sleep(seconds)
    published, took = int(peer.ask()) - before, time.perf_counter() - began
    cpu = read_cpu_s(peer.process.pid) - cpu_before
    return {"published_per_s": round(published / took), "cpu_share": round(cpu / seconds, 2)}


if __name__ == "__main__":
    main()
