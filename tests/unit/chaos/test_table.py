"""The table of the docs, from samples made by hand and from those that were measured."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chaos.matrix import KINDS
from tests.chaos.results import RESULT, Results, read_samples
from tests.chaos.samples import TRIES, Sample, fail
from tests.chaos.tables import BEGIN, END, PAGES, build_page, build_short_table, build_table

FACTS: dict[str, Any] = {
    "at": "2026-11-21T15:00:00+00:00",
    "took_until": "2026-11-21T15:30:00+00:00",
    "commit": "0" * 40,
    "uncommitted": False,
    "command": "python -m tests.bench.chaos",
    "machine": {"cores": 2, "cpu": "some"},
    "load_average": {"before": [0.5, 0.5, 0.5], "after": [1.0, 1.0, 1.0]},
    "setup": {"contracts": 600, "rate": 1000},
}
PIN = next(kind for kind in KINDS if kind.name == "pin")


def measure(number: int, gap_ms: float, **facts: Any) -> Sample:
    return Sample("pin", number, "now", gap_ms=gap_ms, control_ms=20.0, moves=("ctp-b",), **facts)


def build(*samples: Sample, tmp_path: Any) -> dict[str, Any]:
    results = Results(tmp_path / "chaos.json", dict(FACTS))
    for sample in samples:
        results.add(sample)
    written: dict[str, Any] = json.loads(results.path.read_text())
    return written


def test_a_line_holds_the_middle_and_the_most_and_the_sums(tmp_path: Any) -> None:
    samples = (measure(1, 100.0), measure(2, 120.0, lost=2), measure(3, 900.0))
    table = build_table(build(*samples, tmp_path=tmp_path))

    assert "| pin | 120 (900) | 20 (20) | 300 | 2 | 0 | 0 | 3 | 1 |" in table
    assert "- pin, round 2: lost 2" in table
    assert "- pin, round 3: gap 880 ms over the control, bar 300" in table


def test_an_invalid_sample_counts_as_failed_and_brings_no_figures(tmp_path: Any) -> None:
    table = build_table(build(fail(PIN, 1, "no tick came"), tmp_path=tmp_path))

    assert "| pin | – | – | 300 | 0 | 0 | 0 | 1 | 0 |" in table
    assert "- pin, round 1: no tick came" in table


def test_a_void_sample_is_told_and_brings_only_what_it_counted(tmp_path: Any) -> None:
    void = measure(1, 5000.0, repeated=1, pauses_ms=(301.0, 4000.0))
    table = build_table(build(void, measure(1, 100.0), tmp_path=tmp_path))

    assert "| pin | 100 (100) | 20 (20) | 300 | 0 | 1 | 0 | 1 | 1 |" in table
    assert "- pin, round 1: repeated 1" in table
    assert "- pin, round 1: void: the machine stood still for 301, 4000 ms" in table


def test_how_often_the_stream_wrapped_is_told(tmp_path: Any) -> None:
    result = build(measure(1, 100.0, evicted=4000, renewed=2), tmp_path=tmp_path)
    result["setup"]["stream"] = {"bytes": 195_000_000, "holds_s": 150}

    assert (
        "The stream held 195 MB, about 150 s: in the samples 4000 messages left it at its beginning, "
        "and 2 fences were renewed." in build_table(result)
    )


VOID = measure(1, 100.0, pauses_ms=(301.0,))


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [
        pytest.param([], True, id="not taken yet"),
        pytest.param([measure(2, 100.0)], True, id="of another round"),
        pytest.param([measure(1, 100.0)], False, id="taken"),
        pytest.param([fail(PIN, 1, "no tick came")], False, id="failed"),
        pytest.param([VOID], True, id="void"),
        pytest.param([VOID, measure(1, 100.0)], False, id="void, and taken again"),
        pytest.param([VOID] * (TRIES - 1), True, id="void, with one try left"),
        pytest.param([VOID] * TRIES, False, id="void as often as is tried"),
    ],
)
def test_a_sample_is_taken_until_the_machine_did_not_stand_still(
    taken: list[Sample], *, wanted: bool, tmp_path: Any
) -> None:
    assert Results(tmp_path / "chaos.json", {}, taken).wants("pin", 1) is wanted


def test_what_was_written_is_read_back(tmp_path: Any) -> None:
    sample = measure(1, 100.0, records=({"epoch": 8},), pauses_ms=(301.0,))

    assert read_samples(build(sample, tmp_path=tmp_path)) == [sample]


def test_each_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_page_without_the_markers_is_left_alone(tmp_path: Any) -> None:
    result = build(measure(1, 100.0), tmp_path=tmp_path)

    assert build_page("no table\n", build_table(result)) == "no table\n"
    assert build_page(f"a\n{BEGIN}old\n{END}\nb\n", "new") == f"a\n{BEGIN}new\n{END}\nb\n"


def test_the_readme_has_fewer_columns(tmp_path: Any) -> None:
    table = build_short_table(build(measure(1, 100.0), tmp_path=tmp_path))

    assert table.splitlines()[-1] == "| pin | 100 (100) | 0 | 0 | 0 |"


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_the_pages_show_the_result_as_it_was_measured(page: Any) -> None:
    text = page.read_text()

    assert BEGIN in text, "the table of the faults is not on the page"
    assert build_page(text, PAGES[page](json.loads(RESULT.read_text()))) == text
