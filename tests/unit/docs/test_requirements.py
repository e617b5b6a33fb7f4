"""docs/requirements.md keeps every row of what was asked, and each row says what shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "requirements.md"
IDS = (
    ["card"] * 3
    + ["P FR1", "P FR2", "P FR3, FR6", "P FR4, NFR7, 3.7", "P FR5", "P NFR1, NFR2", "P NFR3, 2.5", "P NFR4–6"]
    + ["P 1.1–1.5", "P 2.1–2.4", "P 2.5"]
    + ["P arch"] * 3
    + ["P 3.1", "P 3.2", "P 3.3", "P 3.4", "P 3.4", "P 3.5", "P 3.6"]
    + ["H 1.x", "H 2.x", "H 3.1", "H 3.2", "H 3.3", "H 4.x"]
)


def read_rows(page: str) -> list[list[str]]:
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


ROWS = read_rows(PAGE.read_text())


def find_shown_by_problem(cell: str) -> str | None:
    """A cell names paths that exist, or says `later`; anything else is a promise nobody can check."""
    paths = re.findall(r"`([^`]+)`", cell)
    missing = [path for path in paths if not (ROOT / path).exists()]
    if missing:
        return f"names what is not there: {missing}"
    if not paths and not re.search(r"\blater\b", cell):
        return "names no test, no page and not the word later"
    return None


def test_every_row_that_was_asked_is_there() -> None:
    assert [row[0] for row in ROWS] == IDS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1][:40]}")
def test_row_says_what_shows_it(row: list[str]) -> None:
    assert len(row) == 4
    assert find_shown_by_problem(row[3]) is None


@pytest.mark.parametrize("cell", ["", "soon", "`tests/unit/no_such_folder`"])
def test_a_row_without_evidence_is_found(cell: str) -> None:
    assert find_shown_by_problem(cell) is not None
