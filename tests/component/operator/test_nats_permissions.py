"""All that the operator does with NATS, as a user that may do no more than the page says."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from mds_operator.adapters.nats.bucket import Bucket, Written
from mds_operator.adapters.nats.canaries import CanaryReader
from mds_operator.adapters.nats.gaps import gap_ms
from mds_operator.adapters.nats.heart import Heart
from mds_operator.adapters.nats.inspecting import inspect_storage, inspect_streams, list_consumers
from mds_operator.adapters.nats.losses import LossReader
from mds_operator.adapters.nats.streams import ensure_streams
from mds_operator.adapters.nats.telling import publish_event
from mds_operator.domain.canaries import Canary
from mds_operator.domain.seen import Key
from mds_protocol.wire.events import Gap, GapCause, Restart
from mds_protocol.wire.streams import TickStream, build_all
from mds_protocol.wire.subjects import DEFAULT, ROUTES_BUCKET, SETTINGS_BUCKET
from mds_protocol.wire.times import FIRST_NS
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.operator.running import connected, running, until
from tests.kit import nats_kinds
from tests.unit.operator.page import check_block

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from mds_operator.adapters.nats.link import Link
    from mds_protocol.wire.heartbeat import Heartbeat

PUBLISH = ("mds.heartbeat.*._operator", "mds.event.>", "$KV.mds-routes.>", "$KV.mds-feeds.>", "$JS.API.>")
SUBSCRIBE = ("mds.heartbeat.>", "_INBOX.>")
USERS = f"""
accounts {{ MDS {{ jetstream: enabled, users: [
  {{user: operator, password: n-operator, permissions: {{
    publish: {json.dumps(PUBLISH)}, subscribe: {json.dumps(SUBSCRIBE)}}}}},
  {{user: gateway, password: n-gateway}},
] }} }}
"""
EVENT = Restart(
    namespace="desk",
    name="ctp-a",
    account="ctp-a",
    instance="mds-operator-0",
    at_ns=1_795_219_200_000_000_000,
    reason="Unhealthy",
)

LOSS = Gap(
    namespace="desk",
    name="all",
    account="ctp-a",
    instance="ctp-a-0f3c1",
    at_ns=1_795_219_200_000_000_000,
    contracts=(),
    from_ns=FIRST_NS,
    to_ns=FIRST_NS + 1,
    cause=GapCause.LOG_TOO_SHORT,
)


class Ear:
    def __init__(self) -> None:
        self.echoes = 0

    def on_heartbeat(self, beat: Heartbeat, now: float) -> None: ...

    def on_echo(self, namespace: str, now: float) -> None:
        assert (namespace, now > 0) == ("desk", True)
        self.echoes += 1

    def on_other_operator(self, namespace: str, identity: str, now: float) -> None: ...


async def test_the_operators_user_may_do_what_the_operator_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with nats_kinds.running(tmp_path, USERS) as server:
        access = Access(parse_servers(server.url), user="operator", password="n-operator")
        theirs = Access(parse_servers(server.url), user="gateway", password="n-gateway")
        async with connected(access, "operator") as link, connected(theirs, "gateway") as gateway:
            ensured = await ensure_streams(link, build_all(TickStream(max_bytes=1 << 24), DEFAULT))
            assert ensured.refused == ()
            assert await publish_event(link, DEFAULT, EVENT) == 1
            await use_bucket(link, ROUTES_BUCKET)
            await use_bucket(link, SETTINGS_BUCKET)
            await hear_an_echo(link)
            await hear_of_a_loss(link)
            await gateway.store("md.SHFE.rb2701", b"{}")
            await gateway.store("mds.fence.desk.all_7", b"{}")
            await gateway.store("mds.last.md.SHFE.rb2701", b"{}")
            fence = await gateway.store("mds.fence.desk.all", b"{}")
            await gateway.store("md.SHFE.rb2701", b"{}")
            assert await gap_ms(link, "MD", fence, "md.*.*", lambda _: True) is not None
            await look_at_nats(link, gateway)

    assert not [record for record in caplog.records if "ermission" in record.getMessage()]


async def use_bucket(link: Link, name: str) -> None:
    bucket = Bucket(link, name, lambda _: None)
    async with running(bucket.run()):
        await until(lambda: bucket.is_complete)
        assert await bucket.compare_and_set("desk.all", b"1", None) == Written(1)
        assert await bucket.read_leader("desk.all") is not None


async def hear_an_echo(link: Link) -> None:
    ear = Ear()
    heart = Heart(link, DEFAULT, ("desk",), "me", ear, time.monotonic)
    await heart.listen()
    async with running(heart.beat()):
        await until(lambda: ear.echoes > 0)


async def hear_of_a_loss(link: Link) -> None:
    heard: list[Gap] = []
    async with running(LossReader(link, DEFAULT, lambda gap, _: heard.append(gap)).run()):
        await publish_event(link, DEFAULT, LOSS)
        await until(lambda: heard == [LOSS])


async def look_at_nats(link: Link, gateway: Link) -> None:
    assert (await inspect_streams(link, ["MD"], time.monotonic)).keys() == {"MD"}
    assert (await inspect_storage(link, time.monotonic)).storage_bytes > 0
    assert await link.measure_round_trip() > 0
    seen: list[Key] = []
    canary = Canary(Key("desk", "all"), "MD", "md.SHFE.rb2701")
    reader = CanaryReader(link, lambda key, _: seen.append(key))
    async with running(reader.run()):
        reader.use([canary])
        while not any(each.is_ours for each in await list_consumers(link, "MD")):
            pass
        await gateway.store(canary.subject, b"{}")
        await until(lambda: seen == [canary.key])


def test_the_page_lists_the_permissions() -> None:
    rows = ["| may | subjects |", "|---|---|"]
    for verb, subjects in (("publish", PUBLISH), ("subscribe", SUBSCRIBE)):
        rows.append(f"| {verb} | {', '.join(f'`{subject}`' for subject in subjects)} |")

    check_block("permissions", "\n".join(rows))
