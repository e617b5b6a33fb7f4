"""Figures of the market as this account has it: contracts, exchanges, clocks."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from mds_gateway.metrics.seen import OTHER, Family, ages, of_beat
from mds_protocol.wire.heartbeat import SessionState
from mds_runtime.http.figures import one

if TYPE_CHECKING:
    from collections.abc import Iterable

_PRODUCT: Final = re.compile(r"[A-Za-z0-9_]{1,32}")


def _sum_by_product(counts: Iterable[tuple[tuple[str, str], int]]) -> Counter[tuple[str, str]]:
    """A product is the front's text: what is no plain name becomes no label."""
    found: Counter[tuple[str, str]] = Counter()
    for (exchange, product), count in counts:
        found[exchange, product if _PRODUCT.fullmatch(product) else OTHER] += count
    return found


FAMILIES = (
    Family("contracts", "Contracts in the account's table.", of_beat(lambda beat: one(beat.contracts))),
    Family(
        "subscribed_contracts",
        "Contracts that the front acknowledged.",
        of_beat(lambda beat: one(beat.subscribed)),
    ),
    Family(
        "contracts_missing",
        "Selected contracts of which no tick came since the login, by product.",
        lambda seen: _sum_by_product(
            (product, each.missing) for product, each in seen.tally.coverage.items()
        ),
        labels=("exchange", "product"),
    ),
    Family(
        "contracts_stale",
        "Selected contracts whose newest tick is older than staleAfter while their product trades;"
        " absent where no trading front says whether it does.",
        lambda seen: _sum_by_product(
            (product, each.stale) for product, each in seen.tally.coverage.items() if each.stale is not None
        ),
        labels=("exchange", "product"),
    ),
    Family(
        "tick_age_seconds",
        "Since the newest tick of any contract.",
        of_beat(lambda beat: ages({name: each.tick_age_ms for name, each in beat.exchanges.items()})),
        labels=("exchange",),
    ),
    Family(
        "session_open",
        "1 while the exchange trades, by the trading front's word; absent where it is not known.",
        of_beat(
            lambda beat: {
                name: float(each.session is SessionState.OPEN)
                for name, each in beat.exchanges.items()
                if each.session is not SessionState.UNKNOWN
            }
        ),
        labels=("exchange",),
    ),
    Family(
        "canary_age_seconds",
        "Since the last tick of each canary.",
        of_beat(lambda beat: ages(beat.canary_age_ms)),
        labels=("contract",),
    ),
    Family(
        "clock_offset_seconds",
        "This machine's clock minus the exchanges' newest ticks of the last minute.",
        lambda seen: one(seen.tally.clock_offset_s),
    ),
)
