"""Looks at what the operator believes of markets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.sessions import Sessions
from mds_operator.domain import sessions
from mds_protocol.wire.heartbeat import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_operator.desk import Desk
    from mds_operator.domain.seen import Key
    from mds_operator.looking.source import Source
    from mds_protocol.failover.observed import MarketSeen


def look_at_sessions(source: Source) -> Sessions:
    markets = {key: market for desk in source.desks for key, market in _list_markets(desk)}
    return Sessions(
        subscriptions={key: market.open for key, market in markets.items() if market.known},
        exchanges={
            (desk.namespace, exchange): state is SessionState.OPEN
            for desk in source.desks
            for exchange, state in (desk.judgement.sessions if desk.judgement else {}).items()
            # Another one is a word of a front.
            if state is not SessionState.UNKNOWN and exchange in sessions.EXCHANGES
        },
        openings={
            # Judged up to a tenth of a second ago: no series shall tremble.
            key: float(round(source.wall.timestamp() + market.opens_in_s))
            for key, market in markets.items()
            if market.opens_in_s is not None
        },
        calendar_ends=sessions.CALENDAR_ENDS.timestamp(),
    )


def _list_markets(desk: Desk) -> Iterator[tuple[Key, MarketSeen]]:
    judgement = desk.judgement
    if judgement is None:
        return
    for name in desk.subscriptions:
        seen = judgement.subscriptions.get(name) or judgement.suspended.get(name)
        if seen is not None:
            yield desk.key(name), seen.market
