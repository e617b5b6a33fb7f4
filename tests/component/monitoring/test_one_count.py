"""A loss has one count: in the events, in the counter that Prometheus has, and in what is left of the budget.

A real gateway loses real ticks: NATS does not answer it until its log has let many go. Nobody scrapes the
account that published before it, so the window of the budget holds the life of this gateway and nothing else,
and the figures agree to the tick.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from mds_protocol.wire.events import LOSSES, Gap, decode_event
from mds_protocol.wire.subjects import EVENTS_STREAM
from monitoring.rendering import COMMON, fill_group
from tests.component.gateway.harness import Setup, start_installation
from tests.component.monitoring import promtool
from tests.kit.market_day.blocks import serve
from tests.kit.operator_stand_in import NAMESPACE, SUBSCRIPTION
from tests.kit.tcp_proxy import Held
from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.component.gateway.harness import Installation
    from tests.kit.prometheus import Prometheus

ACCOUNT: Final = "ctp-b"
SETUP: Final = Setup(
    contracts=200,
    rate=1000,
    drop_share=0,
    proxied=frozenset({ACCOUNT}),
    environment={"MDS_LOG_BYTES": str(1 << 20)},
)
MORE_THAN_A_LOG: Final = 6000
"""Ticks; a log of a megabyte holds fewer than 3000."""
EVERY: Final = "1s"
OF_FEED: Final = f'{{namespace="{NAMESPACE}", subscription="{SUBSCRIPTION}"}}'
LOST, STORED = "mds_gateway_ticks_lost_total", "mds_gateway_ticks_stored_total"
BUDGET: Final = f"mds:subscription_completeness:budget_left{OF_FEED}"
RECORDED_LOST: Final = f"mds:pod_ticks_lost:sum{OF_FEED}"
RECORDED_STORED: Final = f"mds:pod_ticks_stored:sum{OF_FEED}"
SHARE: Final = f"mds:subscription_lost:ratio_rate5m{OF_FEED}"

until = partial(wait_until_async, every_s=0.5)


@pytest.mark.slow("a log runs over, and Prometheus sees it before and after")
async def test_events_counter_and_budget_tell_the_same_count(prometheus_path: Path, tmp_path: Path) -> None:
    async with (
        start_installation(tmp_path / "mds", SETUP) as installation,
        scrape(prometheus_path, installation, tmp_path) as prometheus,
    ):
        await installation.hand_over(ACCOUNT)
        installation.gateways["ctp-a"].kill()
        await lose(installation)
        installation.simulator.patch(f"/fronts/{ACCOUNT}", silent=True)
        settled = await settle(installation, prometheus)
        budget, share = [await find_newer(prometheus, expr) for expr in (BUDGET, SHARE)]

        assert settled.told == settled.lost > 0
        assert share == pytest.approx(settled.share)
        assert 1 - budget == pytest.approx(settled.share / (1 - float(COMMON["completeness"])))


@dataclass(frozen=True, slots=True)
class Counts:
    told: float
    """By events."""
    lost: float
    stored: float

    @property
    def share(self) -> float:
        return self.lost / (self.lost + self.stored)


@asynccontextmanager
async def scrape(program: Path, installation: Installation, folder: Path) -> AsyncIterator[Prometheus]:
    """The chart's recordings over the pages of one gateway, of which a first sample is recorded."""
    names = ("Slo", "SloLong", "SloBudget")
    promtool.write(
        folder / "rules.yml", {"groups": [fill_group(name) | {"interval": EVERY} for name in names]}
    )
    (folder / "blocks").mkdir()
    target = {"namespace": NAMESPACE, "account": ACCOUNT, "pod": f"{ACCOUNT}-0"}
    found = [{"targets": [installation.gateways[ACCOUNT].address], "labels": target}]
    settings = {
        "global": {"scrape_interval": EVERY, "evaluation_interval": EVERY},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": "mds-gateway", "static_configs": found}],
    }
    served = serve(program, folder / "blocks", yaml.safe_dump(settings))
    # By threads, as the stand-in for the operator must go on beating.
    prometheus = await asyncio.to_thread(served.__enter__)
    try:
        for expr in (RECORDED_LOST, RECORDED_STORED):
            await until("a first sample is recorded", partial(find, prometheus, expr), lambda seen: seen == 0)
        yield prometheus
    finally:
        await asyncio.to_thread(served.__exit__, None, None, None)


async def lose(installation: Installation) -> None:
    """Returns when the stream has newer ticks than those that were lost."""
    proxy, before = installation.proxies[ACCOUNT], read_sum(installation, "mds_gateway_ticks_received_total")
    proxy.hold(Held.BOTH)
    await until(
        "more ticks came than the log holds",
        lambda: read(installation, "mds_gateway_ticks_received_total"),
        lambda seen: seen >= before + MORE_THAN_A_LOG,
    )
    proxy.release()
    await installation.wait_for_tick(after_ns=time.time_ns())
    await until("a loss is counted", lambda: read(installation, LOST))


async def settle(installation: Installation, prometheus: Prometheus) -> Counts:
    """When no tick is on its way, no event waits, and Prometheus has recorded the last of the counters."""

    async def look() -> tuple[float, Counts, Counts]:
        waiting = [await read(installation, f"mds_gateway_{name}_ticks") for name in ("backlog", "in_flight")]
        told = await count_told(installation)
        counted = Counts(told, await read(installation, LOST), await read(installation, STORED))
        recorded = Counts(
            told, await find(prometheus, RECORDED_LOST), await find(prometheus, RECORDED_STORED)
        )
        return sum(waiting), counted, recorded

    def is_settled(seen: tuple[float, Counts, Counts]) -> bool:
        waiting, counted, recorded = seen
        return not waiting and counted == recorded and counted.told == counted.lost

    _, counted, _ = await until("all is stored, told and recorded", look, is_settled)
    return counted


async def count_told(installation: Installation) -> float:
    """Of all events of the account, as they are in their stream."""
    stream = installation.client.jetstream()
    state = (await stream.stream_info(EVENTS_STREAM)).state
    messages = [
        await stream.get_msg(EVENTS_STREAM, number) for number in range(state.first_seq, state.last_seq + 1)
    ]
    events = [decode_event(message.data or b"") for message in messages]
    return sum(
        1 if event.count is None else event.count
        for event in events
        if isinstance(event, Gap) and event.account == ACCOUNT and event.cause in LOSSES
    )


# --- the gateway's page


async def read(installation: Installation, name: str) -> float:
    return await asyncio.to_thread(read_sum, installation, name)


def read_sum(installation: Installation, name: str) -> float:
    """Over all its labels."""
    with closing(http.client.HTTPConnection(installation.gateways[ACCOUNT].address)) as connection:
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
    found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page, re.MULTILINE)
    assert found, page
    return sum(map(float, found))


# --- Prometheus


async def find_newer(prometheus: Prometheus, expr: str) -> float:
    """What is recorded after what is there now of the counters."""
    reached = await find(prometheus, f"timestamp({RECORDED_STORED})")
    stamp = partial(find, prometheus, f"timestamp({expr})")
    await until(f"{expr} is reckoned anew", stamp, lambda at: at > reached)
    return await find(prometheus, expr)


async def find(prometheus: Prometheus, expr: str) -> float:
    """The one that there is; -1: none."""
    found = await asyncio.to_thread(prometheus.query, expr)
    return found[0].samples[0][1] if found else -1.0
