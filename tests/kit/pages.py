"""The tables of docs that follow from the code: each test holds its own to the page.

`MDS_WRITE_PAGES=1` writes them instead.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_runtime.environment import must_of, show_default, variable_of

if TYPE_CHECKING:
    from mds_runtime.environment import Settings

ROOT = Path(__file__).parents[2]


def check_block(page: str, name: str, text: str) -> None:
    """`page` from the root of the repository on."""
    begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
    before, opened, rest = (ROOT / page).read_text().partition(begin)
    found, closed, after = rest.partition(end)
    assert opened, f"{page} has no block {name!r}"
    assert closed, f"{page} does not end its block {name!r}"
    if os.environ.get("MDS_WRITE_PAGES"):
        (ROOT / page).write_text(f"{before}{begin}{text}\n{end}{after}")
        return
    if found != text + "\n":
        pytest.fail(f"{page}, block {name!r}, is behind; run the test with MDS_WRITE_PAGES=1")


def render_variables(settings: type[Settings]) -> str:
    rows = ["| variable | must be | default | what it is |", "|---|---|---|---|"]
    for name, field in settings.model_fields.items():
        default = "" if field.is_required() else f"`{show_default(field)}`"
        rows.append(f"| `{variable_of(name)}` | {must_of(field).text} | {default} | {field.description} |")
    return "\n".join(rows)
