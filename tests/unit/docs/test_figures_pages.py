"""The generated parts of docs/figures.md and docs/soak.md are what the results say, or that they are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.bench import burst, dashboards_demo, gateway_scrape, latency, memory, pages, soak, soak_table
from tests.fuzz import __main__ as fuzz
from tests.fuzz import stats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    type Build = Callable[[dict[str, Any]], str]


@pytest.mark.parametrize(
    ("page", "part", "result", "build"),
    [
        pytest.param(one.PAGE, one.PART, one.RESULT, one.build_table, id=one.PART)
        for one in (latency, burst, memory, gateway_scrape)
    ]
    + [
        pytest.param(
            *(dashboards_demo.PAGE, dashboards_demo.PART, dashboards_demo.RESULT, dashboards_demo.build_part),
            id=dashboards_demo.PART,
        ),
        pytest.param(soak.PAGE, soak_table.PART, soak.RESULT, soak.build_part, id="soak"),
        pytest.param(fuzz.PAGE, stats.PART, fuzz.RESULT, fuzz.build_part, id="fuzz"),
    ],
)
def test_a_part_shows_its_result_as_it_was_measured(
    page: Path, part: str, result: Path, build: Build
) -> None:
    text = page.read_text()

    assert pages.build_part(text, part, result, build) == text
