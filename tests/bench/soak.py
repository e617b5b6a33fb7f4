"""An hour of a live-like load: rate, latency, CPU and memory by minute; lost, repeated, out of order.

    python -m tests.bench.soak [--minutes 60] [--rate 5000] [--contracts 25000] [--stream-mib 1024]
    python -m tests.bench.soak --docs     only update docs/soak.md

A whole market, by its rules: at most two ticks a second of a contract, as busy as its month is. The stream
wraps all the time: it holds a few minutes. Two subscribers stay from the first tick to the last, one of
`live.` and one with an ordered consumer; both take the time of every tick and count by its serial. No sample
is left out. Each minute is written to docs/results/soak.json when it is over, so an interrupted run
(Ctrl-C) shows what it has; what it does not have it cannot go on with, as an hour is an hour in one piece.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages
from tests.bench.processes import read_cpu_s, read_memory
from tests.bench.rig import STREAM, WAYS, Subscribers, open_rig, open_server
from tests.bench.soak_table import PART, build_table, tell_minute

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client

    from tests.bench.rig import Rig

RESULT: Final = pages.RESULTS / "soak.json"
PAGE: Final = pages.ROOT / "docs" / "soak.md"
WARM_UP_S: Final = 3.0
NOT_RECORDED: Final = ("--delivered", "0")
"""The front's record: an hour of it would fill the simulator's memory, and the serials count."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What only grows, at the end of a minute."""

    at: float
    cpu_s: dict[str, float]
    counters: dict[str, int]
    pushed: int


async def look(rig: Rig, watched: dict[str, int]) -> Moment:
    counters = rig.heartbeat.counters
    state = await asyncio.to_thread(rig.simulator.state)
    return Moment(
        at=time.monotonic(),
        cpu_s={name: read_cpu_s(pid) for name, pid in watched.items()},
        counters={name: getattr(counters, name) for name in counters.__struct_fields__},
        pushed=state["pushed"],
    )


async def describe_minute(
    rig: Rig, client: Client, subscribers: Subscribers, before: Moment, after: Moment
) -> dict[str, Any]:
    """What happened between, and what is now."""
    beat, took = rig.heartbeat, after.at - before.at
    stream = (await client.jetstream().stream_info(STREAM)).state
    [publication] = beat.publications
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "took_s": round(took, 3),
        "pushed": after.pushed - before.pushed,
        "counters": {name: value - before.counters[name] for name, value in after.counters.items()},
        "cores": {name: round((after.cpu_s[name] - was) / took, 3) for name, was in before.cpu_s.items()},
        "gateway": read_memory(rig.gateway.pid),
        "nats_rss": read_memory(rig.server.pid)["rss"],
        "log_bytes": beat.depths.log_bytes,
        "backlog": beat.depths.handoff + beat.depths.backlog + beat.depths.in_flight,
        "fence": publication.fence,
        "stream": {"first": stream.first_seq, "last": stream.last_seq, "bytes": stream.bytes},
        "simulator_behind_ms": (await asyncio.to_thread(rig.simulator.state))["behind_ms"],
        "heard": await asyncio.to_thread(subscribers.ask),
    }


async def soak(asked: argparse.Namespace, keep: Callable[[list[dict[str, Any]]], None]) -> None:
    minutes: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        async with open_server(Path(name), asked.stream_mib << 20) as (server, client):
            with Subscribers.start(server.port, WAYS) as subscribers:
                async with open_rig(server, client, asked.rate, asked.contracts, *NOT_RECORDED) as rig:
                    await rig.publish()
                    await rig.catch_up()
                    await asyncio.sleep(WARM_UP_S)
                    await asyncio.to_thread(subscribers.ask)
                    watched = rig.processes | subscribers.processes
                    begun = time.monotonic()
                    before = await look(rig, watched)
                    for minute in range(1, asked.minutes + 1):
                        await asyncio.sleep(max(0.0, begun + minute * asked.minute_s - time.monotonic()))
                        after = await look(rig, watched)
                        minutes.append(await describe_minute(rig, client, subscribers, before, after))
                        before = after
                        print(
                            f"minute {minute} of {asked.minutes}: {tell_minute(minutes[-1])}", file=sys.stderr
                        )
                        keep(minutes)


def build_part(result: dict[str, Any]) -> str:
    return build_table(result, RESULT)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument(
        "--minute-s", type=float, default=60.0, help="how long a minute is; for trying it out"
    )
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--contracts", type=int, default=25_000)
    parser.add_argument("--stream-mib", type=int, default=1024)
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    if not asked.docs:
        made = pages.describe_run("tests.bench.soak", sys.argv[1:])

        def keep(minutes: list[dict[str, Any]]) -> None:
            told = {name: value for name, value in vars(asked).items() if name not in ("result", "docs")}
            pages.write_result(asked.result, {"made": made, "asked": told, "minutes": minutes})

        try:
            asyncio.run(soak(asked, keep))
        except KeyboardInterrupt:
            print(f"interrupted; {asked.result} has the minutes that are over", file=sys.stderr)
    if asked.result == RESULT:
        pages.write_part(PAGE, PART, RESULT, build_part)


if __name__ == "__main__":
    main()
