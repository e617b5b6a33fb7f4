"""What a move adds to the figures, and that a closed market's hours are no duration of a failover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mds_operator.domain.availability import Availability
from mds_operator.domain.tallies import Steps, SubscriptionTally
from mds_protocol.resources.feedsubscription import FailoverRecord

if TYPE_CHECKING:
    from mds_operator.domain.durations import Durations

NOW = 10_000.0
WALL = datetime(2027, 1, 5, 2, 0, tzinfo=UTC)
CLOSED = Availability(served_at=NOW - 30)


def open_for(seconds: float, *, served_ago: float | None = 1.0) -> Availability:
    served_at = None if served_ago is None else NOW - served_ago
    return Availability(open_since=NOW - seconds, served_at=served_at)


def count(kept: Durations) -> tuple[int, float]:
    return sum(kept.counts), round(kept.sum_s, 3)


GAPS = [
    pytest.param(open_for(60), 0.2, (1, 0.2), id="in the open market"),
    pytest.param(open_for(60), 59.9, (1, 59.9), id="since just after the opening"),
    pytest.param(open_for(60), 60.1, (0, 0.0), id="since before it"),
    pytest.param(CLOSED, 0.2, (0, 0.0), id="closed, or nobody knows"),
]


@pytest.mark.parametrize(("available", "gap_s", "kept"), GAPS)
def test_a_gap_counts_that_no_closed_market_makes(
    available: Availability, gap_s: float, kept: tuple[int, float]
) -> None:
    tally = SubscriptionTally()
    tally.note_gap(gap_s, available, now=NOW)

    assert count(tally.gaps) == kept


NONE = (0, 0.0)
STEPS = [
    pytest.param("Silent", open_for(60, served_ago=1.0), 0.3, (1, 0.7), (1, 0.3), id="a fault"),
    pytest.param("PriorityEdited", open_for(60), 0.3, NONE, (1, 0.3), id="an edit is not detected"),
    pytest.param("Silent", open_for(60, served_ago=None), 0.3, NONE, (1, 0.3), id="nobody served before"),
    pytest.param("Silent", open_for(60), 59.9, (1, 0.0), (1, 59.9), id="noticed just after the opening"),
    pytest.param("Silent", open_for(60), 60.1, NONE, NONE, id="noticed before it"),
    pytest.param("Silent", CLOSED, 0.3, NONE, NONE, id="closed, or nobody knows"),
]


@pytest.mark.parametrize(("reason", "available", "noticed_ago", "detection", "decision"), STEPS)
def test_the_steps_of_a_move(
    reason: str,
    available: Availability,
    noticed_ago: float,
    detection: tuple[int, float],
    decision: tuple[int, float],
) -> None:
    move = FailoverRecord(
        epoch=6,
        from_account="ctp-a",
        to_account="ctp-b",
        reason=reason,
        detected_at=WALL - timedelta(seconds=noticed_ago),
        decided_at=WALL,
    )
    steps = Steps()
    steps.note(move, available, noticed_at=NOW - noticed_ago)

    assert (count(steps.detection), count(steps.decision)) == (detection, decision)
