"""An account that is disabled while it publishes a held feed: its pod goes when nobody needs it any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mds_operator.domain.pod_case import Action
from tests.unit.operator.people.world import Desk

MANUAL: dict[str, Any] = {"failover": {"mode": "Manual"}}


async def disable(desk: Desk, subscription: dict[str, Any]) -> None:
    await desk.settle()
    desk.edit(subscription, {"ctp-a": {"enabled": False}})
    await desk.settle()


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    asyncio.run(disable(made, MANUAL))
    return made


def test_it_stays_where_it_is_the_only_account_too() -> None:
    """Then the subscription is not accepted, and nobody is elected for it."""
    desk = Desk()
    desk.delete("ctp-b")
    asyncio.run(disable(desk, MANUAL))

    assert desk.say("Accepted") == ("False", "NoAccounts")
    assert desk.pods == {"ctp-a"}


def test_it_is_not_made_anew_when_it_is_gone(desk: Desk) -> None:
    desk.drop_pod("ctp-a")
    asyncio.run(desk.settle())

    assert (desk.pods, desk.route.named) == ({"ctp-b"}, "ctp-a")
    assert desk.say("Ready") == ("False", "Held")
    assert desk.read().startswith("ctp-a does not publish (Disabled).")
    assert ("Warning", "Held") in {(event.type.value, event.reason) for event in desk.told.events}


def test_it_stays_until_the_operator_has_read_the_routes(desk: Desk) -> None:
    desk.begin()
    desk.forget_routes()

    assert desk.plan("ctp-a").action is Action.WAIT


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"failover": {"mode": "Auto"}}, id="Auto again"),
        pytest.param({"failover": {"mode": "Manual", "pinnedAccount": "ctp-b"}}, id="pinned elsewhere"),
    ],
)
def test_it_goes_when_the_feed_has_moved(desk: Desk, edit: dict[str, Any]) -> None:
    desk.edit(edit)
    asyncio.run(desk.settle())

    assert (desk.pods, desk.route.named, desk.say("Ready")) == ({"ctp-b"}, "ctp-b", ("True", "Active"))
