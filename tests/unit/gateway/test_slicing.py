"""Work in slices: others go in between, the newest request wins, and a failure leaves what was."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.slicing import InSlices

if TYPE_CHECKING:
    from collections.abc import Generator

WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


@dataclass
class User:
    used: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def use(self, result: str) -> None:
        self.used.append(result)
        self.told.set()

    def fail(self, failed: Exception) -> None:
        self.failures.append(failed)
        self.told.set()

    async def wait(self) -> None:
        async with asyncio.timeout(WITHIN_S):
            await self.told.wait()
        self.told.clear()


def slices(name: str, count: int, made: list[str]) -> Generator[None, None, str]:
    for number in range(count):
        made.append(f"{name}{number}")
        yield
    return name


def fail() -> Generator[None, None, str]:
    yield
    raise ValueError("no plan")


async def test_what_waits_goes_between_two_slices() -> None:
    user, made = User(), list[str]()
    InSlices(user.use, user.fail).request(slices("a", 3, made))

    def tick() -> None:
        made.append("tick")
        if not user.used:
            asyncio.get_running_loop().call_soon(tick)

    asyncio.get_running_loop().call_soon(tick)
    await user.wait()

    assert made[:6] == ["a0", "tick", "a1", "tick", "a2", "tick"]
    assert user.used == ["a"]


async def test_the_newest_of_several_requests_wins_and_what_it_overtook_is_dropped() -> None:
    user, made = User(), list[str]()
    work = InSlices(user.use, user.fail)
    work.request(slices("a", 3, made))
    await asyncio.sleep(0)
    work.request(slices("b", 3, made))
    work.request(slices("c", 2, made))
    await user.wait()

    assert user.used == ["c"]
    assert made == ["a0", "c0", "c1"]


async def test_a_failure_is_told_and_the_next_request_is_carried_out() -> None:
    user = User()
    work = InSlices(user.use, user.fail)
    work.request(fail())
    await user.wait()
    work.request(slices("next", 1, []))
    await user.wait()

    assert [str(failed) for failed in user.failures] == ["no plan"]
    assert user.used == ["next"]
