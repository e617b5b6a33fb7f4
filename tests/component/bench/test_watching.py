"""Who watches in the benches, on a real server: what is published reaches both kinds of subscriber."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.histogram import Histogram
from tests.bench.latency import publish
from tests.bench.rig import WAYS, Subscribers, open_server

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 500
BODY = b'{"symbol":"rb2701","exchange_time_ns":1,"volume":1,"curr_delta":1.0}'


async def test_both_subscribers_hear_every_message_and_take_its_time(tmp_path: Path) -> None:
    async with open_server(tmp_path) as (server, _):
        with Subscribers.start(server.port, WAYS) as subscribers:
            command = ("tests.bench.bare_publisher", str(server.port), "md", "1000", "10", "300")
            heard = dict.fromkeys(WAYS, 0)
            latencies = []
            with publish(command, BODY):
                while min(heard.values()) < MESSAGES:
                    for way, found in subscribers.ask().items():
                        heard[way] += found["messages"]
                        latencies.append(Histogram.read(found["latency"]))

    assert Histogram.merge(latencies).samples == sum(heard.values())
