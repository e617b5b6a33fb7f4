"""The real operator with real gateways: two accounts, one subscription, and everything that moves a feed.

One installation for all of it, as it takes long to bring up: each test begins with ctp-a active and both
healthy (`settled`), whatever the one before has left.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from mds_operator.adapters.kube.objects import Kube
from mds_operator.adapters.kube.requests import KubeRequests
from mds_protocol.wire.subjects import ROUTES_BUCKET, encode_key
from mds_simulator.testing import start_simulator
from tests.component.operator.conftest import make_namespaces
from tests.component.operator.process.cluster import ACCOUNTS, SECRET, SUBSCRIPTIONS, Cluster
from tests.component.operator.process.conftest import Installation
from tests.component.operator.process.kubelet import Kubelet
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.client import Client

    from mds_simulator.testing import RunningSimulator
    from tests.component.conftest import ApiServer
    from tests.component.operator.process.conftest import Rights
    from tests.component.operator.process.operator_process import OperatorProcess

log = logging.getLogger(__name__)
pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTRACTS = 40
BOTH = ("ctp-a", "ctp-b")
FEED = "all"
OF_A_BUSY_MACHINE = {"Silent", "FrontLost", "PublishStalled", "Stale", "TakeoverStalled", "OperatorGone"}
"""Why a feed moves without anybody's doing where the machine stands still for 0.7 s and more."""


@dataclass(slots=True)
class Desk:
    cluster: Cluster
    operator: OperatorProcess
    kubelet: Kubelet
    simulator: RunningSimulator
    nats: Client

    async def feed(self) -> dict[str, Any]:
        return await self.cluster.status(SUBSCRIPTIONS, FEED)

    async def route(self) -> dict[str, Any]:
        routes = await self.nats.jetstream().key_value(ROUTES_BUCKET)
        found = await routes.get(encode_key(self.cluster.name, FEED))
        return dict(json.loads(found.value or b"{}"))

    async def settle(self) -> None:
        """Both healthy, ctp-a active, and a failure would keep the feed from it for five minutes."""
        for account in BOTH:
            self.simulator.post(f"/fronts/{account}/heal")
            priority = 100 if account == "ctp-a" else 90
            await self.cluster.edit(ACCOUNTS, account, enabled=True, priority=priority)
        await self.healthy(*BOTH)
        await self.fail_back_after("0s")
        await self.active("ctp-a")
        await self.fail_back_after("5m")
        await self.cluster.until(self.feed, lambda feed: feed.get("nextAccount") == "ctp-b")

    async def fail_back_after(self, after: str) -> None:
        await self.cluster.edit(SUBSCRIPTIONS, FEED, failover={"failbackAfter": after})
        generation = (await self.cluster.read(SUBSCRIPTIONS, FEED))["metadata"]["generation"]
        await self.cluster.until(self.feed, lambda feed: feed.get("observedGeneration") == generation)

    async def healthy(self, *accounts: str) -> None:
        for account in accounts:
            await self.cluster.until_status(ACCOUNTS, account, is_healthy)

    async def active(self, account: str) -> dict[str, Any]:
        return dict(await self.cluster.until(self.feed, lambda feed: feed.get("activeAccount") == account))

    async def moved(self, to: str, *reasons: str) -> dict[str, Any]:
        """The record of the move that made it active, with its gap measured; for one of the reasons."""

        def has_moved(feed: dict[str, Any]) -> bool:
            newest: dict[str, Any] = (feed.get("failovers") or [{}])[0]
            return newest.get("to") == to and "gapMs" in newest

        found: dict[str, Any] = (await self.cluster.until(self.feed, has_moved))["failovers"][0]
        assert found["reason"] in {*reasons, *OF_A_BUSY_MACHINE}, found
        if found["reason"] not in reasons:
            log.warning("the feed moved before it was told to: %s", found)
        return found

    async def drilled(self, after: dict[str, Any]) -> dict[str, Any]:
        """The record of the drill that was made after this state of the feed."""

        def find(feed: dict[str, Any]) -> list[dict[str, Any]]:
            made = [one for one in feed.get("failovers") or [] if one["reason"] == "Drill"]
            return [one for one in made if one["epoch"] > after["epoch"]]

        return find(await self.cluster.until(self.feed, lambda feed: bool(find(feed))))[0]

    async def stayed(self, since: dict[str, Any]) -> None:
        """Nothing but a fault has moved the feed since."""
        moves = [one for one in (await self.feed()).get("failovers") or [] if one["epoch"] > since["epoch"]]
        assert [one for one in moves if one["reason"] not in OF_A_BUSY_MACHINE] == []

    async def says(self, words: str) -> None:
        await self.cluster.until(self.feed, lambda feed: words in tell_ready(feed))


