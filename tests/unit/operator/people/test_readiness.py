"""What a person reads of the next opening while accounts come and go, and that reading costs no writing."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_operator.looking.readiness import look_at_readiness
from mds_protocol.readiness.verdict import Readiness
from tests.unit.operator.people.world import FEED, Desk

if TYPE_CHECKING:
    from mds_protocol.readiness.verdict import Verdict

READY = "ReadyForOpening"


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    asyncio.run(made.settle())
    return made


def look(desk: Desk) -> Verdict:
    """As a scrape sees it."""
    source = cast("Any", SimpleNamespace(desks=[desk.desk]))
    return look_at_readiness(source).known[desk.desk.key(FEED)]


def test_with_both_accounts_it_is_ready(desk: Desk) -> None:
    assert desk.say(READY) == ("True", "NoProblem")
    assert look(desk).state is Readiness.READY


@pytest.mark.parametrize(
    ("lost", "said", "state"),
    [
        pytest.param(("ctp-b",), ("True", "PodNotRunning"), Readiness.AT_RISK, id="the standby"),
        pytest.param(("ctp-a",), ("True", "PodNotRunning"), Readiness.AT_RISK, id="the active: it moved"),
        pytest.param(("ctp-a", "ctp-b"), ("False", "PodNotRunning"), Readiness.NOT_READY, id="both"),
    ],
)
def test_a_dead_account_is_told(desk: Desk, lost: Any, said: Any, state: Readiness) -> None:
    for account in lost:
        desk.lose(account)
    asyncio.run(desk.settle())

    assert desk.say(READY) == said
    assert look(desk).state is state
    assert "kubectl -n desk describe fa " in desk.read(READY)


def test_a_hold_is_told_and_taken_back(desk: Desk) -> None:
    desk.edit({"paused": True})
    asyncio.run(desk.settle())
    assert desk.say(READY) == ("True", "Held")

    desk.edit({"paused": None})
    asyncio.run(desk.settle())
    assert desk.say(READY) == ("True", "NoProblem")


def test_a_feed_that_nobody_has_looked_at_has_no_verdict() -> None:
    source = cast("Any", SimpleNamespace(desks=[Desk().desk]))

    assert look_at_readiness(source).known == {}


def test_a_quiet_hour_writes_no_status(desk: Desk) -> None:
    async def pass_an_hour() -> None:
        for _ in range(60):
            desk.scene.pass_time(60.0)
            desk.mend("ctp-a")  # both are heard again
            await desk.settle()

    written = len(desk.told.statuses)
    desk.edit()
    asyncio.run(pass_an_hour())

    assert len(desk.told.statuses) == written


def test_an_account_without_a_budget_has_none_to_spend(desk: Desk) -> None:
    desk.edit(accounts={"ctp-a": {"recovery": {"maxPerHour": 0}}})
    asyncio.run(desk.settle())

    assert desk.say(READY) == ("True", "NoProblem")
