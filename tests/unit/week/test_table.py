"""The page of the week, from records made by hand and from those that were taken."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.week.samples import find, make_record
from tests.week.records import RESULT, Results, read_records, resume
from tests.week.tables import PAGE, build_page, build_table

FACTS: dict[str, Any] = {
    "at": "2026-11-28T20:00:00+00:00",
    "took_until": "2026-11-28T20:30:00+00:00",
    "commit": "0" * 40,
    "uncommitted": False,
    "command": "python -m tests.bench.week",
    "machine": {"cores": 2, "cpu": "some"},
    "load_average": {"before": [0.5, 0.5, 0.5], "after": [1.0, 1.0, 1.0]},
    "images": ["one"],
}


def build(tmp_path: Any, *records: Any) -> dict[str, Any]:
    results = Results(tmp_path / "week.json", dict(FACTS))
    for record in records:
        results.add(record)
    written: dict[str, Any] = json.loads(results.path.read_text())
    return written


def test_a_line_tells_both_sides_and_whether_it_was_kept(tmp_path: Any) -> None:
    table = build_table(build(tmp_path, make_record(find("lunch"))))

    assert "| lunch | 09-15 11:30 | all six → nothing | " in table
    assert (
        "| True Active → True MarketClosed | True Healthy: Active, Standby → True Healthy: MarketClosed |"
        in table
    )
    assert "| 15/15 | all six → none | –; –; 1 | 500; 0; 0; 0 | yes |" in table
    assert "Not walked: auction in the morning; " in table


def test_what_was_not_kept_stands_below(tmp_path: Any) -> None:
    table = build_table(build(tmp_path, make_record(find("lunch"), moves=["ctp-b"])))

    assert "- lunch: moved to ctp-b instead of nobody" in table


def test_records_are_read_as_they_were_written_and_the_newest_counts(tmp_path: Any) -> None:
    failed = make_record(find("lunch"), before=None, problem="no tick came")
    record = make_record(find("lunch"))

    assert read_records(build(tmp_path, failed)) == [failed]
    assert read_records(build(tmp_path, failed, record)) == [record]


def test_a_walk_goes_on_with_the_same_images_only(tmp_path: Any) -> None:
    build(tmp_path, make_record(find("lunch")))

    assert resume(tmp_path / "week.json", ["one"]).has("lunch")
    assert not resume(tmp_path / "week.json", ["another"]).has("lunch")


def test_the_page_is_what_the_results_say() -> None:
    page = PAGE.read_text()

    assert build_page(page, json.loads(RESULT.read_text())) == page
