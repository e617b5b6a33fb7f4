"""What the service needs from outside, and what it is told in return.

A market data source hands over runs of ticks that are finished: encoded, identified, in order. Only the feed
that it is made for looks into them (`domain.feed`); so a native source can take the binding's place, together
with a native feed, without touching what lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from mds_protocol.wire.heartbeat import Exchange, Front, GatewayState, SessionState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mds_gateway.domain.feed import Run
    from mds_gateway.domain.slices import Slices
    from mds_gateway.domain.source_figures import Coverage, SourceFigures
    from mds_gateway.domain.subscribing import Pace
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.encodings import Encoding
    from mds_protocol.wire.rpc import ContractState
    from mds_protocol.wire.subjects import SubjectTemplate


@dataclass(frozen=True, slots=True)
class Outlet:
    """One subscription as the source sees it: which contracts, written how, under which subject."""

    subscription: str
    contracts: frozenset[str]
    """Symbols, as the exchange writes them."""
    template: SubjectTemplate
    encoding: Encoding


# --- what a source reports; always on the event loop, in the order in which it happened


@dataclass(frozen=True, slots=True)
class Batch:
    """Ticks of one wake-up: a run of them for each subscription that wants some."""

    runs: Mapping[str, Run]


@dataclass(frozen=True, slots=True)
class ContractsLoaded:
    """The trading front's whole contract table."""

    contracts: tuple[Contract, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A tick that is not to be published: why, in a code and in words, and its raw fields.

    The source counts all and reports some: a front gone mad must not become a flood.
    """

    reason: str
    problem: str
    fields: dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the log and for people: a login, a disconnect with its reason, a refused subscription."""

    code: str
    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class OutletsUsed:
    """From here on batches are made for these outlets, as they were given to `use_outlets`."""

    outlets: tuple[Outlet, ...]


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """For market data, once more or for the first time: the front sends the newest tick of each contract."""


type SourceEvent = Batch | ContractsLoaded | LoggedIn | OutletsUsed | Quarantined | Note


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """What a heartbeat says of the source."""

    state: GatewayState
    market_data: Front
    trade: Front | None
    trading_day: str | None
    contracts: int
    subscribed: int
    exchanges: dict[str, Exchange]
    canary_age_ms: dict[str, int | None]
    """Since the last tick of each contract asked for as a canary (`rb2701.SHFE`); None: none came yet."""
    canary_session: dict[str, SessionState]
    """Whether the canary's own product trades now: products of one exchange close at different hours."""
    handoff: int
    """Ticks between the source's thread and the loop."""
    received: int
    invalid: int
    conflated: int
    clock_offset_ns: int | None
    """How far this machine's clock is ahead of the exchanges' newest ticks; None: no tick has said."""
    front_ahead_ns: int | None
    """How far the front's clock is ahead of this machine's; None: not followed, or not logged in."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of some contracts are acknowledged by the front, ticked since the login, are refused."""

    subscribed: int
    ticking: int
    refused: int


class MarketData(Protocol):
    """A broker account that delivers ticks."""

    def start(self, report: Callable[[SourceEvent], None]) -> None:
        """Connects and logs in; everything later comes through `report`."""

    def use_contracts(self, contracts: Sequence[Contract]) -> None:
        """The contract table from elsewhere, for an account without a trading login."""

    def use_outlets(self, outlets: Sequence[Outlet]) -> None:
        """What to subscribe and how to finish it. Called again whenever it changes.

        Ticks go on as before until the source reports `OutletsUsed`; of several calls the last one counts.
        """

    def use_pace(self, pace: Pace) -> None:
        """How fast to subscribe, and how much at most."""

    def describe(self, canaries: Sequence[str]) -> SourceState:
        """What a heartbeat says; asked five times a second, so it must be cheap."""

    def figures(self) -> SourceFigures:
        """What a scrape reads; also before `start`."""

    def count_coverage(self, stale_after_ms: int) -> Slices[Coverage]:
        """Which selected contracts lack ticks now, counted by product."""

    def describe_contracts(self, symbols: frozenset[str]) -> Progress:
        """How far the subscription of these contracts is. Asked rarely."""

    def describe_each(self, symbols: Sequence[str]) -> tuple[ContractState, ...]:
        """The same of each, in their order; a page of them."""

    def retry_login(self) -> None:
        """A person asked for another try, for example after a password was changed."""
