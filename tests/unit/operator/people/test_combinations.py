"""Paused, Manual, pinned, disabled, priority 0, in every combination: what a status says is what is.

The tables of docs/holding.md are made by the code itself; `MDS_WRITE_PAGES=1` writes the page instead of
comparing it.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.operator.people.combinations import COMBINATIONS, HOLDS, Combination, Outcome, observe

if TYPE_CHECKING:
    from tests.unit.operator.people.world import Desk

PAGE = Path(__file__).parents[4] / "docs" / "holding.md"
BEGIN, END = "<!-- begin generated: combinations -->\n", "<!-- end generated: combinations -->"


@pytest.fixture(scope="module")
def outcomes() -> dict[Combination, Outcome]:
    return {combination: asyncio.run(observe(combination)) for combination in COMBINATIONS}


@pytest.fixture(params=HOLDS)
def held(request: pytest.FixtureRequest, outcomes: dict[Combination, Outcome]) -> dict[Combination, Outcome]:
    """All combinations with one way to hold the feed."""
    return {one: found for one, found in outcomes.items() if one.hold == request.param}


# --- what is, is said


def test_ready_is_true_exactly_while_somebody_publishes(held: dict[Combination, Outcome]) -> None:
    for combination, found in held.items():
        flows = found.publisher in found.pods
        assert found.ready[0] == str(flows), combination
        assert found.status.active_account == (found.publisher if flows else None), combination


def test_a_disabled_publisher_keeps_its_pod_until_the_feed_has_moved(
    held: dict[Combination, Outcome],
) -> None:
    for combination, found in held.items():
        assert found.publisher in found.pods, combination
        is_needed = found.publisher == "ctp-a" or combination.active != "disabled"
        assert ("ctp-a" in found.pods) == is_needed, combination


def test_next_and_redundant_name_who_takes_over_when_the_publisher_dies(
    held: dict[Combination, Outcome],
) -> None:
    for combination, found in held.items():
        assert found.status.next_account == found.successor, combination
        assert (found.redundant[0] == "True") == (found.successor is not None), combination
        says_so = "moves the feed:" in found.message
        assert says_so == combination.is_held(found.publisher), combination


def test_a_pin_that_names_nobody_who_may_publish_is_said(held: dict[Combination, Outcome]) -> None:
    for combination, found in held.items():
        says_so = found.ignored == ("True", "PinIgnored")
        assert says_so == (combination.pin is not None and not combination.pin_counts), combination


def test_what_is_held_or_ignored_has_an_event(held: dict[Combination, Outcome]) -> None:
    for combination, found in held.items():
        reasons = {found.ready[1], found.redundant[1]}
        assert (("Normal", "Held") in found.events) == ("Held" in reasons), combination
        is_told = ("Warning", "PinIgnored") in found.events
        assert is_told == (found.ignored[0] == "True"), combination


def test_looking_again_changes_nothing(held: dict[Combination, Outcome]) -> None:
    assert [str(combination) for combination, found in held.items() if not found.is_stable] == []


# --- what is to be done, works


def test_what_a_held_feed_asks_for_moves_it(held: dict[Combination, Outcome]) -> None:
    for combination, found in held.items():
        if found.ready[1] != "Held":
            assert "To move it" not in found.message, combination
            continue
        assert asyncio.run(follow(combination, found.message)) == "ctp-b", combination


async def follow(combination: Combination, message: str) -> str | None:
    """Do what the message says, and no more; whom the route names then."""
    desk: Desk = await combination.play()
    told = message.partition("To move it, ")[2]
    failover = dict(desk.subscription["failover"])
    if pin := re.search(r"set failover.pinnedAccount to (\S+?)[.,]?(?: |$)", told):
        failover["pinnedAccount"] = pin[1]
    unpause = {"paused": False} if "set spec.paused to false" in told else {}
    account = {"ctp-a": {"paused": False}} if "spec.paused of account ctp-a to false" in told else {}
    desk.edit({"failover": failover} | unpause, account)
    await desk.settle()
    return desk.route.named


# --- the page

HEAD = "| pinned | ctp-a | ACTIVE | NEXT | READY, REASON | Redundant | Ready says | Events | its pod |"


def tables(outcomes: dict[Combination, Outcome]) -> str:
    told = []
    for hold in HOLDS:
        rows: dict[tuple[str, ...], list[str]] = {}
        for combination in (one for one in outcomes if one.hold == hold):
            rows.setdefault(describe(combination, outcomes[combination]), []).append(
                combination.pin or "none"
            )
        told += [f"### {hold}", "", HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
        told += [f"| {', '.join(pins)} | {' | '.join(cells)} |" for cells, pins in rows.items()]
        told.append("")
    return "\n".join(told)


def describe(combination: Combination, found: Outcome) -> tuple[str, ...]:
    """The cells of a row but for the pin: combinations of which all this is equal share one."""
    return (
        combination.active,
        found.status.active_account or "",
        found.status.next_account or "",
        " ".join(found.ready),
        " ".join(found.redundant),
        found.message,
        ", ".join(f"`{reason}`" for _, reason in found.events),
        "stays" if "ctp-a" in found.pods else "goes",
    )


def test_the_page_is_what_the_code_says(outcomes: dict[Combination, Outcome]) -> None:
    before, opened, rest = PAGE.read_text().partition(BEGIN)
    found, closed, after = rest.partition(END)
    assert opened
    assert closed
    if os.environ.get("MDS_WRITE_PAGES"):
        PAGE.write_text(f"{before}{BEGIN}{tables(outcomes)}{END}{after}")
        return

    assert found == tables(outcomes), "docs/holding.md is behind; run this test with MDS_WRITE_PAGES=1"
