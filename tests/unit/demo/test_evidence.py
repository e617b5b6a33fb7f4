"""What a failover leaves in Prometheus and Alertmanager, read from their answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mds_demo import evidence
from mds_demo.evidence import Course, Figures, Mark, Seen
from mds_demo.installing import DASHBOARDS

REPOSITORY = Path(__file__).parents[3]
DOWN_S, UP_S = 1_000.0, 1_066.0
MOVE = {"namespace": "mds", "subscription": "futures", "from": "ctp-a", "to": "ctp-b"}
MARK = Mark(1_005.0, "ctp-a → ctp-b, epoch 2: FrontLost")
BEFORE = Figures(failovers=4, marks=(), firing=0, held=0, lost=7)
MEANWHILE = Figures(failovers=5, marks=(MARK,), firing=1, held=1, lost=7)
AFTER = Figures(failovers=5, marks=(MARK,), firing=0, held=0, lost=7)
SEEN = Seen(BEFORE, MEANWHILE, AFTER, DOWN_S, UP_S, Course(1_004.0, 1_064.0, 1_064.5, 1_071.0))


def state(name: str, *stamps: float) -> dict[str, Any]:
    return {"metric": {"alertstate": name}, "values": [[at, "1"] for at in stamps]}


def test_one_move_counted_marked_told_and_ended_is_the_whole_of_it() -> None:
    assert SEEN.is_whole


@pytest.mark.parametrize(
    ("moment", "different"),
    [
        pytest.param("after", {"failovers": 4}, id="not counted"),
        pytest.param("after", {"failovers": 6}, id="counted twice"),
        pytest.param("after", {"marks": ()}, id="not marked"),
        pytest.param("after", {"marks": (MARK, MARK)}, id="marked twice"),
        pytest.param("meanwhile", {"firing": 0}, id="Prometheus does not fire"),
        pytest.param("meanwhile", {"held": 0}, id="Alertmanager is not told"),
        pytest.param("after", {"firing": 1}, id="still firing"),
        pytest.param("after", {"held": 1}, id="not resolved"),
        pytest.param("after", {"lost": 8}, id="a tick is lost"),
    ],
)
def test_what_is_missing_or_too_much_is_not_the_whole(moment: str, different: dict[str, Any]) -> None:
    figures = dataclasses.replace(getattr(SEEN, moment), **different)

    assert not dataclasses.replace(SEEN, **{moment: figures}).is_whole


def test_marks_are_found_by_the_query_of_the_committed_dashboard() -> None:
    query = evidence.read_marking(REPOSITORY / DASHBOARDS)

    assert 'mds_operator_last_failover_info{namespace="mds", subscription="futures"}' in query
    assert "$" not in query


def test_marks_are_told_in_order_and_as_the_dashboards_write_them() -> None:
    later = {"metric": MOVE | {"epoch": "3", "reason": "Drill"}, "values": [[1_200, "1"]]}
    first = {"metric": MOVE | {"epoch": "2", "reason": "FrontLost"}, "values": [[1_005, "1"]]}

    assert evidence.parse_marks([later, first]) == (
        MARK,
        Mark(1_200.0, "ctp-a → ctp-b, epoch 3: Drill"),
    )


def test_a_counter_that_is_not_there_is_0() -> None:
    assert evidence.parse_number([]) == 0
    assert evidence.parse_number([{"metric": {}, "value": [1_000, "3"]}]) == 3


def test_the_course_of_an_alert_begins_with_this_fault_and_ends_after_the_last_look_that_found_it() -> None:
    earlier, alert = 300.0, {"updatedAt": "1970-01-01T00:17:44.500Z"}
    series = [state("pending", earlier, 1_004, 1_009), state("firing", earlier, 1_064, 1_066)]

    course = evidence.parse_course(series, alert, down_s=DOWN_S, every_s=5)

    assert course == SEEN.course


def test_a_person_is_shown_the_figures_the_mark_in_shanghai_time_and_the_seconds() -> None:
    shown = "\n".join(evidence.format_seen(SEEN))

    assert "failovers counted     4        5            5" in shown
    assert "mark at 08:16:45 (Shanghai): ctp-a → ctp-b, epoch 2: FrontLost" in shown
    assert "pending 4 s  firing 64 s  received by Alertmanager 64 s" in shown
    assert "resolved 5 s" in shown


def test_the_last_line_has_what_happened_this_time_only() -> None:
    assert evidence.describe(SEEN) == "failovers counted 1, marked 1; alerts told 1, resolved 1"
