"""How many ticks a second one gateway takes from a front to a stored, acknowledged message; beside its peers.

    python -m tests.bench.throughput [--seconds 6] [--contracts 1000] [--rates 10000,20000,30000,40000]

Everything shares the machine, as in a small pod: the simulator's front, the program under test, nats-server.
The peers run in the same minutes: the binding's raw callback with nothing behind it (the ceiling), and the
bridge that one writes first (`naive_bridge`), with and without JetStream. Writes docs/results/.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import DEFAULT
from mds_simulator.testing import client_environment, start_simulator
from tests.bench.binding_ceiling import NEVER_CUT, measure
from tests.kit.nats_server import NatsServer, create_streams
from tests.kit.operator_stand_in import NAMESPACE, OperatorStandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_simulator.testing import RunningSimulator

ACCOUNT = "bench"
WARM_UP_S = 1.5
RESULT = Path("docs/results/throughput.json")
PAGE = Path("docs/gateway.md")
BEGIN, END = "<!-- begin generated: throughput -->\n", "<!-- end generated: throughput -->"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
NAIVE_RATE = 20_000  # above what it can take in either form, so that it is the limit


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--contracts", type=int, default=1000)
    parser.add_argument("--rates", default="10000,15000,20000,30000")
    options = parser.parse_args()
    rates = [int(rate) for rate in options.rates.split(",")]
    runs = []
    for rate in rates:
        runs.append(
            {"what": "gateway", **asyncio.run(measure_gateway(rate, options.contracts, options.seconds))}
        )
        show(runs[-1])
        runs.append({"what": "ceiling", **measure(rate, options.contracts, options.seconds)})
        show(runs[-1])
    for mode in ("js", "core"):
        run = asyncio.run(measure_naive(mode, NAIVE_RATE, options.contracts, options.seconds))
        runs.append({"what": f"naive {mode}", **run})
        show(runs[-1])
    result = {"made": describe_run(), "runs": runs}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(build_page(PAGE.read_text(), result))
    print(f"written: {RESULT} {PAGE}")


def show(run: dict[str, Any]) -> None:
    rest = "  ".join(f"{name} {value:,}" for name, value in run.items() if name != "what")
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
    for run in result["runs"]:
        if run["what"].startswith("naive"):
            how = "JetStream, awaited" if run["what"] == "naive js" else "core, nothing acknowledged"
            published, cores = run["published_per_s"], run["cpu_share"]
            lines.append(f"| naive bridge, {how} | {NAIVE_RATE:,} | – | {published:,} | {cores} |")
    made = result["made"]
    lines.append("")
    lines.append(
        f"Measured {made['at']}, commit {made['commit'][:12]}, {made['cpus']} cores shared by simulator, "
        f"program and nats-server, Python {made['python']}, load {made['load_before']:.1f} before; "
        f"`{made['command']}`."
    )
    return "\n".join(lines) + "\n"


def describe_run() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "commit": commit.stdout.strip(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", "-m", "tests.bench.throughput", *sys.argv[1:]]),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


# --- the gateway


async def measure_gateway(rate: int, contracts: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, start_front(rate, contracts) as simulator:
        folder = Path(name)
        server = NatsServer(folder).start()
        client = await server.connect()
        try:
            await create_streams(client, build_all(TickStream(max_bytes=4 << 30), DEFAULT))
            with start_gateway(folder, simulator, server) as gateway:
                operator = OperatorStandIn(client, [ACCOUNT], lambda: check_alive(gateway))
                async with operator:
                    await operator.write_settings(ACCOUNT)
                    return await watch(operator, gateway, seconds)
        finally:
            await client.close()
            server.stop()


async def watch(
    operator: OperatorStandIn, gateway: subprocess.Popen[bytes], seconds: float
) -> dict[str, Any]:
    """Counters come with the heartbeats; two of them, some seconds apart, give the rates."""
    await wait_for_heartbeat(operator)
    route = await operator.move(ACCOUNT)
    await operator.wait_until_active(ACCOUNT, route.epoch, timeout_s=20)
    await asyncio.sleep(WARM_UP_S)
    before, cpu_before = operator.heard[ACCOUNT], read_cpu_s(gateway.pid)
    await asyncio.sleep(seconds)
    after, cpu_after = operator.heard[ACCOUNT], read_cpu_s(gateway.pid)
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


async def wait_for_heartbeat(operator: OperatorStandIn) -> None:
    async with asyncio.timeout(30):
        while not is_subscribed(operator):  # noqa: ASYNC110 - heartbeats tell it, five a second
            await asyncio.sleep(0.05)


def is_subscribed(operator: OperatorStandIn) -> bool:
    heard = operator.heard.get(ACCOUNT)
    return heard is not None and heard.heartbeat.subscribed > 0


@contextlib.contextmanager
def start_gateway(
    folder: Path, simulator: RunningSimulator, server: NatsServer
) -> Iterator[subprocess.Popen[bytes]]:
    secret = folder / "secret"
    secret.mkdir()
    for key in ("userID", "password", "appID", "authCode"):
        (secret / key).write_text("bench")
    settings = {
        "MDS_NAMESPACE": NAMESPACE,
        "MDS_ACCOUNT": ACCOUNT,
        "MDS_INSTANCE": f"{ACCOUNT}-1",
        "MDS_BROKER_ID": "9999",
        "MDS_ENVIRONMENT": "Test",
        "MDS_TRADE_FRONTS": simulator.fronts["trade"],
        "MDS_MARKET_DATA_FRONTS": simulator.fronts["a"],
        "MDS_CREDENTIALS_DIR": str(secret),
        "MDS_NATS_URL": server.url,
        "MDS_HOME": str(folder),
        "MDS_HTTP_HOST": "127.0.0.1",
        "MDS_HTTP_PORT": "0",
        "MDS_LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "mds_gateway"], env=client_environment() | settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def check_alive(gateway: subprocess.Popen[bytes]) -> None:
    if gateway.poll() is not None:
        raise RuntimeError(f"the gateway ended by itself with code {gateway.returncode}")


def read_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


# --- the peer


async def measure_naive(mode: str, rate: int, contracts: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, start_front(rate, contracts) as simulator:
        server = NatsServer(Path(name)).start()
        client = await server.connect()
        await create_streams(client, build_all(TickStream(max_bytes=4 << 30), DEFAULT))
        await client.close()
        command = [sys.executable, "-m", "tests.bench.naive_bridge", simulator.fronts["a"], server.url, mode]
        # It knows no escaping: a combination, whose name has a space, would end it.
        plain = [contract for contract in simulator.contracts() if contract.isalnum()]
        peer = start_peer([*command, ",".join(plain)], home=name)
        try:
            while ask(peer) == 0:  # noqa: ASYNC110 - until it is logged in and the first came through
                await asyncio.sleep(0.1)
            await asyncio.sleep(WARM_UP_S)
            before, began, cpu_before = ask(peer), time.perf_counter(), read_cpu_s(peer.pid)
            await asyncio.sleep(seconds)
            published, took = ask(peer) - before, time.perf_counter() - began
            cpu = read_cpu_s(peer.pid) - cpu_before
        finally:
            peer.kill()
            peer.wait()
            server.stop()
    return {"published_per_s": round(published / took), "cpu_share": round(cpu / seconds, 2)}


def start_peer(command: list[str], home: str) -> subprocess.Popen[str]:
    environment = client_environment() | {"HOME": home}
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(peer: subprocess.Popen[str]) -> int:
    if peer.stdin is None or peer.stdout is None:
        raise RuntimeError("the peer has no pipes")
    peer.stdin.write("\n")
    peer.stdin.flush()
    return int(peer.stdout.readline())


def start_front(rate: int, contracts: int) -> Any:
    flags = ("--no-rate-rule", "--always-open", "--rate", str(rate), "--contracts", str(contracts))
    return start_simulator(*flags, "--sending-list", NEVER_CUT, "--queries-per-second", "0")


if __name__ == "__main__":
    main()
