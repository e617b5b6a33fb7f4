"""A pin that names nobody who may publish moves nothing and stops nothing: the one that worked stands on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.operator.people.world import Desk


@pytest.fixture(params=[False, True], ids=["", "a new operator"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """ctp-b is pinned and publishes, then the pin names nobody; an operator may have begun anew since."""
    made = Desk()
    asyncio.run(pin_in_vain(made, "ctp-x"))
    if request.param:
        made.begin()
        asyncio.run(made.settle())
    return made


async def pin(desk: Desk, account: str | None) -> None:
    desk.edit({"failover": {"pinnedAccount": account}})
    await desk.settle()


async def pin_in_vain(desk: Desk, account: str) -> None:
    await desk.settle()
    await pin(desk, "ctp-b")
    await pin(desk, account)


def test_it_moves_nothing(desk: Desk) -> None:
    assert (desk.route.named, desk.route.epoch, desk.status.failover_count) == ("ctp-b", 6, 1)
    assert desk.status.pinned_account == "ctp-b"
    assert desk.say("Accepted") == ("True", "Accepted")
    assert desk.say("PinIgnored") == ("True", "PinIgnored")
    assert "ctp-b stays pinned" in desk.read("PinIgnored")


def test_it_stops_nothing(desk: Desk) -> None:
    desk.lose("ctp-b")
    asyncio.run(desk.settle())
    assert (desk.route.named, desk.route.reason) == ("ctp-a", "ContainerDied")

    desk.mend("ctp-b")
    asyncio.run(desk.settle())
    assert (desk.route.named, desk.route.reason) == ("ctp-b", "Pinned")


@pytest.mark.parametrize(
    ("account", "named", "reason"),
    [
        pytest.param(None, "ctp-a", "PriorityEdited", id="taken back: the order counts"),
        pytest.param("ctp-a", "ctp-a", "Pinned", id="corrected"),
    ],
)
def test_what_is_pinned_next_counts_at_once(desk: Desk, account: Any, named: str, reason: str) -> None:
    asyncio.run(pin(desk, account))

    assert (desk.route.named, desk.route.reason) == (named, reason)
    assert desk.say("PinIgnored") == ("-", "-")
    assert desk.status.pinned_account == account


def test_a_pin_that_never_worked_leaves_the_order_as_it_is() -> None:
    desk = Desk()
    asyncio.run(pin(desk, "ctp-x"))

    assert (desk.route.named, desk.route.epoch, desk.status.pinned_account) == ("ctp-a", 5, None)
    assert "nothing is pinned" in desk.read("PinIgnored")


def test_a_pin_to_a_disabled_account_counts_once_that_is_enabled() -> None:
    desk = Desk()
    desk.edit(accounts={"ctp-b": {"enabled": False}})
    asyncio.run(pin(desk, "ctp-b"))
    assert (desk.route.named, desk.route.epoch) == ("ctp-a", 5)
    assert "ctp-b, and it is disabled" in desk.read("PinIgnored")

    desk.edit(accounts={"ctp-b": {"enabled": True}})
    asyncio.run(desk.settle())
    assert (desk.say("PinIgnored"), desk.status.pinned_account) == (("-", "-"), "ctp-b")
