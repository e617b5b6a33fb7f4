"""Each threshold, just before it and just at it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mds_protocol.readiness.judging import readiness
from mds_protocol.resources.reasons import AccountReason, ReadinessProblem
from tests.unit.readiness.builders import (
    MONDAY,
    OPEN,
    TUESDAY,
    account,
    at,
    closed,
    consumer,
    covered,
    feed,
    ill,
    standby,
    stream,
)
from tests.unit.readiness.test_situations import say

SECOND = timedelta(seconds=1)
OPENING = at("09:00")


def judge(facts: Any, now: Any = OPENING) -> str:
    verdict = readiness(facts, now=now)
    return f"{verdict.state} {say(verdict)}".strip()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        pytest.param(at("08:39:59"), "Ready", id="a second before a login is due"),
        pytest.param(at("08:40"), "NotReady NotReady:FrontLost:ctp-a NotReady:FrontLost:ctp-b", id="due"),
    ],
)
def test_a_login_is_due_twenty_minutes_before_the_opening(now: Any, said: str) -> None:
    down = feed(ill(AccountReason.FRONT_LOST), ill(AccountReason.FRONT_LOST, "ctp-b"), market=closed())

    assert judge(down, now) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        pytest.param(at("08:44:59"), "Ready", id="a second before feeds move"),
        pytest.param(at("08:45"), "NotReady NotReady:NobodyPublishes", id="they move"),
    ],
)
def test_somebody_publishes_from_when_feeds_move(now: Any, said: str) -> None:
    assert judge(feed(is_served=False, market=closed()), now) == said


@pytest.mark.parametrize(
    ("subscribed", "stale", "said"),
    [
        pytest.param(100, 0, "Ready", id="all"),
        pytest.param(99, 0, "AtRisk AtRisk:CoverageLow", id="one is missing"),
        pytest.param(100, 1, "AtRisk AtRisk:CoverageLow", id="one is stale"),
        pytest.param(50, 0, "AtRisk AtRisk:CoverageLow", id="half"),
        pytest.param(49, 0, "NotReady NotReady:CoverageLow", id="less than half"),
        pytest.param(99, 50, "NotReady NotReady:CoverageLow", id="less than half ticks"),
    ],
)
def test_a_feed_of_less_than_half_is_none(subscribed: int, stale: int, said: str) -> None:
    assert judge(feed(coverage=covered(100, subscribed, stale=stale))) == said


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        pytest.param(0.899, "Ready", id="just below nearly full"),
        pytest.param(0.9, "AtRisk AtRisk:StreamNearlyFull", id="nearly full"),
        pytest.param(0.979, "AtRisk AtRisk:StreamNearlyFull", id="just below full"),
        pytest.param(0.98, "NotReady NotReady:StreamFull", id="full"),
    ],
)
def test_a_stream_that_refuses_must_have_room(fill: float, said: str) -> None:
    assert judge(feed(stream=stream(fill=fill, refuses_when_full=True))) == said


@pytest.mark.parametrize(
    ("fill", "oldest_age_s", "said"),
    [
        pytest.param(0.98, 43_199.0, "AtRisk AtRisk:StreamAgeShort", id="less than half of its age"),
        pytest.param(0.98, 43_200.0, "Ready", id="half of it"),
        pytest.param(0.979, 43_199.0, "Ready", id="young, and not full"),
        pytest.param(0.98, None, "Ready", id="its oldest message is not known"),
    ],
)
def test_a_full_stream_keeps_half_of_its_age(fill: float, oldest_age_s: float | None, said: str) -> None:
    assert judge(feed(stream=stream(fill=fill, oldest_age_s=oldest_age_s))) == said


@pytest.mark.parametrize(
    ("pending", "said"),
    [(99_999, "Ready"), (100_000, "AtRisk AtRisk:ConsumerBehind:risk")],
)
def test_a_consumer_is_far_behind_by_a_hundred_thousand(pending: int, said: str) -> None:
    assert judge(feed(consumers=(consumer(pending),))) == said


@pytest.mark.parametrize(
    ("stood", "fill", "said"),
    [
        pytest.param("StreamNearlyFull", 0.811, "AtRisk AtRisk:StreamNearlyFull", id="nearly full"),
        pytest.param("StreamNearlyFull", 0.809, "Ready", id="no longer nearly full"),
        pytest.param("StreamFull", 0.883, "NotReady NotReady:StreamFull", id="full"),
        pytest.param("StreamFull", 0.881, "Ready", id="no longer full"),
    ],
)
def test_a_stream_that_was_full_stays_so_until_it_is_a_tenth_better(
    stood: str, fill: float, said: str
) -> None:
    before = frozenset({(ReadinessProblem(stood), "")})

    assert judge(feed(stream=stream(fill=fill, refuses_when_full=True), stood=before)) == said


@pytest.mark.parametrize(
    ("fill", "oldest_age_s", "said"),
    [
        pytest.param(0.883, 47_999.0, "AtRisk AtRisk:StreamAgeShort", id="short"),
        pytest.param(0.883, 48_000.0, "Ready", id="no longer short"),
        pytest.param(0.881, 47_999.0, "Ready", id="no longer full"),
    ],
)
def test_an_age_that_was_short_stays_so_until_it_is_a_tenth_better(
    fill: float, oldest_age_s: float, said: str
) -> None:
    stood = frozenset({(ReadinessProblem.STREAM_AGE_SHORT, "")})

    assert judge(feed(stream=stream(fill=fill, oldest_age_s=oldest_age_s), stood=stood)) == said


@pytest.mark.parametrize(
    ("about", "pending", "said"),
    [
        pytest.param("risk", 90_000, "AtRisk AtRisk:ConsumerBehind:risk", id="behind"),
        pytest.param("risk", 89_999, "Ready", id="no longer behind"),
        pytest.param("book", 90_000, "Ready", id="another one was behind"),
    ],
)
def test_a_consumer_that_was_behind_stays_so_until_it_is_a_tenth_better(
    about: str, pending: int, said: str
) -> None:
    stood = frozenset({(ReadinessProblem.CONSUMER_BEHIND, about)})

    assert judge(feed(consumers=(consumer(pending),), stood=stood)) == said


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        pytest.param(TUESDAY + timedelta(days=30), "Ready", id="in thirty days"),
        pytest.param(
            TUESDAY + timedelta(days=29),
            "AtRisk AtRisk:CalendarEnding",
            id="in twenty-nine",
        ),
        pytest.param(TUESDAY, "AtRisk AtRisk:CalendarEnding", id="today is its last day"),
        pytest.param(MONDAY, "AtRisk AtRisk:CalendarEnded", id="yesterday was"),
        pytest.param(None, "Ready", id="no calendar is asked"),
    ],
)
def test_a_calendar_is_renewed_a_month_ahead(ends: date | None, said: str) -> None:
    assert judge(feed(market=closed(calendar_ends=ends)), at("08:50")) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [(1, "Ready"), (0, "AtRisk AtRisk:BudgetSpent:ctp-b"), (None, "Ready")],
)
def test_a_budget_is_spent_at_nothing(left: int | None, said: str) -> None:
    assert judge(feed(account(), standby(restarts_left=left))) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        pytest.param(MONDAY, "AtRisk AtRisk:OldTradingDay:ctp-b", id="the day before"),
        pytest.param(TUESDAY, "Ready", id="the day"),
        pytest.param(date(2027, 1, 6), "Ready", id="a later one: the calendar does not know a holiday"),
        pytest.param(None, "Ready", id="not told"),
    ],
)
def test_a_login_is_of_the_day_of_the_opening(day: date | None, said: str) -> None:
    assert judge(feed(account(), standby(trading_day=day)), OPENING) == said


@pytest.mark.parametrize(
    ("others", "said"),
    [
        pytest.param((), "AtRisk AtRisk:NoStandby", id="one hot account"),
        pytest.param((standby(),), "Ready", id="two"),
    ],
)
def test_two_hot_accounts_are_redundant(others: Any, said: str) -> None:
    assert judge(feed(account(), *others)) == said


def test_an_opening_that_has_come_stays_due() -> None:
    """The market may open a moment later than the calendar says."""
    late = feed(ill(AccountReason.FRONT_LOST), market=closed())

    assert judge(late, OPENING + SECOND) == judge(late, OPENING)


def test_a_moment_in_another_zone_is_the_same() -> None:
    down = feed(ill(AccountReason.FRONT_LOST), market=closed())
    moment = at("08:40")

    assert judge(down, moment.astimezone(tz=None)) == judge(down, moment)


def test_the_text_does_not_change_with_the_minutes() -> None:
    """Or the status would be written each second."""
    down = feed(ill(AccountReason.FRONT_LOST), market=closed())
    verdicts = {readiness(down, now=at("08:40") + timedelta(seconds=each)) for each in range(1800)}

    assert len(verdicts) == 1


def test_what_is_open_is_due_whatever_the_calendar_says_of_the_next_opening() -> None:
    assert judge(feed(ill(AccountReason.FRONT_LOST), market=OPEN), at("03:00")).startswith("NotReady")
