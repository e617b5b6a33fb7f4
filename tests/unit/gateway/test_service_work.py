"""What the service does again and again: one piece that goes wrong costs itself, and is seen."""

# ruff: noqa: SLF001 - what the service runs again and again is its own, and has no other door
from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import pytest

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain.source_figures import Coverage, ProductCoverage, SourceFigures
from mds_gateway.ports import Outlet, OutletsUsed, SourceEvent, SourceState
from mds_gateway.service import Gateway
from mds_gateway.settings import GatewaySettings
from mds_protocol.wire import heartbeat as wire
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.route import Route
from mds_protocol.wire.selection import Rules
from mds_protocol.wire.settings import Settings, Subscription
from mds_protocol.wire.times import FIRST_NS
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from mds_runtime.nats.revision import Revision
from tests.unit.gateway.test_readiness import beat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mds_gateway.adapters.nats.connection import PublishConnection
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.domain.serving import Destination
    from mds_gateway.domain.slices import Slices
    from mds_gateway.ports import MarketData

WRITTEN_AT = datetime(2026, 11, 23, tzinfo=UTC)
FORGED_NS = 2**63 - 1
SILENT_S = 60.0
WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


class Source:
    """A market data source that brings nothing."""

    day: str | None = "20261123"
    report: Callable[[SourceEvent], None]

    def use_outlets(self, outlets: Sequence[Outlet]) -> None:
        self.report(OutletsUsed(tuple(outlets)))

    def use_pace(self, pace: object) -> None: ...

    def figures(self) -> SourceFigures:
        return SourceFigures()

    def count_coverage(self, stale_after_ms: int) -> Slices[Coverage]:
        yield
        return {("SHFE", "rb"): ProductCoverage(missing=stale_after_ms, stale=None)}

    def describe(self, _: object) -> SourceState:
        return SourceState(
            state=wire.GatewayState.STREAMING, market_data=wire.Front(connected=True, logged_in=True),
            trade=None, trading_day=self.day, contracts=1, subscribed=1, exchanges={}, canary_age_ms={},
            canary_session={}, handoff=0, received=0, invalid=0, conflated=0, clock_offset_ns=None,
            front_ahead_ns=None,
        )  # fmt: skip


class Unanswered:
    """A connection while NATS is away."""

    fails_with = (TimeoutError,)

    async def ask_jetstream(self, *_: object) -> NoReturn:
        raise TimeoutError


class Connection:
    is_connected = True


class Requests:
    """The control connection, as far as the work asks it; `meanwhile` happens while it waits for NATS."""

    def __init__(self) -> None:
        self.connection = Unanswered()
        self.heart = Connection()
        self.is_hearing = True
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def read_epoch_sequences(
        self, destination: Destination, _subjects: list[str], _epoch: int
    ) -> dict[str, int]:
        if destination.stream == "NOPE":
            raise NatsTrouble("no message found")
        if self.meanwhile is not None:
            await self.meanwhile()
        return {}

    async def probe(self, stream: str, _subject: str) -> None:
        if stream == "NOPE":
            raise NatsTrouble("wrong stream")


def build_gateway(requests: Requests) -> Gateway:
    settings = GatewaySettings(
        namespace="desk", account="ctp-a", instance="ctp-a-0", broker_id="9999",
        market_data_fronts=("tcp://127.0.0.1:1",), credentials_dir=Path("/none"),
        nats_url="nats://127.0.0.1:1",
    )  # fmt: skip
    access = Access(parse_servers(settings.nats_url))
    source = Source()
    gateway = Gateway(settings, access, cast("Control", requests), cast("MarketData", source))
    source.report = gateway.on_source
    return gateway


async def tell_settings(gateway: Gateway, revision: int, *names: str) -> None:
    settings = Settings(
        namespace="desk", account="ctp-a", uid="u", environment="Test",
        subscriptions=tuple(Subscription(name=name, uid="u", rules=Rules()) for name in names),
    )  # fmt: skip
    told = Revision(revision, WRITTEN_AT)
    gateway.arranging.on_settings("desk.ctp-a", settings.encode(), told)
    async with asyncio.timeout(WITHIN_S):
        while gateway.arranging.known.revision != told:  # noqa: ASYNC110 - it plans on this loop, slice by slice
            await asyncio.sleep(0)


def tell_route(
    gateway: Gateway, name: str, revision: int = 1, decided_at_ns: int = FIRST_NS, epoch: int = 3
) -> None:
    route = Route(
        uid="u", epoch=epoch, named="ctp-b", reason="Initial", nonce="n", decided_at_ns=decided_at_ns
    )
    gateway.routing.on_route(f"desk.{name}", route.encode(), Revision(revision, WRITTEN_AT))


async def stand_by(gateway: Gateway, *names: str) -> None:
    """For subscriptions whose active account was heard long ago."""
    contract = Contract(
        symbol="rb2701", exchange="SHFE", product="rb", product_class=ProductClass.FUTURES,
        multiplier=10, price_tick=1.0,
    )  # fmt: skip
    gateway.arranging.on_contracts((contract,))
    await tell_settings(gateway, 1, *names)
    for name in names:
        tell_route(gateway, name)
    heard_at = time.monotonic() - SILENT_S
    gateway.peers.on_heartbeat(beat(account="ctp-b"), heard_at)


