"""The table of times in docs/accounts.md is what docs/results/e2e_accounts.json says."""

from __future__ import annotations

import json

from tests.bench.accounts import BEGIN, END, PAGE, RESULT, render


def test_the_page_shows_what_was_measured() -> None:
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]

    assert shown == render(json.loads(RESULT.read_text()))
