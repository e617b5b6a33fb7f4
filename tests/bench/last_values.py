"""What the server's CPU costs a tick: without `-LAST`, with last values alone in it, and with a copy of each.

    python -m tests.bench.last_values [--ticks 50000] [--rounds 7]
    python -m tests.bench.last_values --docs     only update docs/figures.md

Three servers run, and one works at a time: a slice of ticks each, in turns, until the last one is stored and
copied. Their CPU is the kernel's count. Each message asks for its acknowledgement, as a gateway's does, and a
window of them is in flight. Writes docs/results/last_values.json.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_protocol.wire.streams import TickStream, build_last_stream, build_tick_stream
from mds_protocol.wire.subjects import DEFAULT
from tests.bench import pages
from tests.bench.bare_publisher import build_message
from tests.bench.frames import Frames
from tests.bench.processes import read_cpu_s
from tests.bench.subscriber import READ_BYTES, connect
from tests.kit.nats_server import NatsServer, create_streams

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from nats.aio.client import Client

RESULT: Final = pages.RESULTS / "last_values.json"
PAGE: Final = pages.ROOT / "docs" / "figures.md"
PART: Final = "last values"
CONTRACTS: Final = 500
WINDOW: Final = 250
TICKS_A_LAST_VALUE: Final = 6_000
"""500 contracts, each written every ten minutes, at 5,000 ticks/s."""
HEADER_BYTES: Final = 220
BODY: Final = b"x" * 1010
INBOX: Final = b"_INBOX.bench"
STREAM: Final = TickStream(max_bytes=4 << 30)


def build_variants() -> dict[str, list[dict[str, Any]]]:
    """The streams of each."""
    ticks, last = build_tick_stream(STREAM, DEFAULT), build_last_stream(STREAM, DEFAULT)
    copies = last | {"sources": [{"name": STREAM.name, "filter_subject": "md.>"}]}
    return {"none": [ticks], "last values": [ticks, last], "a copy of each tick": [ticks, copies]}


@dataclass(slots=True)
class Server:
    process: NatsServer
    client: Client
    sock: socket.socket
    frames: Frames

    def publish(self, ticks: int, numbers: Iterator[int]) -> None:
        """In windows, each until all of it is acknowledged."""
        for begin in range(0, ticks, WINDOW):
            size = min(WINDOW, ticks - begin)
            messages = [build_tick(next(numbers)) for _ in range(size)]
            if begin % TICKS_A_LAST_VALUE < WINDOW:
                messages.append(build_tick(next(numbers), b"mds.last."))
            self.sock.sendall(b"".join(messages))
            missing = len(messages)
            while missing:
                for frame in self.frames.feed(self.sock.recv(READ_BYTES)):
                    if b'"seq"' not in frame.body:
                        raise RuntimeError(f"not stored: {frame.body!r}")
                    missing -= 1

    async def settle(self) -> None:
        """Until nothing is left to copy."""
        js = self.client.jetstream()
        for info in await js.streams_info():
            while any(source.lag for source in info.sources or []):
                await asyncio.sleep(0.01)
                info = await js.stream_info(info.config.name or "")  # noqa: PLW2901 - the newer one


def build_tick(number: int, before: bytes = b"") -> bytes:
    # Where its acknowledgement goes stands behind the subject.
    subject = b"%bmd.BARE.c%04d %b" % (before, number % CONTRACTS, INBOX)
    return build_message(subject, number, time.time_ns(), HEADER_BYTES, BODY)


async def open_server(stack: AsyncExitStack, streams: list[dict[str, Any]]) -> Server:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    process = NatsServer(Path(folder)).start()
    stack.callback(process.stop)
    client = await process.connect()
    stack.push_async_callback(client.close)
    await create_streams(client, streams)
    sock = stack.enter_context(connect(process.port))
    sock.sendall(b"SUB %b 1\r\n" % INBOX)
    return Server(process, client, sock, Frames())


async def measure(asked: argparse.Namespace) -> list[dict[str, Any]]:
    numbers = itertools.count(time.time_ns())
    samples = []
    async with AsyncExitStack() as stack:
        servers = {name: await open_server(stack, streams) for name, streams in build_variants().items()}
        for turn in range(asked.rounds + 1):
            for name, server in servers.items():
                before, begun = read_cpu_s(server.process.pid), time.monotonic()
                server.publish(asked.ticks, numbers)
                await server.settle()
                took_s, cpu_s = time.monotonic() - begun, read_cpu_s(server.process.pid) - before
                if turn:  # the first one warms up
                    samples.append({"name": name, "cpu_us": cpu_s / asked.ticks * 1e6, "took_s": took_s})
                    print(json.dumps(samples[-1]), file=sys.stderr)
    return samples


def build_table(result: dict[str, Any]) -> str:
    headings = ("`MD-LAST`", "median CPU, µs a tick", "lowest to highest", "beside none", "ticks/s")
    rows = build_rows(result["samples"], result["asked"]["ticks"])
    return "\n".join([pages.build_table(headings, rows), "", pages.tell_run(result["made"], RESULT)])


def build_rows(samples: list[dict[str, Any]], ticks: int) -> list[tuple[str, ...]]:
    cpu: dict[str, list[float]] = {}
    took_s: dict[str, list[float]] = {}
    for sample in samples:
        cpu.setdefault(sample["name"], []).append(sample["cpu_us"])
        took_s.setdefault(sample["name"], []).append(sample["took_s"])
    least = statistics.median(cpu["none"])
    return [
        (
            name,
            f"{statistics.median(found):.1f}",
            f"{min(found):.1f} to {max(found):.1f}",
            f"{statistics.median(found) / least:.2f}",
            f"{ticks / statistics.median(took_s[name]):,.0f}",
        )
        for name, found in cpu.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ticks", type=int, default=50_000, help="a turn")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    asked = parser.parse_args()
    if not asked.docs:
        made = pages.describe_run("tests.bench.last_values", sys.argv[1:])
        samples = asyncio.run(measure(asked))
        pages.write_result(RESULT, {"made": made, "asked": vars(asked), "samples": samples})
    pages.write_part(PAGE, PART, RESULT, build_table)


if __name__ == "__main__":
    main()
