"""The judge of the week, on records made by hand: ones that keep everything, and each way to break it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.week.samples import ZERO, find, make_look, make_record
from tests.week.boundaries import BOUNDARIES, FIRST, SECOND, Boundary
from tests.week.judging import find_breaches

LUNCH = find("lunch")
OPENING = find("opening")
WEEKEND = find("weekend, fronts down")
RESTART = find("daily restart before an opening")
LISTING = find("listing, with a change of TradingDay")


@pytest.mark.parametrize("boundary", [pytest.param(one, id=one.name) for one in BOUNDARIES])
def test_what_must_be_is_kept(boundary: Boundary) -> None:
    assert find_breaches(boundary, make_record(boundary)) == []


@pytest.mark.parametrize(
    ("boundary", "changes", "told"),
    [
        pytest.param(LUNCH, {"moves": [SECOND]}, f"moved to {SECOND} instead of nobody", id="a move"),
        pytest.param(LUNCH, {"restarts": [FIRST]}, f"restarted {FIRST} instead of nobody", id="a restart"),
        pytest.param(
            RESTART,
            {"moves": []},
            f"moved to nobody instead of {SECOND}, {FIRST}",
            id="a move that did not come",
        ),
        pytest.param(
            RESTART,
            {"restarts": [SECOND]},
            f"restarted {SECOND} instead of {FIRST}, {SECOND}",
            id="a restart that did not come",
        ),
        pytest.param(
            LUNCH,
            {"events": ["Warning Stale ctp-a: others see ticks"]},
            "alarm: Warning Stale ctp-a: others see ticks",
            id="an alarm",
        ),
        *(
            pytest.param(LUNCH, {"counts": ZERO | {"stored": 500, name: 2}}, f"{name} 2", id=name)
            for name in ZERO
        ),
        pytest.param(LUNCH, {"counts": ZERO | {"stored": 0}}, "nothing stored", id="nothing stored"),
        pytest.param(LISTING, {"full_s": None}, "the coverage never became right", id="never covered"),
        pytest.param(
            LISTING, {"full_s": 61.0}, "the coverage was right after 61 s, bar 60", id="covered too late"
        ),
        pytest.param(LUNCH, {"after": None}, "after: not looked at", id="not looked at"),
        pytest.param(LUNCH, {"problem": "no tick came"}, "no tick came", id="a stay that failed"),
    ],
)
def test_what_happened_without_cause_or_did_not_happen_is_told(
    boundary: Boundary, changes: dict[str, Any], told: str
) -> None:
    assert find_breaches(boundary, make_record(boundary, **changes)) == [told]


@pytest.mark.parametrize(
    ("boundary", "changes", "told"),
    [
        pytest.param(
            LUNCH,
            {"subscription": {"ready": "Unknown", "reason": "HealthUnknown"}},
            ["fs READY Unknown instead of True", "fs REASON HealthUnknown instead of MarketClosed"],
            id="a feed in doubt",
        ),
        pytest.param(
            LUNCH,
            {"subscription": {"active": SECOND}},
            [f"fs ACTIVE {SECOND} instead of {FIRST}"],
            id="active",
        ),
        pytest.param(
            LUNCH, {"subscription": {"next": ""}}, [f"fs NEXT nothing instead of {SECOND}"], id="next"
        ),
        pytest.param(
            LUNCH,
            {"subscription": {"coverage": "14/15"}},
            ["fs COVERAGE 14/15 instead of 15/15"],
            id="coverage",
        ),
        pytest.param(
            LUNCH,
            {"subscription": {"conditions": {"Redundant": "False StandbyUnhealthy"}}},
            ["Redundant False StandbyUnhealthy instead of True Redundant"],
            id="not redundant",
        ),
        pytest.param(
            LUNCH,
            {"accounts": {SECOND: {"ready": "False", "reason": "FrontLost", "health": "Unhealthy"}}},
            [
                f"{SECOND} READY False instead of True",
                f"{SECOND} REASON FrontLost instead of MarketClosed",
                f"{SECOND} HEALTH Unhealthy instead of Healthy",
            ],
            id="a standby that is ill",
        ),
        pytest.param(
            LUNCH,
            {"opened": {FIRST: ["SHFE"], SECOND: []}},
            [f"{FIRST} hears open SHFE instead of nothing"],
            id="a closed market called open",
        ),
        pytest.param(
            LUNCH,
            {"days": {FIRST: "20260914", SECOND: "20260915"}},
            [f"{FIRST} TradingDay 20260914 instead of 20260915"],
            id="yesterday's login",
        ),
        pytest.param(
            LUNCH, {"ticks": {"SHFE": 3}}, ["ticks of SHFE instead of nothing"], id="ticks of a closed market"
        ),
        pytest.param(
            LUNCH,
            {"canaries": {FIRST: {"au2612.SHFE": ("Open", 900)}, SECOND: {}}},
            [f"{FIRST} takes its canary au2612.SHFE for open"],
            id="a canary of a closed market",
        ),
        pytest.param(
            OPENING,
            {"canaries": {FIRST: {}, SECOND: {"au2612.SHFE": ("Open", 5_001)}}},
            [f"{SECOND} has not heard its canary au2612.SHFE for 5001 ms"],
            id="a silent canary",
        ),
        pytest.param(
            WEEKEND,
            {"subscription": {"conditions": {"Redundant": "False StandbyUnhealthy"}}},
            ["Redundant is False StandbyUnhealthy in a closed market"],
            id="an alarm that the weekend explains",
        ),
        pytest.param(
            WEEKEND,
            {"subscription": {"conditions": {"Degraded": "True CoverageLow"}}},
            ["Degraded is True CoverageLow in a closed market"],
            id="low coverage that the weekend explains",
        ),
    ],
)
def test_what_is_shown_after_a_boundary_and_must_not_be_is_told(
    boundary: Boundary, changes: dict[str, Any], told: list[str]
) -> None:
    record = make_record(boundary, after=make_look(boundary.after, **changes))

    assert find_breaches(boundary, record) == [f"after: {text}" for text in told]


def test_ticks_that_do_not_come_or_are_of_another_day_are_told() -> None:
    before = make_look(LUNCH.before, ticks={"SHFE": 9}, tick_days=["20260915", "20260916"])

    assert find_breaches(LUNCH, make_record(LUNCH, before=before)) == [
        "before: ticks of SHFE instead of CFFEX, CZCE, DCE, GFEX, INE, SHFE",
        "before: TradingDay of ticks 20260915, 20260916 instead of 20260915",
    ]
