"""The throughput table in docs/gateway.md is what docs/results/throughput.json says."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench.throughput import PAGE, RESULT, build_page

ROOT = Path(__file__).parents[3]


def test_the_page_shows_the_result_as_it_was_measured() -> None:
    page = (ROOT / PAGE).read_text()

    assert build_page(page, json.loads((ROOT / RESULT).read_text())) == page
