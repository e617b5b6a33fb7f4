"""Looks at moves of feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.moves import LastMove, Moves
from mds_operator.domain.tallies import name_reason

if TYPE_CHECKING:
    from mds_operator.looking.source import Source
    from mds_protocol.resources.feedsubscription import FailoverRecord


def look_at_moves(source: Source) -> Moves:
    known = {desk.key(name): record for desk in source.desks for name, record in desk.subscriptions.items()}
    return Moves(
        failovers={key: record.tally.failovers for key, record in known.items()},
        last={
            key: _describe(move)
            for key, record in known.items()
            if (move := record.history.newest_failover) is not None
        },
        gaps={key: record.tally.gaps for key, record in known.items()},
        detection={desk.namespace: desk.steps.detection for desk in source.desks},
        decision={desk.namespace: desk.steps.decision for desk in source.desks},
    )


def _describe(move: FailoverRecord) -> LastMove:
    return LastMove(
        epoch=str(move.epoch),
        from_account=move.from_account or "",
        to_account=move.to_account or "",
        reason=name_reason(move.reason),
    )
