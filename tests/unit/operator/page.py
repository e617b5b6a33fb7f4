"""The tables of docs/operator.md that follow from the code: each test holds its own to the page.

`MDS_WRITE_PAGES=1` writes them instead.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "operator.md"


def check_block(name: str, text: str) -> None:
    begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
    before, opened, rest = PAGE.read_text().partition(begin)
    found, closed, after = rest.partition(end)
    assert opened, f"docs/operator.md has no block {name!r}"
    assert closed, f"docs/operator.md does not end its block {name!r}"
    if os.environ.get("MDS_WRITE_PAGES"):
        PAGE.write_text(f"{before}{begin}{text}\n{end}{after}")
        return
    if found != text + "\n":
        pytest.fail(f"docs/operator.md, block {name!r}, is behind; run the test with MDS_WRITE_PAGES=1")