def tell_ready(status: dict[str, Any]) -> str:
    return str({one["type"]: one["message"] for one in status["conditions"]}["Ready"])


def is_healthy(status: dict[str, Any]) -> bool:
    ready = {one["type"]: one["status"] for one in status.get("conditions", [])}.get("Ready")
    return status.get("health") == "Healthy" and ready == "True" and status.get("subscribed") == CONTRACTS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    crds: ApiServer, rights: Rights, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("moves")
    [namespace] = make_namespaces(crds, f"moves-{uuid.uuid4().hex[:8]}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(crds.kubeconfig))
        requests = await KubeRequests.open()
    cluster = Cluster(Kube(requests), namespace)
    server = NatsServer(folder).start()
    client = await server.connect()
    installation = Installation(namespace, folder, server, rights(namespace.name, (namespace.name,)))
    kubelet = Kubelet(cluster, folder)
    operator = installation.operator(MDS_LOG_LEVEL="DEBUG").start()
    options = ["--always-open", "--contracts", str(CONTRACTS), "--rate", "200", "--queries-per-second", "0"]
    for front in ("td:trade", *(f"md:{account}" for account in BOTH)):
        options += ["--front", f"{front}=127.0.0.1:0"]
    with start_simulator(*options) as simulator:
        task = asyncio.get_running_loop().create_task(kubelet.run())
        try:
            desk = Desk(cluster, operator, kubelet, simulator, client)
            await begin(desk)
            yield desk
        finally:
            task.cancel()
            await asyncio.wait([task])
            kubelet.end()
            installation.end()
            await client.close()
            server.stop()
            await requests.close()


async def begin(desk: Desk) -> None:
    await desk.operator.leads()
    for account, priority in zip(BOTH, (100, 90), strict=True):
        fronts = desk.simulator.fronts
        ctp = {"tradeFronts": [fronts["trade"]], "marketDataFronts": [fronts[account]]}
        await desk.cluster.apply_account(account, ctp=ctp, priority=priority)
    await desk.cluster.apply_subscription(FEED)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(running: Desk) -> Desk:
    await running.settle()
    return running


# --- a quiet morning


async def test_two_accounts_become_healthy_and_one_is_elected(desk: Desk) -> None:
    feed = await desk.cluster.until(
        desk.feed, lambda feed: feed.get("coverage") == f"{CONTRACTS}/{CONTRACTS}"
    )
    said = {one["type"]: one["status"] for one in feed["conditions"]}

    assert (feed["activeAccount"], feed["nextAccount"]) == BOTH
    assert said["Ready"] == "True"
    roles = [(await desk.cluster.status(ACCOUNTS, account))["role"] for account in BOTH]
    assert roles == ["Active", "Standby"]


async def test_a_new_start_of_the_operator_moves_nothing_and_tells_no_gateway_anything(desk: Desk) -> None:
    before, pods = await desk.feed(), await desk.cluster.pods()
    settings = await desk.nats.jetstream().stream_info("KV_mds-feeds")
    assert await desk.operator.terminate() == 0
    await desk.operator.start().leads()
    await desk.operator.has_worked()

    await desk.stayed(before)
    assert [pod["metadata"]["uid"] for pod in await desk.cluster.pods()] == [
        pod["metadata"]["uid"] for pod in pods
    ]
    now = await desk.nats.jetstream().stream_info("KV_mds-feeds")
    assert now.state.last_seq == settings.state.last_seq


# --- what a person asks for


async def test_a_priority_edit_moves_the_feed_and_touches_no_pod(desk: Desk) -> None:
    pods = {pod["metadata"]["uid"] for pod in await desk.cluster.pods()}
    await desk.cluster.edit(ACCOUNTS, "ctp-b", priority=200)

    move = await desk.moved("ctp-b", "PriorityEdited")
    assert move["from"] == "ctp-a"
    assert move["detectedAt"] <= move["decidedAt"] <= move["activeAt"]
    assert {pod["metadata"]["uid"] for pod in await desk.cluster.pods()} == pods


async def test_a_drill_moves_the_feed_once_and_it_does_not_come_straight_back(desk: Desk) -> None:
    before = await desk.feed()
    await desk.cluster.annotate(SUBSCRIPTIONS, FEED, drillAt="2026-01-05T09:00:00+08:00")
    drill = await desk.drilled(before)
    await desk.operator.has_worked()

    await desk.stayed(drill)
    assert (await desk.feed())["drillAnswered"] == "2026-01-05T09:00:00+08:00"


async def test_a_drill_that_does_not_happen_says_why_and_happens_when_it_can(desk: Desk) -> None:
    await desk.cluster.annotate(SUBSCRIPTIONS, FEED, drillAt="soon")
    await desk.says("annotation mds.dev/drillAt is 'soon', which is no time")
    await desk.cluster.edit(ACCOUNTS, "ctp-b", enabled=False)
    await desk.cluster.until(desk.feed, lambda feed: "nextAccount" not in feed)
    await desk.cluster.annotate(SUBSCRIPTIONS, FEED, drillAt="2026-01-06T09:00:00+08:00")
    await desk.says("the drill of 2026-01-06T09:00:00+08:00 waits")
    assert (await desk.feed())["activeAccount"] == "ctp-a"

    before = await desk.feed()
    await desk.cluster.edit(ACCOUNTS, "ctp-b", enabled=True)
    await desk.drilled(before)
    await desk.cluster.until(desk.feed, lambda feed: "Beside that" not in tell_ready(feed))


async def test_a_disabled_account_hands_over(desk: Desk) -> None:
    await desk.cluster.edit(ACCOUNTS, "ctp-a", enabled=False)

    await desk.moved("ctp-b", "AccountDisabled")
    await desk.cluster.until(lambda: desk.cluster.pods("ctp-a"), lambda pods: not pods)


@pytest.mark.slow("two gateways restart one after the other")
async def test_restarts_that_are_asked_for_go_standby_first(desk: Desk) -> None:
    before = {account: (await desk.cluster.one_pod(account))["metadata"] for account in BOTH}
    for account in BOTH:
        await desk.cluster.annotate(ACCOUNTS, account, restartedAt=f"2026-01-05T09:00:0{len(before)}+08:00")
    await desk.moved("ctp-b", "PlannedRestart", "Draining")
    await desk.healthy(*BOTH)

    after = {account: (await desk.cluster.one_pod(account))["metadata"] for account in BOTH}
    assert {account for account in BOTH if before[account]["uid"] != after[account]["uid"]} == set(BOTH)
    made = {account: after[account]["creationTimestamp"] for account in BOTH}
    assert made["ctp-b"] <= made["ctp-a"]
    for account in BOTH:
        assert (await desk.cluster.status(ACCOUNTS, account))["restarts"]["lastReason"] == "Requested"
    restarts = [event for event in await read_events(desk.nats) if event["kind"] == "restart"]
    assert {event["name"] for event in restarts} >= set(BOTH)


# --- what fails


async def test_a_gateway_that_is_killed_hands_over_and_comes_back_in_its_pod(desk: Desk) -> None:
    pod = await desk.cluster.one_pod("ctp-a")
    desk.kubelet.of(pod["metadata"]["name"]).kill()

    move = await desk.moved("ctp-b", "Silent", "ContainerDied", "Starting")
    await desk.healthy("ctp-a")
    assert (await desk.cluster.one_pod("ctp-a"))["metadata"]["uid"] == pod["metadata"]["uid"]
    await desk.stayed(move)


async def test_a_front_that_goes_down_moves_the_feed(desk: Desk) -> None:
    desk.simulator.post("/fronts/ctp-a/down")

    await desk.moved("ctp-b", "FrontLost")
    status = await desk.cluster.until_status(ACCOUNTS, "ctp-a", lambda found: found["health"] == "Unhealthy")
    assert status["fronts"]["marketData"]["connected"] is False


@pytest.mark.slow("an operator ends and another imports for 5 s")
async def test_without_an_operator_a_standby_promotes_itself_and_the_next_operator_agrees(
    desk: Desk,
) -> None:
    epoch = (await desk.feed())["epoch"]
    pod = await desk.cluster.one_pod("ctp-a")
    try:
        desk.kubelet.is_away = True
        desk.operator.end()
        desk.kubelet.of(pod["metadata"]["name"]).kill()
        found = await desk.cluster.until(desk.route, lambda found: found["epoch"] > epoch)
    finally:
        desk.kubelet.is_away = False
        await desk.operator.start().leads()

    assert found["named"] == "ctp-b"
    await desk.moved("ctp-b", "OperatorGone")


async def test_a_forged_route_moves_nothing_and_is_written_over(desk: Desk) -> None:
    """As any gateway's login can write it: well formed, and not to be converted to UTC."""
    before, feed = await desk.route(), await desk.feed()
    forged = before | {
        "named": "ctp-b",
        "epoch": before["epoch"] + 10,
        "nonce": "forged",
        "decided_at": "0001-01-01T00:00:00+14:00",
    }
    routes = await desk.nats.jetstream().key_value(ROUTES_BUCKET)
    await routes.put(encode_key(desk.cluster.name, FEED), json.dumps(forged).encode())

    found = await desk.cluster.until(desk.route, lambda found: found["nonce"] != "forged")
    assert (found["named"], found["epoch"]) == ("ctp-a", before["epoch"] + 11)
    await desk.cluster.until(
        desk.feed, lambda feed: (feed["activeAccount"], feed["epoch"]) == ("ctp-a", found["epoch"])
    )
    await desk.cluster.until(desk.cluster.events, lambda events: "RouteUnreadable" in json.dumps(events))
    assert (await desk.feed())["failoverCount"] == feed["failoverCount"]
    assert all(word not in desk.operator.said for word in ("OverflowError", "EntryFailed"))


# --- what it leaves


async def test_what_happened_is_told_in_events_and_no_secret_is(desk: Desk) -> None:
    await desk.cluster.edit(ACCOUNTS, "ctp-b", priority=200)
    move = await desk.moved("ctp-b", "PriorityEdited")
    told = json.dumps(await desk.cluster.events())
    takeovers = [event for event in await read_events(desk.nats) if event["kind"] == "takeover"]

    assert f'"{move["reason"]}"' in told
    assert move["epoch"] in {event["epoch"] for event in takeovers}
    assert all(value not in told + desk.operator.said for value in SECRET.values())
    assert "cannot be reconciled" not in desk.operator.said
    assert "Traceback" not in desk.operator.said


async def read_events(client: Client) -> list[dict[str, Any]]:
    stream = client.jetstream()
    last = (await stream.stream_info("MDS-EVENTS")).state.last_seq
    found = [await stream.get_msg("MDS-EVENTS", number) for number in range(1, last + 1)]
    return [json.loads(message.data or b"{}") for message in found]


async def test_a_deleted_account_hands_over_and_its_pod_is_left_to_kubernetes(desk: Desk) -> None:
    await desk.cluster.delete(ACCOUNTS, "ctp-a")

    await desk.moved("ctp-b", "AccountDeleted", "Draining")
    feed = await desk.feed()
    assert feed.get("nextAccount") is None
