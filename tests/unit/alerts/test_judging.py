"""What a record of a fault and its alert may be, and what it breaks otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.alerts.courses import Course
from tests.alerts.ground import allow_s
from tests.alerts.judging import find_breaches
from tests.alerts.records import Record

GOOD = Course(fault=1000.0, pending=1010.0, firing=1040.0, received=1090.0, mended=1100.0, resolved=1130.0)


def record(*, still_s: float = 0.0, pages: tuple[str, ...] = ("MdsFeedDown",), **changed: Any) -> Record:
    return Record(
        case="MdsFeedDown (critical)",
        taken="now",
        rule="of now",
        course=replace(GOOD, **changed),
        allowed_s=95.0,
        pages=pages,
        still_s=still_s,
    )


def test_one_that_came_in_time_and_ended_breaks_nothing() -> None:
    assert find_breaches(record(received=1095.0)) == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (record(received=1095.1), "received after 95 s, allowed 95"),
        (record(received=None), "never received"),
        (record(pending=None), "received and unknown to Prometheus"),
        (record(resolved=None), "not resolved"),
        (record(pages=("MdsFeedDown", "MdsTicksLost")), "2 pages: MdsFeedDown, MdsTicksLost"),
        (replace(record(), problem="no desk"), "no desk"),
    ],
)
def test_each_promise_is_judged(broken: Record, told: str) -> None:
    assert find_breaches(broken) == [told]


def test_a_machine_that_stood_still_for_longer_than_it_was_late_makes_it_void() -> None:
    late = record(received=1099.0, still_s=4.0)

    assert late.is_void
    assert find_breaches(late) == []


@pytest.mark.parametrize("received", [1094.0, 1099.1, None])
def test_nothing_else_does(received: float | None) -> None:
    assert not record(received=received, still_s=4.0).is_void


def test_what_is_allowed_is_the_sum_that_was_promised() -> None:
    assert allow_s(30.0) == 30 + 15 + 2 * 15 + 10 + 10
    assert allow_s(30.0, ripens_s=60.0) == allow_s(30.0) + 60
