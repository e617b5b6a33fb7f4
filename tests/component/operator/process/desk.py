"""A desk of two accounts and one subscription with a real operator: what a test asks of it and waits for."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.adapters.kube.objects import Kube
from mds_operator.adapters.kube.requests import KubeRequests
from mds_protocol.wire.subjects import ROUTES_BUCKET, encode_key
from mds_simulator.testing import start_simulator
from tests.component.operator.conftest import make_namespaces
from tests.component.operator.process.cluster import ACCOUNTS, SUBSCRIPTIONS, Cluster
from tests.component.operator.process.conftest import Installation
from tests.component.operator.process.kubelet import Kubelet
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nats.aio.client import Client

    from mds_simulator.testing import RunningSimulator
    from tests.component.conftest import ApiServer
    from tests.component.operator.process.conftest import Rights
    from tests.component.operator.process.operator_process import OperatorProcess

log = logging.getLogger(__name__)

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
    server: NatsServer
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
        free = {"mode": "Auto", "pinnedAccount": None}
        await self.cluster.edit(SUBSCRIPTIONS, FEED, paused=False, failover=free)
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
        assert all(one["reason"] in OF_A_BUSY_MACHINE for one in moves), moves

    async def says(self, words: str) -> None:
        await self.cluster.until(self.feed, lambda feed: words in tell_ready(feed))

    async def ready_for(self, *reasons: str) -> dict[str, Any]:
        """The feed's condition Ready, when it is so for one of the reasons."""
        feed = await self.cluster.until(self.feed, lambda feed: find_ready(feed)["reason"] in reasons)
        return find_ready(feed)


@asynccontextmanager
async def open_desk(crds: ApiServer, rights: Rights, folder: Path) -> AsyncIterator[Desk]:
    """An operator, its kubelet, and fronts and objects for both accounts."""
    [namespace] = make_namespaces(crds, f"moves-{uuid.uuid4().hex[:8]}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(crds.kubeconfig))
        requests = await KubeRequests.open()
    cluster = Cluster(Kube(requests), namespace)
    server = NatsServer(folder).start()
    client = await server.connect()
    installation = Installation(namespace, folder, server, rights(namespace.name, (namespace.name,)))
    kubelet = Kubelet(cluster, folder)
    levels = {"MDS_LOG_LEVEL": "DEBUG", "MDS_GATEWAY_LOG_LEVEL": "DEBUG"}
    operator = installation.operator(**levels).start()
    options = ["--always-open", "--contracts", str(CONTRACTS), "--rate", "200", "--queries-per-second", "0"]
    for front in ("td:trade", *(f"md:{account}" for account in BOTH)):
        options += ["--front", f"{front}=127.0.0.1:0"]
    with start_simulator(*options) as simulator:
        task = asyncio.get_running_loop().create_task(kubelet.run())
        try:
            desk = Desk(cluster, operator, kubelet, simulator, server, client)
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


def find_ready(status: dict[str, Any]) -> dict[str, Any]:
    return {one["type"]: dict(one) for one in status["conditions"]}["Ready"]


def say(status: dict[str, Any], kind: str) -> tuple[str, str]:
    """Status and reason of a condition."""
    found = {one["type"]: one for one in status["conditions"]}.get(kind, {})
    return found.get("status", ""), found.get("reason", "")


def tell_ready(status: dict[str, Any]) -> str:
    return str(find_ready(status)["message"])


def count_restarts(status: dict[str, Any]) -> int:
    return int(status.get("restarts", {}).get("count", 0))


def is_healthy(status: dict[str, Any]) -> bool:
    ready = {one["type"]: one["status"] for one in status.get("conditions", [])}.get("Ready")
    return status.get("health") == "Healthy" and ready == "True" and status.get("subscribed") == CONTRACTS


async def read_events(client: Client) -> list[dict[str, Any]]:
    stream = client.jetstream()
    last = (await stream.stream_info("MDS-EVENTS")).state.last_seq
    found = [await stream.get_msg("MDS-EVENTS", number) for number in range(1, last + 1)]
    return [json.loads(message.data or b"{}") for message in found]
