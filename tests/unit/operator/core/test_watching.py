"""Lists beside watches: what a watch misses is known within seconds, and one that is dead begins anew.

In virtual time. kopf is left out: a watch is what a test brings by hand.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_operator import watching
from mds_operator.adapters.kube.errors import ForbiddenError
from mds_operator.domain.store import Kind
from mds_operator.handlers import Arrival
from mds_operator.watching import AGAIN_S, AUDIT_EVERY_S, PATIENCE_S, Watching
from tests.unit.operator.core.builders import Scene, account_body, make_office, pod_body
from tests.unit.operator.core.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from mds_operator.handlers import Scope


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "Watch", HandWatch)


NEXT_LIST_S = PATIENCE_S + AUDIT_EVERY_S + 0.5
"""From one list to beyond the next, also where the one before still waits for its watch."""


@dataclass(slots=True)
class Server:
    """The API server, as far as lists go."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    refuses_pods: bool = False
    slow_s: float = 0.0

    async def list_resources(self, plural: str, namespace: str) -> list[dict[str, Any]]:
        assert namespace == "desk"
        found = list(self.accounts) if plural == "feedaccounts" else []
        await asyncio.sleep(self.slow_s)
        return found

    async def list_pods(self, namespace: str, *, selector: str) -> list[dict[str, Any]]:
        assert (namespace, selector) == ("desk", "mds.dev/account")
        if self.refuses_pods:
            raise ForbiddenError("list", "pods", namespace)
        return list(self.pods)

    async def list_nodes(self) -> list[dict[str, Any]]:
        return list(self.nodes)


class HandWatch:
    """Brings what the test says; counts how often it was begun anew."""

    def __init__(self, scope: Scope, sink: Callable[[Arrival], None]) -> None:
        self.scope, self.bring, self.restarts = scope, sink, 0

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()

    def restart(self) -> None:
        self.restarts += 1


