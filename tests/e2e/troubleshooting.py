"""The table of docs/troubleshooting.md, as patterns that a real cluster's words must match.

A row of the page is about account `ctp-a` in namespace `desk`; here it is read as being about another one. So
the page's words have others for them, and where a machine's own words follow, patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE: Final = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
BEGIN: Final = "<!-- begin generated: troubles -->"
END: Final = "<!-- end generated: troubles -->"
CONDITION: Final = re.compile(r" \*(?P<type>\w+)=(?P<status>\w+), (?P<reason>\w+)(: .*)?\*$")
VENDOR: Final = re.compile(r'("CTP:[^"]*")')
"""What the vendor says, in whatever words; the code before it is what counts."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One row: what `kubectl get fa` prints, the message, and the condition beside it, if one is shown."""

    columns: tuple[str, ...]
    message: str
    condition: tuple[str, str, str] | None


def read_page() -> dict[str, Trouble]:
    """By what is wrong."""
    return dict(_read_rows(PAGE.read_text()))


def _read_rows(page: str) -> Iterator[tuple[str, Trouble]]:
    table = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    for line in table[2:]:
        title, columns, told = (cell.strip() for cell in line.strip("|").split(" | "))
        found = CONDITION.search(told)
        yield (
            title.strip(),
            Trouble(
                columns=tuple(re.split(r" {2,}", columns.strip("`"))),
                message=CONDITION.sub("", told).strip(),
                condition=(found["type"], found["status"], found["reason"]) if found else None,
            ),
        )


def build_pattern(text: str, names: Mapping[str, str], differs: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("".join(_build_part(part, names, differs) for part in VENDOR.split(text)))


def _build_part(text: str, names: Mapping[str, str], differs: Mapping[str, str]) -> str:
    if VENDOR.fullmatch(text):
        return '"CTP.*"'
    known = {old: re.escape(new) for old, new in names.items()} | dict(differs)
    # The longest first: ctp-a stands in ctp-a-1f2e3, too.
    parts = re.split("(" + "|".join(map(re.escape, sorted(known, key=len, reverse=True))) + ")", text)
    return "".join(known.get(part, re.escape(part)) for part in parts)
