"""Figures of completeness: what the stream lacks by our own word, and what it has. Estimates stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.metrics.seen import Family

if TYPE_CHECKING:
    from mds_gateway.metrics.seen import Seen
    from mds_runtime.http.figures import Values


def _read_stored(seen: Seen) -> Values:
    """What is selected begins with 0."""
    exchanges = seen.tally.exchanges
    return {(name, exchange): 0.0 for name in exchanges for exchange in exchanges[name]} | seen.serving.stored


FAMILIES = (
    Family(
        "ticks_lost",
        "Ticks that the stream does not have and will not get, as gap events count them; without a count 1.",
        lambda seen: seen.tally.losses.lost,
        labels=("subscription", "cause"),
        kind="counter",
    ),
    Family(
        "ticks_stored",
        "Ticks that the stream acknowledged, those among them that it had already.",
        _read_stored,
        labels=("subscription", "exchange"),
        kind="counter",
    ),
    Family(
        "died_with",
        "At most so many ticks died with the accounts from which this one took the feed over.",
        lambda seen: seen.tally.losses.died_with,
        labels=("subscription",),
        kind="counter",
    ),
    Family(
        "front_missed",
        "Ticks of canaries that this account received as a standby and the stream lacks.",
        lambda seen: seen.tally.losses.front_missed,
        labels=("subscription",),
        kind="counter",
    ),
)
