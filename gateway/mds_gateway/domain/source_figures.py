"""What a scrape reads of a source, beside what a heartbeat says: plain counters since the process began."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from mds_gateway.domain.latency import EXCHANGE_BOUNDS_S, Hop

if TYPE_CHECKING:
    from collections.abc import Mapping


class FrontName(StrEnum):
    MARKET_DATA = "MarketData"
    TRADE = "Trade"


@dataclass(slots=True)
class FrontCounts:
    """What one front did, by CTP's codes."""

    disconnects: Counter[int] = field(default_factory=Counter)
    refused_logins: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class RequestCounts:
    """Subscribe requests, one a contract: those that the library took, and what it said to the others."""

    sent: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    """By the library's code; a batch ends with its first refusal and is asked for again a second later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """The defaults are those of a source that is not started."""

    fronts: Mapping[FrontName, FrontCounts] = field(
        default_factory=lambda: {FrontName.MARKET_DATA: FrontCounts()}
    )
    """Without trading fronts the one for market data alone."""
    requests: RequestCounts = field(default_factory=RequestCounts)
    requests_repeated: int = 0
    requests_waiting: int = 0
    contracts_refused: Mapping[int, int] = field(default_factory=dict)
    """How many the front refuses now, by its code."""
    contracts_left_out: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    exchange_hop: Hop = field(default_factory=lambda: Hop(EXCHANGE_BOUNDS_S))
    handoff_limit: int | None = None


@dataclass(frozen=True, slots=True)
class ProductCoverage:
    """Of the contracts of one product that are selected."""

    missing: int
    """No tick came since the login."""
    stale: int | None
    """The newest tick is too old for an open session; None: nobody says whether it is open."""


type Coverage = Mapping[tuple[str, str], ProductCoverage]
"""By exchange and product."""
