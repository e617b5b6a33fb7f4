"""The operator's looks at a real NATS, from streams to the page."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mds_operator.adapters.metrics.groups import OperatorMetrics
from mds_operator.adapters.nats.streams import ensure_streams
from mds_operator.domain.acceptance import Acceptance
from mds_operator.domain.nats_seen import FORGET_S
from mds_operator.domain.seen import Key
from mds_operator.looking.nats import look_at_nats
from mds_operator.nats_looking import RENEW_EVERY_S, NatsLooking
from mds_protocol.resources.reasons import SubscriptionReason
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.selection import Selection
from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import DEFAULT
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.operator.running import connected, running, until
from tests.kit import nats_kinds
from tests.unit.operator.core.builders import Scene, account_body, subscription_body

if TYPE_CHECKING:
    from pathlib import Path

    from mds_operator.adapters.nats.link import Link
    from mds_operator.looking.source import Source
    from tests.kit.nats_server import NatsServer

SMALL = TickStream(max_bytes=1 << 24)
SUBJECT = "md.SHFE.rb2701"
RB = Contract(
    symbol="rb2701", exchange="SHFE", product="rb", product_class=ProductClass.FUTURES, multiplier=10,
    price_tick=1.0,
)  # fmt: skip


class World:
    """A desk with one accepted subscription, and what it looks at NATS with."""

    def __init__(self, link: Link) -> None:
        self.scene = Scene()
        self.office = self.scene.office
        self.office.control = self.office.reading = link
        desk = self.scene.desk
        desk.take_account(account_body("ctp-a"))
        desk.take_subscription(subscription_body("all"))
        self.office.acceptances = {
            Key("desk", "all"): Acceptance(
                reason=SubscriptionReason.ACCEPTED,
                message="",
                accounts=frozenset({"ctp-a"}),
                market="Ctp.Test",
                selection=Selection((RB,), ()),
            )
        }
        self.looking = NatsLooking(self.office, link, {"desk": desk}, (SMALL,))

    def scrape(self) -> dict[str, float]:
        """By name with labels."""
        source = SimpleNamespace(
            service=SimpleNamespace(office=self.office, nats_looking=self.looking),
            heart=SimpleNamespace(is_connected=False),
            now=self.office.now(),
            desks=[self.scene.desk],
        )
        registry = CollectorRegistry()
        registry.register(OperatorMetrics(lambda: [look_at_nats(cast("Source", source))]))
        lines = generate_latest(registry).decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name.removeprefix("mds_operator_"): float(value) for name, value in pairs}


@pytest.fixture
async def world(link: Link) -> World:
    await ensure_streams(link, build_all(SMALL, DEFAULT))
    return World(link)


async def make_durable(link: Link, name: str) -> None:
    config: dict[str, Any] = {"durable_name": name, "ack_policy": "explicit"}
    await link.ask_jetstream(f"CONSUMER.DURABLE.CREATE.MD.{name}", {"stream_name": "MD", "config": config})


async def test_a_look_shows_streams_consumers_and_the_account(world: World, link: Link) -> None:
    await make_durable(link, "risk")
    await link.store(SUBJECT, json.dumps({}).encode())

    await world.looking.look()
    found = world.scrape()

    assert found['stream_messages{stream="MD"}'] == 1
    assert found['stream_limit_bytes{stream="MD"}'] == SMALL.max_bytes
    assert found['stream_messages{stream="MDS-EVENTS"}'] == 0
    assert 'stream_bytes{stream="KV_mds-routes"}' in found
    assert found['consumers{stream="MD"}'] == 1
    assert found['consumer_pending{consumer="risk",stream="MD"}'] == 1
    assert found['consumer_pending{consumer="(others)",stream="MD"}'] == 0
    assert found["nats_storage_bytes"] > 0
    assert found["nats_round_trip_seconds"] > 0
    assert found["nats_look_age_seconds"] == 0
    assert (found['nats_connected{connection="figures"}'], found['nats_connected{connection="heart"}']) == (
        1,
        0,
    )


async def test_a_tick_of_the_canary_is_counted_and_before_the_first_there_are_none(
    world: World, link: Link
) -> None:
    count = 'stored_to_seen_seconds_count{namespace="desk",subscription="all"}'
    async with running(world.looking.run()):
        await until(lambda: world.scrape().get(count) == 0)
        while (await link.ask_jetstream("STREAM.INFO.MD"))["state"]["consumer_count"] == 0:
            pass
        await link.store(SUBJECT, b"{}")
        await until(lambda: world.scrape()[count] == 1)


async def test_while_nats_is_away_figures_age_and_then_vanish(
    world: World, link: Link, nats_server: NatsServer
) -> None:
    await world.looking.look()
    nats_server.stop()
    await until(lambda: not link.is_connected)
    world.scene.pass_time(FORGET_S)
    await world.looking.look()
    aged = world.scrape()
    world.scene.pass_time(1)
    gone = world.scrape()

    assert aged['stream_messages{stream="MD"}'] == 0
    assert aged["nats_look_age_seconds"] == FORGET_S
    assert gone["nats_look_age_seconds"] == FORGET_S + 1
    assert not [name for name in gone if name.startswith(("stream_", "nats_storage", "nats_round"))]
    assert gone['nats_connected{connection="figures"}'] == 0


async def test_over_tls_the_connection_is_renewed_each_hour_to_see_a_new_certificate(tmp_path: Path) -> None:
    nats_kinds.make_certificates(tmp_path)
    with nats_kinds.running(tmp_path, nats_kinds.tls_config(tmp_path)) as server:
        access = Access(parse_servers(f"tls://127.0.0.1:{server.port}"), ca_file=tmp_path / "ca.crt")
        async with connected(access, "test") as link:
            world = World(link)
            await world.looking.look()
            world.scene.pass_time(RENEW_EVERY_S - 1)
            await world.looking.look()
            assert (link.connections, link.is_connected) == (1, True)
            assert world.scrape()["nats_certificate_expiry_timestamp_seconds"] == link.certificate_expires_at

            world.scene.pass_time(1)
            await world.looking.look()
            await until(lambda: link.connections == 2)


async def test_without_tls_there_is_nothing_to_renew(world: World, link: Link) -> None:
    world.scene.pass_time(RENEW_EVERY_S)
    await world.looking.look()
    await world.looking.look()

    assert (link.connections, link.is_connected) == (1, True)
    assert "nats_certificate_expiry_timestamp_seconds" not in world.scrape()


async def test_consumers_vanish_with_their_stream(world: World, link: Link) -> None:
    await make_durable(link, "risk")
    await world.looking.look()
    await link.ask_jetstream("STREAM.DELETE.MD-LAST")
    await link.ask_jetstream("STREAM.DELETE.MD")

    world.scene.pass_time(FORGET_S + 1)
    await world.looking.look()
    found = world.scrape()

    assert not [name for name in found if 'stream="MD"' in name]
    assert found["nats_look_age_seconds"] == 0