@dataclass(slots=True)
class Room:
    server: Server
    scene: Scene
    watching: Watching
    urgent: list[float]

    @property
    def watch(self) -> HandWatch:
        return cast("HandWatch", self.watching.sights["desk"].watch)

    def bring(self, body: dict[str, Any], *, is_deleted: bool = False) -> None:
        self.watch.bring(Arrival(Kind.ACCOUNT, body, is_deleted=is_deleted))

    async def pass_time(self, seconds: float) -> None:
        """Also for rules; in steps, as the loop's clock jumps from one timer to the next."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await asyncio.sleep(min(0.1, end - loop.time()))
            self.scene.office.moment = loop.time()


@asynccontextmanager
async def watching_room(server: Server) -> AsyncIterator[Room]:
    scene = Scene(make_office())
    scene.office.kube = cast("Any", server)
    scene.office.moment = asyncio.get_running_loop().time()
    urgent: list[float] = []
    made = Watching(scene.office, {"desk": scene.desk}, lambda: urgent.append(scene.office.now()))
    task = asyncio.get_running_loop().create_task(made.run())
    room = Room(server, scene, made, urgent)
    await room.pass_time(0.2)
    for kind, bodies in ((Kind.ACCOUNT, server.accounts), (Kind.POD, server.pods)):
        for body in bodies:
            room.watch.bring(Arrival(kind, body, is_deleted=False))
    yield room
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def version(number: int, **spec: Any) -> dict[str, Any]:
    return account_body(metadata={"resourceVersion": str(number)}, **spec)


@in_virtual_time
async def test_a_list_makes_a_namespace_known_without_a_watch() -> None:
    server = Server(accounts=[version(5)], pods=[pod_body()])
    async with watching_room(server) as room:
        assert room.watching.is_complete
        assert room.watching.is_whole("desk")
        assert set(room.scene.desk.accounts) == {"ctp-a"}
        assert set(room.scene.desk.pods) == {"ctp-a-11111"}


@in_virtual_time
async def test_what_the_watch_missed_is_taken_from_the_list_and_the_watch_begins_anew() -> None:
    server = Server(accounts=[version(5)])
    async with watching_room(server) as room:
        server.accounts = [version(6, priority=7)]
        await room.pass_time(NEXT_LIST_S)
        assert room.scene.desk.accounts["ctp-a"].account.spec.priority == 7
        assert room.watch.restarts == 0
        await room.pass_time(PATIENCE_S)

        assert room.watch.restarts == 1
        assert room.watching.sights["desk"].behind_since is not None


@in_virtual_time
async def test_a_watch_that_is_only_a_little_later_than_the_list_is_well() -> None:
    server = Server(accounts=[version(5)])
    async with watching_room(server) as room:
        server.accounts = [version(6, priority=7)]
        await room.pass_time(NEXT_LIST_S + PATIENCE_S - 1)
        room.bring(version(6, priority=7))
        await room.pass_time(2 * AUDIT_EVERY_S)

        assert room.watch.restarts == 0


@in_virtual_time
async def test_an_older_version_does_not_make_a_watch_well() -> None:
    server = Server(accounts=[version(5)])
    async with watching_room(server) as room:
        server.accounts = [version(7, priority=7)]
        await room.pass_time(NEXT_LIST_S)
        room.bring(version(6))
        await room.pass_time(PATIENCE_S)

        assert room.watch.restarts == 1
        assert room.scene.desk.accounts["ctp-a"].account.spec.priority == 7


@in_virtual_time
async def test_a_deletion_that_the_watch_missed_is_noticed() -> None:
    server = Server(accounts=[version(5)])
    async with watching_room(server) as room:
        server.accounts = []
        await room.pass_time(NEXT_LIST_S)

        assert room.scene.desk.accounts == {}


@in_virtual_time
async def test_a_watch_that_was_begun_anew_and_brings_again_is_well() -> None:
    server = Server(accounts=[version(5)])
    async with watching_room(server) as room:
        server.accounts = [version(6)]
        await room.pass_time(NEXT_LIST_S + PATIENCE_S)
        room.bring(version(6))
        await room.pass_time(NEXT_LIST_S)

        assert room.watch.restarts == 1
        assert room.watching.sights["desk"].behind_since is None


@in_virtual_time
async def test_a_list_that_is_overtaken_by_a_deletion_brings_nothing_back() -> None:
    server = Server(accounts=[version(5)])
    async with watching_room(server) as room:
        server.slow_s = 2.0
        await room.pass_time(NEXT_LIST_S)  # and a list is on its way
        server.accounts = []
        room.bring(version(6), is_deleted=True)
        await room.pass_time(PATIENCE_S + 5)

        assert room.scene.desk.accounts == {}
        assert room.watch.restarts == 0


@in_virtual_time
async def test_a_namespace_counts_as_known_from_when_its_lists_were_asked_for() -> None:
    async with watching_room(Server(slow_s=1.0)) as room:
        absent_since = room.scene.office.now()
        await room.pass_time(3.0)
        assert room.watching.is_whole("desk")
        assert not room.watching.is_known("desk", absent_since)
        await room.pass_time(AUDIT_EVERY_S + 3.0)

        assert room.watching.is_known("desk", absent_since)


@in_virtual_time
async def test_a_namespace_that_cannot_be_listed_is_not_waited_for_and_not_acted_upon() -> None:
    server = Server(refuses_pods=True)
    async with watching_room(server) as room:
        room.bring(version(5))
        assert room.watching.is_complete
        assert not room.watching.is_whole("desk")
        server.refuses_pods = False
        await room.pass_time(AGAIN_S + 0.5)

        assert room.watching.is_whole("desk")
        assert room.watching.sights["desk"].problem is None


@in_virtual_time
async def test_what_is_not_news_is_not_urgent() -> None:
    async with watching_room(Server(accounts=[version(5)])) as room:
        room.urgent.clear()
        room.bring(version(5))
        room.bring(version(4))
        assert room.urgent == []

        room.bring(version(6))
        assert len(room.urgent) == 1


def make_node(number: int, *, ready: bool) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True" if ready else "Unknown"}
    metadata = {"name": "node-1", "uid": "n1", "resourceVersion": str(number)}
    return {"metadata": metadata, "status": {"conditions": [condition]}}


@in_virtual_time
async def test_a_node_is_lost_from_when_it_was_first_seen_so() -> None:
    server = Server(nodes=[make_node(1, ready=True)])
    async with watching_room(server) as room:
        office = room.scene.office
        await room.pass_time(PATIENCE_S)
        assert office.nodes["node-1"].is_ready
        server.nodes = [make_node(2, ready=False)]
        await room.pass_time(AUDIT_EVERY_S + 1)
        lost_at = office.lost_nodes["node-1"]
        server.nodes = [make_node(3, ready=False)]
        await room.pass_time(AUDIT_EVERY_S + PATIENCE_S)
        assert office.lost_nodes["node-1"] == lost_at
        server.nodes = [make_node(4, ready=True)]
        await room.pass_time(AUDIT_EVERY_S + PATIENCE_S + 1)

        assert office.lost_nodes == {}
