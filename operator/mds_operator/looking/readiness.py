"""Looks at how ready subscriptions are, as of their last status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.readiness import Verdicts

if TYPE_CHECKING:
    from mds_operator.looking.source import Source


def look_at_readiness(source: Source) -> Verdicts:
    return Verdicts(
        known={
            desk.key(name): record.readiness
            for desk in source.desks
            for name, record in desk.subscriptions.items()
            if record.readiness is not None
        }
    )
