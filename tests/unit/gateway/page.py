"""The tables of docs/gateway.md that follow from the code."""

from __future__ import annotations

from functools import partial

from tests.kit import pages

check_block = partial(pages.check_block, "docs/gateway.md")
