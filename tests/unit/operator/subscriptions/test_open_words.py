"""What a front said against the calendar: when it is remembered, how long it counts, what is left after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_operator.domain import open_words, sessions
from mds_operator.domain.open_words import LATE_WORD, OpenWord
from mds_protocol.failover import timings
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.wire.heartbeat import SessionState
from tests.unit.failover.builders import NOW
from tests.unit.operator.subscriptions.builders import china

OPEN, CLOSED, UNKNOWN = SessionState.OPEN, SessionState.CLOSED, SessionState.UNKNOWN
SECOND = timedelta(seconds=1)
SATURDAY = china("2026-11-28 11:00")
BEFORE = OpenWord(NOW - 5.0, SATURDAY - 5 * SECOND)
AT_NOW = OpenWord(NOW, SATURDAY)
SILENT = OpenWord(BEFORE.at, BEFORE.wall, is_heard=False)


@pytest.mark.parametrize(
    ("before", "said", "calendar", "after"),
    [
        pytest.param(None, OPEN, CLOSED, AT_NOW, id="a front contradicts the calendar"),
        pytest.param(BEFORE, OPEN, CLOSED, AT_NOW, id="it says so still"),
        pytest.param(BEFORE, None, CLOSED, SILENT, id="nobody is heard"),
        pytest.param(SILENT, None, CLOSED, SILENT, id="nobody is heard for longer"),
        pytest.param(SILENT, OPEN, CLOSED, AT_NOW, id="a front is back and says the same"),
        pytest.param(BEFORE, CLOSED, CLOSED, None, id="a front says Closed"),
        pytest.param(SILENT, CLOSED, CLOSED, None, id="a front is back and says Closed"),
        pytest.param(None, None, CLOSED, None, id="nobody ever spoke"),
        pytest.param(None, CLOSED, CLOSED, None, id="both say Closed"),
        pytest.param(None, OPEN, OPEN, None, id="both say Open"),
        pytest.param(SILENT, None, OPEN, None, id="the calendar opens"),
        pytest.param(BEFORE, OPEN, OPEN, None, id="the calendar opens, and they agree"),
        pytest.param(BEFORE, OPEN, UNKNOWN, None, id="the calendar does not know the exchange"),
    ],
)
def test_a_word_is_remembered_while_it_contradicts_the_calendar(
    before: Any, said: Any, calendar: SessionState, after: Any
) -> None:
    found = open_words.remember(
        {"SHFE": before} if before else {},
        {"SHFE": said} if said else {},
        {"SHFE": calendar},
        now=NOW,
        wall=SATURDAY,
    )

    assert found == ({"SHFE": after} if after else {})


COUNTS = [
    pytest.param(899.9, OPEN, {}, id="just under 15 minutes"),
    pytest.param(900.0, CLOSED, {"SHFE": SATURDAY}, id="15 minutes"),
]


@pytest.mark.parametrize(("age_s", "state", "doubts"), COUNTS)
def test_for_15_minutes_it_goes_before_the_calendar_and_then_leaves_a_doubt(
    age_s: float, state: SessionState, doubts: Any
) -> None:
    words = {"SHFE": OpenWord(NOW - age_s, SATURDAY, is_heard=False)}

    assert open_words.correct({"SHFE": CLOSED, "DCE": CLOSED}, words, now=NOW) == {
        "SHFE": state,
        "DCE": CLOSED,
    }
    assert open_words.find_doubts(words, now=NOW) == doubts


@pytest.mark.parametrize(
    ("exchanges", "called_open_at"),
    [
        pytest.param(["SHFE"], SATURDAY, id="the contradicted one"),
        pytest.param(["DCE"], None, id="another one"),
        pytest.param(["SHFE", "DCE"], SATURDAY, id="both"),
        pytest.param([], SATURDAY, id="not known where it trades"),
        pytest.param(["SHFE", "INE"], SATURDAY + SECOND, id="the later word of two"),
    ],
)
def test_a_market_that_is_closed_in_doubt_says_so(exchanges: list[str], called_open_at: Any) -> None:
    calendar = dict.fromkeys(("SHFE", "DCE", "INE"), CLOSED)
    doubts = {"SHFE": SATURDAY, "INE": SATURDAY + SECOND}
    seen = sessions.market(exchanges or ["SHFE", "DCE"], {}, calendar, SATURDAY, doubts=doubts)

    assert (seen.open, seen.matters) == (False, False)
    assert seen.called_open_at == called_open_at


# --- through time


class Night:
    """SHFE as one desk sees it, every 20 s; what is remembered goes from judgement to judgement."""

    def __init__(self, start: str) -> None:
        self.wall, self.now = china(start), NOW
        self.words: dict[str, OpenWord] = {}

    def pass_time(self, seconds: float, said: SessionState | None) -> MarketSeen:
        """The market after so long, in which a front said this, or none was heard."""
        heard = {"SHFE": said} if said else {}
        end = self.now + seconds
        while self.now < end:
            step = min(20.0, end - self.now)
            self.wall, self.now = self.wall + step * SECOND, self.now + step
            late = sessions.calendar(["SHFE"], self.wall - LATE_WORD)
            self.words = open_words.remember(self.words, heard, late, now=self.now, wall=self.wall)
        calendar = sessions.calendar(["SHFE"], self.wall)
        return sessions.market(
            ["SHFE"],
            heard,
            open_words.correct(calendar, self.words, now=self.now),
            self.wall,
            doubts=open_words.find_doubts(self.words, now=self.now),
        )


@pytest.mark.parametrize(
    ("start", "late_s"),
    [
        pytest.param("2026-11-28 02:29:00", 0, id="Friday night at 02:30, at the second"),
        pytest.param("2026-11-28 02:29:00", 59, id="a minute late"),
        pytest.param("2026-11-25 02:29:00", 30, id="another night"),
        pytest.param("2026-11-25 14:59:00", 30, id="by day"),
        pytest.param("2026-11-25 10:14:00", 30, id="the break"),
    ],
)
def test_fronts_that_drop_at_the_close_leave_a_closed_market(start: str, late_s: int) -> None:
    night = Night(start)
    assert night.pass_time(59 + late_s, OPEN).open

    dropped = night.pass_time(1, None)
    assert (dropped.open, dropped.called_open_at) == (False, None)
    dropped = night.pass_time(840, None)
    assert (dropped.open, dropped.called_open_at) == (False, None)


def test_on_a_saturday_that_trades_the_last_word_counts_for_15_minutes() -> None:
    saturday = Night("2026-11-28 11:00:00")
    assert saturday.pass_time(10, OPEN).open
    last = saturday.wall

    assert saturday.pass_time(899, None) == MarketSeen(open=True)
    closed = saturday.pass_time(1, None)
    assert (closed.open, closed.matters, closed.called_open_at) == (False, False, last)
    assert saturday.pass_time(3600, None).called_open_at == last
    assert saturday.pass_time(1, OPEN).open
    assert saturday.pass_time(1, CLOSED) == MarketSeen(
        open=False, opens_in_s=(china("2026-11-30 09:00") - saturday.wall).total_seconds()
    )


def test_the_next_session_of_the_calendar_ends_the_doubt() -> None:
    night = Night("2026-11-25 17:00:00")
    night.pass_time(10, OPEN)
    assert night.pass_time(3 * 3600 + 1000, None).called_open_at is not None
    night.pass_time(5 * 3600, None)  # 01:16, in the night session
    closed = night.pass_time(2 * 3600, None)

    assert (closed.open, closed.called_open_at) == (False, None)


@given(
    st.lists(st.tuples(st.integers(1, 1200), st.sampled_from([OPEN, CLOSED, None])), min_size=1, max_size=12),
    st.sampled_from(["2026-11-28 02:20:00", "2026-11-28 11:00:00", "2026-11-25 14:50:00"]),
)
def test_a_doubt_always_follows_a_word_of_15_minutes_ago_against_the_calendar(
    steps: list[tuple[int, SessionState | None]], start: str
) -> None:
    night = Night(start)
    for seconds, said in steps:
        seen = night.pass_time(seconds, said)
        calendar = sessions.calendar(["SHFE"], night.wall)["SHFE"]
        if said is not None:
            assert (seen.open, seen.called_open_at) == (said is OPEN, None)
        elif seen.called_open_at is not None:
            assert calendar is CLOSED
            assert (night.wall - seen.called_open_at).total_seconds() >= timings.OPEN_WORD_S
        elif not night.words:
            assert seen.open is (calendar is OPEN)


# --- what the status keeps for the next operator

RECALLED = [
    pytest.param(OpenWord(NOW, SATURDAY), OpenWord(NOW, SATURDAY, is_heard=False), id="heard to the end"),
    pytest.param(SILENT, SILENT, id="silent before"),
]


@pytest.mark.parametrize(("word", "recalled"), RECALLED)
def test_a_new_operator_knows_what_the_one_before_heard(word: OpenWord, recalled: OpenWord) -> None:
    told = open_words.tell({"SHFE": word})

    assert open_words.recall(told, now=NOW, wall=SATURDAY) == {"SHFE": recalled}


def test_while_a_front_speaks_nothing_is_written() -> None:
    assert open_words.tell({"SHFE": BEFORE}) == open_words.tell({"SHFE": AT_NOW})


def test_a_time_ahead_of_this_clock_counts_as_now() -> None:
    told = open_words.tell({"SHFE": OpenWord(NOW, SATURDAY + SECOND, is_heard=False)})

    assert open_words.recall(told, now=NOW, wall=SATURDAY)["SHFE"].at == NOW
