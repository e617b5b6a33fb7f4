"""When markets trade, as the operator believes: a trading front's word first, the calendar's second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import OF_SUBSCRIPTION, Family
from mds_runtime.http.figures import one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    subscriptions: Mapping[Key, bool] = field(default_factory=dict)
    """Whether its market is open, where that is known."""
    exchanges: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """By namespace and exchange, where it is known."""
    openings: Mapping[Key, float] = field(default_factory=dict)
    """Unix time of the next one, while the market is closed."""
    calendar_ends: float | None = None
    """Unix time."""


FAMILIES: Final = (
    Family[Sessions](
        "market_open",
        "1 while a market of a subscription is open, by fronts or else the calendar; absent: unknown.",
        lambda seen: seen.subscriptions,
        OF_SUBSCRIPTION,
    ),
    Family[Sessions](
        "exchange_open",
        "1 while a product of an exchange trades, by fronts or else the calendar; absent: unknown.",
        lambda seen: seen.exchanges,
        ("namespace", "exchange"),
    ),
    Family[Sessions](
        "subscription_next_opening_timestamp_seconds",
        "When the first market of a subscription opens; absent while one is open, or nobody knows.",
        lambda seen: seen.openings,
        OF_SUBSCRIPTION,
    ),
    Family[Sessions](
        "calendar_last_day_timestamp_seconds",
        "The end of the last day whose holidays are known.",
        lambda seen: one(seen.calendar_ends),
    ),
)
