"""Losses as a person reads them, however often they are told and however often the operator began anew."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_operator.domain.losses import (
    COUNT_MAX,
    FOLLOWS_WITHIN,
    KEPT,
    Losses,
    has_begun,
    note_gap_event,
    recall_losses,
)
from mds_operator.domain.subscription_notices import tell_losses
from mds_operator.domain.subscription_status import build_subscription_status
from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus
from mds_protocol.wire.events import ESTIMATES, Gap, GapCause
from tests.unit.operator.subscriptions.builders import CREATED, WALL, make_case, make_feed

if TYPE_CHECKING:
    from mds_protocol.resources.feedsubscription import LossRecord

MORNING = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
S = 1_000_000_000
JUST = int(FOLLOWS_WITHIN.total_seconds())


def to_ns(moment: datetime) -> int:
    return int(moment.timestamp()) * S


def make_gap(
    since_s: float, until_s: float, count: int | None = 1, cause: GapCause = GapCause.LOG_TOO_SHORT
) -> Gap:
    """From and to in seconds after the morning began."""
    start = to_ns(MORNING)
    return Gap(
        namespace="desk",
        name="all",
        account="a",
        instance="a-1",
        at_ns=start,
        contracts=(),
        from_ns=start + int(since_s * S),
        to_ns=start + int(until_s * S),
        count=count,
        cause=cause,
    )


def hear(*gaps: Gap, start: Losses | None = None, first_s: int = 100) -> Losses:
    """Told a second apart, the first so long after the morning began."""
    losses = start or Losses()
    for number, gap in enumerate(gaps):
        losses = note_gap_event(losses, gap, to_ns(MORNING) + (first_s + number) * S)
    return losses


def show(losses: Losses) -> list[tuple[float, float, int | None]]:
    return [
        ((line.from_time - MORNING).total_seconds(), (line.to_time - MORNING).total_seconds(), line.count)
        for line in losses.lines
    ]


@pytest.mark.parametrize(
    ("gaps", "lines"),
    [
        pytest.param([(0, 10, 5)], [(0, 10, 5)], id="one"),
        pytest.param([(0, 10, 5), (5, 20, 3)], [(0, 20, 8)], id="they overlap"),
        pytest.param([(5, 20, 3), (0, 10, 5)], [(0, 20, 8)], id="… and the later one is told first"),
        pytest.param([(0, 10, 5), (10 + JUST, 30, 3)], [(0, 30, 8)], id="one follows at once"),
        pytest.param([(0, 10, 5), (10.001 + JUST, 30, 3)], [(10.001 + JUST, 30, 3), (0, 10, 5)], id="later"),
        pytest.param([(0, 10, 5), (20, 30, 3), (9, 21, 2)], [(0, 30, 10)], id="a third joins the two"),
        pytest.param([(0, 10, 5), (20, 30, 3), (0, 1, 2)], [(0, 10, 7), (20, 30, 3)], id="told last first"),
        pytest.param([(0, 10, None), (5, 20, 3)], [(0, 20, None)], id="what is unknown stays unknown"),
        pytest.param([(10, 0, 5)], [(0, 10, 5)], id="told backwards"),
        pytest.param([(0, 1, COUNT_MAX), (1, 2, 9)], [(0, 2, COUNT_MAX)], id="no number too large"),
    ],
)
def test_what_overlaps_or_follows_at_once_is_one_line(
    gaps: list[tuple[float, float, int | None]], lines: list[tuple[float, float, int | None]]
) -> None:
    assert show(hear(*(make_gap(*gap) for gap in gaps))) == lines


def test_a_line_says_every_cause_once() -> None:
    causes = (GapCause.SUPERSEDED, GapCause.LOG_TOO_SHORT, GapCause.SUPERSEDED)
    [line] = hear(*(make_gap(0, 1, 1, cause) for cause in causes)).lines

    assert line.causes == ("Superseded", "LogTooShort")


def test_the_newest_ten_are_kept() -> None:
    losses = hear(*(make_gap(number * 60, number * 60) for number in range(KEPT + 2)))

    assert [since / 60 for since, _, _ in show(losses)] == list(range(KEPT + 1, 1, -1))


@pytest.mark.parametrize("cause", GapCause)
def test_an_estimate_of_what_nobody_could_store_is_no_loss(cause: GapCause) -> None:
    lines = hear(make_gap(0, 1, 5, cause)).lines

    assert [line.causes for line in lines] == ([] if cause in ESTIMATES else [(cause.value,)])


def test_what_is_read_again_changes_nothing() -> None:
    """Also by another operator, from the status that the one before wrote."""
    gaps = [make_gap(0, 10, 5), make_gap(8, 20, 3), make_gap(60, 61, 2)]
    losses = hear(*gaps)
    status = FeedSubscriptionStatus(losses=losses.lines)
    read = FeedSubscriptionStatus.model_validate_json(status.model_dump_json())
    recalled = recall_losses(make_feed().model_copy(update={"status": read}))

    assert hear(*gaps, start=losses) == losses
    assert recalled == losses
    assert hear(*gaps, start=recalled) == losses


def test_what_was_told_of_a_namesake_before_is_not_its_own() -> None:
    fresh = recall_losses(make_feed())
    too_old = note_gap_event(fresh, make_gap(0, 1), to_ns(CREATED))
    own = note_gap_event(fresh, make_gap(0, 1), to_ns(CREATED) + S)

    assert (too_old.lines, len(own.lines)) == ((), 1)


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 60), st.none() | st.integers(0, 2**63 - 1)),
        max_size=30,
    )
)
def test_lines_never_touch_and_stand_in_the_order_of_telling(gaps: list[tuple[int, int, int | None]]) -> None:
    lines = hear(*(make_gap(since, since + length, count) for since, length, count in gaps)).lines

    assert len(lines) <= KEPT
    assert [line.told_at for line in lines] == sorted((line.told_at for line in lines), reverse=True)
    in_time = sorted(lines, key=lambda line: line.from_time)
    for one, other in itertools.pairwise(in_time):
        assert other.from_time - one.to_time > FOLLOWS_WITHIN
    FeedSubscriptionStatus(losses=lines).dump()


# --- in the status, and as Events


def write(losses: Losses, before: FeedSubscriptionStatus, after_s: float) -> FeedSubscriptionStatus:
    """What the status is so long after it was last written."""
    case = make_case(losses=losses.lines, written_at=WALL - timedelta(seconds=after_s))
    return build_subscription_status(case, before, WALL)


def test_a_new_line_is_written_at_once_and_one_that_grows_once_a_minute() -> None:
    first, grown = hear(make_gap(0, 1)), hear(make_gap(0, 1), make_gap(1, 2))
    other = hear(make_gap(0, 1), make_gap(60, 61))
    before = write(first, build_subscription_status(make_case(), None, WALL), 1)

    assert before.losses == first.lines
    assert write(grown, before, 59).losses == first.lines
    assert write(grown, before, 60).losses == grown.lines
    assert write(other, before, 1).losses == other.lines
    assert [has_begun(first.lines, lines) for lines in (grown.lines, other.lines)] == [False, True]


def tell(before: tuple[LossRecord, ...], after: tuple[LossRecord, ...]) -> list[str]:
    told = tell_losses(before, after)
    assert {(str(notice.type), notice.reason) for notice in told} <= {("Warning", "TicksLost")}
    return [notice.message for notice in told]


def test_an_event_says_how_many_when_and_how() -> None:
    first = hear(make_gap(0, 15.5, 7_792))
    later = hear(make_gap(60, 61, None, GapCause.OVERFLOW), start=first, first_s=200)

    [message] = tell((), first.lines)
    assert message == (
        "About 7792 ticks are lost, from 2026-01-05T01:00:00.000Z to 2026-01-05T01:00:15.500Z by the"
        " exchange's clock: NATS took nothing for longer than the log reaches back."
    )
    [message] = tell(first.lines, later.lines)
    assert message.startswith("Ticks are lost, from 2026-01-05T01:01:00.000Z")
    assert message.endswith(": they came faster than NATS took them.")
    [message] = tell((), hear(make_gap(0, 1, None, GapCause.NO_PUBLISHER)).lines)
    assert message.endswith(": no account received them, and the market traded.")
    assert tell(later.lines, later.lines) == []
    assert len(tell((), later.lines)) == 2
