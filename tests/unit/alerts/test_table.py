"""The page lists each alert there is, proved or not; the file goes on where it is about the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.sources import RULES, read_alerts
from tests.alerts.courses import Course
from tests.alerts.matrix import CASES, read_duration
from tests.alerts.records import RESULT, TRIES, Record, Results, read_records, sum_rule
from tests.alerts.tables import NOT_YET, PAGE, PART, build, choose, list_all
from tests.bench import pages
from tests.e2e.ground import TOLD
from tests.e2e.runbooks import CAUSES

if TYPE_CHECKING:
    from pathlib import Path

FACTS: dict[str, Any] = {
    "at": "2026-11-29T07:00:00+00:00",
    "took_until": "2026-11-29T07:30:00+00:00",
    "commit": "0" * 40,
    "uncommitted": False,
    "command": "python -m tests.bench.alerts",
    "machine": {"cores": 2, "cpu": "some"},
    "load_average": {"before": [0.5, 0.5, 0.5], "after": [1.0, 1.0, 1.0]},
    "setup": {"every_s": 15, "group_wait_s": 10},
}
CASE = next(case for case in CASES if case.alert == "MdsFeedDown")
COURSE = Course(fault=0.0, pending=10.0, firing=40.0, received=51.0, mended=60.0, resolved=82.0)
PROVED = Record(
    case=CASE.name,
    taken="now",
    rule=sum_rule(CASE.alert),
    course=COURSE,
    allowed_s=95.0,
    pages=("MdsFeedDown",),
)
VOID = replace(PROVED, course=replace(COURSE, received=96.0), still_s=2.0)
FAILED = replace(PROVED, problem="no desk")


def write(tmp_path: Path, *records: Record) -> dict[str, Any]:
    results = Results(tmp_path / "alerts.json", dict(FACTS))
    for one in records:
        results.add(one)
    written: dict[str, Any] = json.loads(results.path.read_text())
    return written


def list_rows(text: str) -> dict[tuple[str, str], str]:
    rows = [line for line in text.splitlines() if line.startswith("| [Mds")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {(row[0].partition("]")[0][1:], row[1]): line for row, line in zip(cells, rows, strict=True)}


def test_proved_or_not_every_alert_has_its_line(tmp_path: Path) -> None:
    files = {path.stem for path in (RULES / "alerts").glob("*.yaml")}
    listed = list_rows(build(write(tmp_path, PROVED)))

    assert {alert for alert, _ in listed} == files
    assert set(listed) == {(alert.name, rule.severity) for alert in read_alerts() for rule in alert.rules}


def test_what_is_proved_says_how_soon_and_the_others_that_they_are_not(tmp_path: Path) -> None:
    text = build(write(tmp_path, PROVED))
    rows = list_rows(text)
    mine = rows.pop((CASE.alert, CASE.severity))

    assert mine.endswith("| 10 s | 40 s | 51 s | 95 s | 22 s | MdsFeedDown | yes |")
    assert all(NOT_YET in row for row in rows.values())
    assert f"1 of {len(rows) + 1} proved" in text


@pytest.mark.parametrize("record", [VOID, FAILED])
def test_a_void_or_failed_one_proves_nothing(tmp_path: Path, record: Record) -> None:
    rows = list_rows(build(write(tmp_path, record)))

    assert NOT_YET in rows[CASE.alert, CASE.severity]


def test_what_was_proved_of_an_earlier_text_of_the_rule_says_so(tmp_path: Path) -> None:
    text = build(write(tmp_path, replace(PROVED, rule="another")))

    assert list_rows(text)[CASE.alert, CASE.severity].endswith("| yes, of an earlier text |")
    assert ", 1 of them of an earlier text of the rule" in text
    assert ", 0 of them of an earlier text of the rule" in build(write(tmp_path, PROVED))


def test_what_was_not_kept_is_told(tmp_path: Path) -> None:
    late = replace(PROVED, course=replace(COURSE, received=96.0))

    assert f"- {CASE.name}: received after 96 s, allowed 95" in build(write(tmp_path, late))


def test_records_come_back_from_the_file_as_they_went(tmp_path: Path) -> None:
    assert read_records(write(tmp_path, PROVED, VOID)) == [PROVED, VOID]


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [
        ([], True),
        ([PROVED], False),
        ([replace(PROVED, rule="another")], True),
        ([VOID], True),
        ([VOID, PROVED], False),
        ([VOID] * TRIES, False),
    ],
)
def test_a_void_one_is_taken_again_so_often(tmp_path: Path, taken: list[Record], wanted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert Results(tmp_path / "alerts.json", {}, taken).wants(CASE) is wanted


def test_the_newest_that_says_something_is_shown() -> None:
    newer = replace(PROVED, taken="later")

    assert choose(CASE, [PROVED, newer, VOID, FAILED]) == newer


def test_each_case_is_of_an_alert_that_there_is_and_of_a_desk_of_its_own() -> None:
    assert {(case.alert, case.severity) for case in CASES} <= set(list_all())
    assert len({case.desk for case in CASES}) == len(CASES)
    assert all(case.ripens for case in CASES if case.ripens_s)


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("30s", 30), ("5m", 300), ("1h", 3600)])
def test_a_duration_of_prometheus(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


def test_the_page_shows_the_result_as_it_was_measured() -> None:
    text = PAGE.read_text()

    assert pages.build_part(text, PART, RESULT, build) == text, "run: python -m tests.bench.alerts --docs"


def test_the_sample_of_the_gate_is_of_six_that_fire_within_a_minute_or_so() -> None:
    sampled = {case.alert: case.lasting_s for case in CASES if case.desk in TOLD}

    assert sampled.keys() == CAUSES.keys()
    assert len(sampled) == 6
    assert max(sampled.values()) <= 60
