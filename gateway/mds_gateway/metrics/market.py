"""Figures of the broker's side: fronts, contracts, exchanges."""

from __future__ import annotations

from mds_gateway.metrics.seen import Family, ages
from mds_protocol.wire.heartbeat import SessionState
from mds_runtime.http.figures import one

FAMILIES = (
    Family("contracts", "Contracts in the account's table.", lambda seen: one(seen.beat.contracts)),
    Family(
        "subscribed_contracts",
        "Contracts that the front acknowledged.",
        lambda seen: one(seen.beat.subscribed),
    ),
    Family(
        "market_data_logged_in",
        "1 while the market data login stands.",
        lambda seen: one(seen.beat.market_data.logged_in),
    ),
    Family(
        "trade_logged_in",
        "1 while the trading login stands; absent without trading fronts.",
        lambda seen: one(None if seen.beat.trade is None else seen.beat.trade.logged_in),
    ),
    Family(
        "tick_age_seconds",
        "Since the newest tick of any contract.",
        lambda seen: ages({name: each.tick_age_ms for name, each in seen.beat.exchanges.items()}),
        labels=("exchange",),
    ),
    Family(
        "session_open",
        "1 while the exchange trades, by the trading front's word; absent where it is not known.",
        lambda seen: {
            name: float(each.session is SessionState.OPEN)
            for name, each in seen.beat.exchanges.items()
            if each.session is not SessionState.UNKNOWN
        },
        labels=("exchange",),
    ),
    Family(
        "canary_age_seconds",
        "Since the last tick of each canary.",
        lambda seen: ages(seen.beat.canary_age_ms),
        labels=("contract",),
    ),
    Family(
        "clock_offset_seconds",
        "This machine's clock minus the exchanges' newest ticks of the last minute.",
        lambda seen: one(seen.tally.clock_offset_s),
    ),
)
