"""docs/wire.md carries the tables that follow from the code and from the last measurement."""

from __future__ import annotations

import json

from mds_protocol.wire.depth import DOUBLES, INTEGERS, RESERVED, TEXTS
from mds_protocol.wire.tables import identity_table, tick_fields_table
from tests.bench.tick_cost import PAGE, RESULT, build_page


def test_the_page_is_current() -> None:
    page = PAGE.read_text()

    assert build_page(page, json.loads(RESULT.read_text())) == page, (
        "run: python -m tests.bench.tick_cost --docs"
    )


def test_the_table_has_a_row_for_every_field() -> None:
    assert len(tick_fields_table().splitlines()) == 2 + len(TEXTS + DOUBLES + INTEGERS) + 1 + len(RESERVED)


def test_the_layout_ends_after_204_bytes() -> None:
    assert identity_table().splitlines()[-1] == "| 200 | 4 | `ask_volume_5` |"
