"""That the service counts from nothing on what it serves, tells of the dead, and tells feeds of logins."""

# ruff: noqa: SLF001 - what the service is told by its parts and by its clock has no other door
from __future__ import annotations

import time

from mds_gateway.domain.actions import TookOver
from mds_gateway.ports import LoggedIn
from mds_protocol.failover import timings
from mds_protocol.wire.heartbeat import Depths, Publication
from tests.unit.gateway.test_readiness import beat
from tests.unit.gateway.test_service_work import Requests, build_gateway, stand_by


async def test_what_is_served_begins_with_no_loss() -> None:
    gateway = build_gateway(Requests())
    await stand_by(gateway, "all")

    losses = gateway.metrics.tally.losses
    assert {subscription for subscription, _ in losses.lost} == {"all"}
    assert (len(losses.lost), dict(losses.died_with)) == (4, {"all": 0})


async def test_the_exchanges_of_what_is_served_are_known_to_the_figures() -> None:
    gateway = build_gateway(Requests())
    await stand_by(gateway, "all")
    gateway.beating.compose()

    assert dict(gateway.metrics.tally.exchanges) == {"all": frozenset()}


async def test_what_the_account_before_died_with_is_told_by_its_successor() -> None:
    gateway = build_gateway(Requests())
    await stand_by(gateway, "all")
    publications = (Publication(subscription="all", epoch=3, fence=9, fence_epoch=3),)
    last = beat(account="ctp-b", publications=publications, depths=Depths(in_flight=4))
    gateway.peers.on_heartbeat(last, time.monotonic() - timings.SILENCE_S)

    gateway._on_happened("all", TookOver(4, 10, 0, 0.01, "Silent", "ctp-b"))
    await gateway._tick()

    assert dict(gateway.metrics.tally.losses.died_with) == {"all": 4}
    assert gateway.metrics.tally.notes["DiedWith"] == 1


async def test_each_feed_hears_of_a_login() -> None:
    gateway = build_gateway(Requests())
    await stand_by(gateway, "one", "two")
    heard: list[int] = []
    for served in gateway.bridge.serving:
        served.feed.note_login = heard.append  # type: ignore[method-assign, assignment] # its own part is tested elsewhere

    gateway.on_source(LoggedIn())

    assert len(heard) == 2
