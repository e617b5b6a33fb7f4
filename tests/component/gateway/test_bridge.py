"""The bridge as a whole on a real NATS: its window, its turns, a subscription that is edited."""

from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import pytest

from mds_gateway.domain.window import LIMIT, OVERDUE_S
from tests.component.gateway.bridges import (
    CONTRACTS,
    build_claiming,
    build_destination,
    build_route,
    open_rig,
)
from tests.kit.nats_server import WITHIN_S
from tests.kit.tcp_proxy import Held

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OVERDUE: Final = f"no acknowledgement for {OVERDUE_S:g} s"
TWO: Final = ("futures", "options")


async def wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not holds():  # noqa: ASYNC110 - the bridge tells nobody
            await asyncio.sleep(0.01)


async def test_two_subscriptions_share_a_connection_and_both_are_whole(tmp_path: Path) -> None:
    async with open_rig(tmp_path, accounts=("a", "b"), subscriptions=TWO) as rig:
        for to in ("a", "b", "a"):
            await rig.move(to)
            await rig.feed_until_active(to)
            await rig.feed_some(5_000)
        counts = await rig.judge()

        assert counts.is_clean
        assert counts.stored > 0


@pytest.mark.usefixtures("patient")
async def test_what_a_dropped_subscription_had_in_flight_is_answered_and_nobody_elses(tmp_path: Path) -> None:
    async with open_rig(tmp_path, subscriptions=TWO) as rig:
        bridge = rig.accounts["a"].bridge
        await rig.move("a")
        await rig.feed_until_active("a")
        await wait_until(lambda: not bridge.serving.window.in_flight)

        rig.proxy.hold(Held.INCOMING)
        rig.deliver(500)
        in_flight = bridge.serving.window.in_flight
        bridge.serving.drop("futures")
        bridge.serve(build_destination("futures"), build_claiming("a"))
        rig.proxy.release()

        await wait_until(lambda: bridge.serving.window.in_flight == 0)
        assert in_flight > 0
        assert bridge.serving.by_name["futures"].claiming.feed.counts.acked == 0


@pytest.mark.usefixtures("patient")
async def test_edits_of_a_busy_subscription_cost_nothing_of_the_window(tmp_path: Path) -> None:
    async with open_rig(tmp_path, subscriptions=TWO) as rig:
        account, bridge = rig.accounts["a"], rig.accounts["a"].bridge
        await rig.move("a")
        await rig.feed_until_active("a")

        for _ in range(20):
            rig.deliver(1_000)
            bridge.serving.drop("futures")
            bridge.serve(build_destination("futures"), build_claiming("a"))
            bridge.serving.by_name["futures"].claiming.note_replaceable(is_replaceable=False)
            bridge.on_route("futures", build_route("futures", rig.epoch, "a"))
            await rig.feed_until_active("a")
        await wait_until(lambda: not account.waiting and not bridge.serving.window.in_flight)

        assert bridge.serving.window.free == LIMIT
        assert bridge.connections == 1


async def test_a_connection_whose_batches_nobody_answers_is_ended_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        bridge = rig.accounts["a"].bridge
        await rig.move("a")
        await rig.feed_until_active("a")
        await wait_until(lambda: not bridge.serving.window.in_flight)

        rig.proxy.hold(Held.INCOMING)
        rig.deliver(2_000)
        await wait_until(lambda: bridge.last_error == f"connection for ticks lost: {OVERDUE}")
        rig.proxy.release()
        await rig.feed_until_active("a")
        counts = await rig.judge()

        assert counts.is_clean
        assert bridge.serving.window.free == LIMIT


@pytest.mark.usefixtures("patient")
async def test_where_the_window_is_full_subscriptions_are_served_in_turn(tmp_path: Path) -> None:
    async with open_rig(tmp_path, subscriptions=TWO) as rig:
        account, bridge = rig.accounts["a"], rig.accounts["a"].bridge
        await rig.move("a")
        await rig.feed_until_active("a")
        # Whichever became active first was ahead until here.
        await wait_until(lambda: not account.waiting and not bridge.serving.window.in_flight)
        first = rig.serial // CONTRACTS + 1
        rig.deliver(20_000)
        await rig.judge()
        stored, _ = rig.listener.read()

        of_both = [one.contract.startswith("futures") for one in stored if one.serial >= first]
        ahead = accumulate(1 if is_futures else -1 for is_futures in of_both)
        assert len(of_both) > LIMIT
        assert max(abs(lead) for lead in ahead) < LIMIT
