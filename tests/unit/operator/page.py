"""The tables of docs/operator.md that follow from the code."""

from __future__ import annotations

from functools import partial

from tests.kit import pages

check_block = partial(pages.check_block, "docs/operator.md")