async def test_a_subscription_that_goes_while_another_is_witnessed_stops_nothing() -> None:
    requests = Requests()
    gateway = build_gateway(requests)
    await stand_by(gateway, "one", "two")
    requests.meanwhile = lambda: tell_settings(gateway, 2, "one")

    await gateway.witnessing.witness()

    assert list(gateway.witnessing.by_subscription) == ["one"]
    assert gateway.witnessing.by_subscription["one"].answered_at is not None


async def test_a_stream_that_does_not_exist_spoils_no_other_subscription() -> None:
    """Neither the look into the stream nor the probe: each stream and subscription by itself."""
    requests = Requests()
    gateway = build_gateway(requests)
    await stand_by(gateway, "all", "lost")
    lost = gateway.bridge.serving.by_name["lost"]
    lost.destination = replace(lost.destination, stream="NOPE")
    gateway.bridge._link.connection = cast("PublishConnection", Connection())

    await gateway.witnessing.witness()
    await gateway.probe()

    assert gateway.witnessing.by_subscription["all"].answered_at is not None
    assert gateway.witnessing.by_subscription["lost"].answered_at is None
    assert gateway.beating.compose().probe_age_ms is not None


def collect_failures(gateway: Gateway) -> dict[str, float]:
    gateway.metrics.on_heartbeat(beat(), 0.0)
    return {
        sample.labels["work"]: sample.value
        for metric in gateway.metrics.collect()
        for sample in metric.samples
        if sample.name == "mds_gateway_work_failed_total"
    }


async def run_until_ended(gateway: Gateway, *works: Callable[[], Awaitable[None]]) -> None:
    """As the service runs them; the last raises CancelledError when enough was seen."""
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.gather(*(gateway.defects.every(0.0, work) for work in works))


async def test_work_with_a_defect_goes_on_and_the_others_too() -> None:
    gateway, done = build_gateway(Requests()), Counter[str]()

    async def broken() -> None:
        done["broken"] += 1
        raise KeyError("all")

    async def sound() -> None:
        done["sound"] += 1
        if done["broken"] >= 3 and done["sound"] >= 3:
            raise asyncio.CancelledError

    await run_until_ended(gateway, broken, sound)

    assert collect_failures(gateway) == {"broken": done["broken"], "sound": 0}


async def test_each_kind_of_defect_is_told_once_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = build_gateway(Requests())
    to_raise = [KeyError("all"), KeyError("all"), ValueError("x"), asyncio.CancelledError()]

    async def broken() -> None:
        raise to_raise.pop(0)

    await run_until_ended(gateway, broken)

    told = [record for record in caplog.records if getattr(record, "code", "") == "Defect"]
    assert [type(record.exc_info[1]) for record in told if record.exc_info] == [KeyError, ValueError]
    assert "broken" in told[0].getMessage()
    assert gateway.metrics.tally.notes["Defect"] == 2


async def test_what_nats_refuses_for_now_is_no_defect() -> None:
    gateway = build_gateway(Requests())
    to_raise = [NatsTrouble("away"), asyncio.CancelledError()]

    async def refused() -> None:
        raise to_raise.pop(0)

    await run_until_ended(gateway, refused)

    assert collect_failures(gateway) == {"refused": 0}


async def test_what_lacks_ticks_is_counted_by_the_settings_in_force() -> None:
    gateway = build_gateway(Requests())
    await gateway.covering.count()
    assert gateway.metrics.tally.coverage == {}

    await tell_settings(gateway, 1, "all")
    await gateway.covering.count()
    assert gateway.metrics.tally.coverage == {("SHFE", "rb"): ProductCoverage(missing=10_000, stale=None)}


# --- what KV brings


async def test_a_bad_route_is_told_once_and_the_one_before_it_stays_in_force(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = build_gateway(Requests())
    await stand_by(gateway, "all")
    for revision in (7, 7, 9):
        tell_route(gateway, "all", revision, FORGED_NS, epoch=40)

    route = gateway.bridge.serving.by_name["all"].claiming.route
    assert route is not None
    assert route.epoch == 3
    assert gateway.promoting._followed["all"].seen.route == route
    assert gateway.metrics.tally.notes["RouteUnreadable"] == 2
    told = [record.getMessage() for record in caplog.records if "is not used" in record.getMessage()]
    assert len(told) == 2
    assert "desk.all revision 7" in told[0]
    assert "$.decided_at_ns" in told[0]


async def test_a_promotion_is_written_over_a_bad_route() -> None:
    gateway = build_gateway(Requests())
    await stand_by(gateway, "all")
    tell_route(gateway, "all", 7, FORGED_NS, epoch=40)

    assert gateway.promoting._followed["all"].revision.number == 7
    assert gateway.promoting._followed["all"].seen.route.epoch == 3


@pytest.mark.parametrize("day", ["0", "20261331", "today", None])
async def test_a_day_that_the_front_gets_wrong_stops_no_settings(day: str | None) -> None:
    gateway = build_gateway(Requests())
    cast("Source", gateway._source).day = day

    await stand_by(gateway, "all")

    assert list(gateway.bridge.serving.by_name) == ["all"]
    assert gateway.arranging.known.plan is not None
