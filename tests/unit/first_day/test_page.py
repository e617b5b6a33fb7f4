"""The page of a run, and its verdict, on a step made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.first_day.page import build_page
from tests.first_day.results import Results, list_faults

LIE = {
    "about": "fs/futures",
    "text": "READY True, and the stream takes nothing",
    "from_s": 4.0,
    "until_s": 9.5,
}


def build_line(
    from_s: float, printed: str, *conditions: str, contradicts: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "from_s": from_s,
        "until_s": from_s + 1,
        "printed": printed,
        "conditions": {"fa/ctp-a": list(conditions)},
        "contradicts": list(contradicts),
        "stream": "stored nothing",
    }


def build_step(**facts: Any) -> dict[str, Any]:
    counts = ("stored", "lost", "repeated", "disordered", "invented", "late_stored")
    return {
        "step": "nats",
        "title": "NATS scaled to 0",
        "marks_s": {"during": 3.0, "after": 33.0},
        "done": [{"at_s": 3.1, "command": "kubectl scale", "stdin": "", "answer": "scaled"}],
        "lines": [
            build_line(0.5, "NAME AGE\nctp-a 61s", "Connected=False Starting: x", "Ready=False Starting: x"),
            build_line(
                4.0, "NAME AGE\nctp-a 65s", "Ready=True Active: y", contradicts=("fs/futures: a lie",)
            ),
        ],
        "stream": dict.fromkeys(counts, 0) | {"silence_ms": 31_234},
        "events": [],
        "told": [],
        "describe": {"before": "Name: ctp-a\nReady: True", "during": "Name: ctp-a\nReady: Unknown"},
        "contradictions": [],
        "missing": [],
    } | facts


def build_run(*steps: dict[str, Any]) -> dict[str, Any]:
    facts = {"at": "now", "took_until": "then", "commit": "c0ffee", "uncommitted": False, "command": "walk"}
    return facts | {"machine": {"cores": 2, "cpu": "x"}, "steps": list(steps)}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"contradictions": [LIE]}, [f"fs/futures: {LIE['text']} (4 to 9.5 s)"], id="a lie"),
        pytest.param({"missing": ["no word of the loss"]}, ["no word of the loss"], id="what must be there"),
        pytest.param(
            {"stream": build_step()["stream"] | {"repeated": 2}}, ["2 ticks repeated"], id="repeated"
        ),
        pytest.param({"problem": "no cluster"}, ["not walked: no cluster"], id="not walked"),
    ],
)
def test_what_a_step_shows(facts: dict[str, Any], told: list[str]) -> None:
    assert list_faults(build_step(**facts)) == told


def test_a_page_shows_what_changed_and_says_what_is_missing() -> None:
    page = build_page(build_run(build_step()), ["nats", "ghost"])

    assert "**No line contradicts the stream.** Not walked: ghost." in page
    assert "| NATS scaled to 0 | 0 | 0 | 0 | 0 | 31.2 | none |" in page
    assert "   3.1 s  $ kubectl scale\n          scaled" in page
    assert page.count("NAME AGE") == 1  # an age is no change
    assert "  fa/ctp-a Connected, Ready=False Starting: x\n--- 4 to 5 s, during" in page
    assert "  fa/ctp-a Ready=True Active: y\n! fs/futures: a lie" in page
    assert "# during\n-Ready: True\n+Ready: Unknown" in page


def test_a_page_counts_what_contradicts() -> None:
    assert "**1 contradict.**" in build_page(build_run(build_step(contradictions=[LIE])), ["nats"])


def test_a_step_that_could_not_be_walked_is_walked_again(tmp_path: Any) -> None:
    results = Results(tmp_path / "first-day.json", {})

    assert results.wants("nats")
    results.add(build_step(problem="no cluster"))
    assert results.wants("nats")
    results.add(build_step())
    assert not results.wants("nats")
