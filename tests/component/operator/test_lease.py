"""Two electors on a real API server; the decision itself is in the unit tests."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mds_operator.adapters.kube.errors import UnavailableError
from mds_operator.adapters.kube.objects import Kube
from mds_operator.adapters.lease import LeaseElector
from mds_operator.domain.seen import Key
from tests.component.operator.running import WITHIN_S, running, until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.component.operator.conftest import Namespace


@dataclass(slots=True)
class Replica:
    elector: LeaseElector
    told: list[str] = field(default_factory=list)

    async def run(self) -> None:
        await self.elector.hold(lambda: self.told.append("gained"), lambda: self.told.append("lost"))

    @property
    def leads(self) -> bool:
        return self.told[-1:] == ["gained"]


def make(kube: Kube, namespace: Namespace, identity: str) -> Replica:
    return Replica(LeaseElector(kube, Key(namespace.name, "mds-operator"), identity))


async def test_one_of_two_leads_while_it_renews_and_the_other_follows_its_end(
    kube: Kube, namespace: Namespace
) -> None:
    first, second = make(kube, namespace, "a"), make(kube, namespace, "b")
    async with AsyncExitStack() as stack:
        async with running(first.run()):
            await until(lambda: first.leads)
            await stack.enter_async_context(running(second.run()))
            for _ in range(3):
                await renewed(kube, namespace)
            # A machine that stands still for 4 s costs the first its Lease, and nothing else may.
            assert second.told == [] or first.told == ["gained", "lost"]
        await until(lambda: second.leads)


async def renewed(kube: Kube, namespace: Namespace) -> None:
    before = await read(kube, namespace)
    async with asyncio.timeout(WITHIN_S):
        while True:
            if (await read(kube, namespace))["renewTime"] != before["renewTime"]:
                return
            await asyncio.sleep(0.1)


async def test_a_leader_that_ends_releases_the_lease(kube: Kube, namespace: Namespace) -> None:
    leader = make(kube, namespace, "a")
    async with running(leader.run()):
        await until(lambda: leader.leads)
        assert (await read(kube, namespace))["holderIdentity"] == "a"

    assert not (await read(kube, namespace)).get("holderIdentity")


async def read(kube: Kube, namespace: Namespace) -> dict[str, Any]:
    lease = await kube.read_lease(Key(namespace.name, "mds-operator"), timeout_s=WITHIN_S)
    assert lease is not None
    spec: dict[str, Any] = lease["spec"]
    return spec


@dataclass(frozen=True, slots=True)
class Cut(Kube):
    """A way to the API server that can be cut: as it is for a process that hangs, or is cut off."""

    cut: asyncio.Event

    async def replace_lease(self, body: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        if self.cut.is_set():
            raise UnavailableError("cut")
        return await Kube.replace_lease(self, body, timeout_s)


async def test_a_dead_leader_yields_and_is_followed_when_its_lease_is_stale(
    kube: Kube, namespace: Namespace
) -> None:
    """That it yields before is by the clock: the unit tests have it."""
    cut = Cut(kube.requests, asyncio.Event())
    first, second = make(cut, namespace, "a"), make(kube, namespace, "b")
    async with running(first.run()) as leading:
        await until(lambda: first.leads)
        async with running(second.run()):
            cut.cut.set()
            await until(leading.done)
            await until(lambda: second.leads)

            assert first.told == ["gained", "lost"]


async def test_a_lease_that_another_took_is_lost_at_the_next_renewal(
    kube: Kube, namespace: Namespace
) -> None:
    first = make(kube, namespace, "a")
    async with running(first.run()) as leading:
        await until(lambda: first.leads)
        namespace.kubectl(
            "patch", "lease", "mds-operator", "--type=merge", '--patch={"spec":{"holderIdentity":"person"}}'
        )
        await until(leading.done)

    assert first.told == ["gained", "lost"]
    assert (await read(kube, namespace))["holderIdentity"] == "person"
