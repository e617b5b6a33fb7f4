"""Looks at what was moved and replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.moves import Moves

if TYPE_CHECKING:
    from mds_operator.looking.source import Source


def look_at_moves(source: Source) -> Moves:
    counts = source.service.office.counts
    return Moves(failovers=counts.failovers, restarts=counts.restarts)
