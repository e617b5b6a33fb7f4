"""What the judgement may know of one feed: plain values that who asks fills in.

None, or an empty tuple where it says so, is what is not known; nothing is concluded from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import Standby
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from datetime import date, datetime

    from mds_protocol.resources.reasons import FailoverReason, ReadinessProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """One account that may publish the feed: selected, enabled, of a priority above 0."""

    name: str
    standby: Standby = Standby.HOT
    is_awake: bool = True
    """It has a pod; a cold one sleeps until it is needed."""
    is_paused: bool = False
    health: HealthState = HealthState.HEALTHY
    """To this feed: stale elsewhere is healthy here."""
    reason: AccountReason = AccountReason.STREAMING
    """Why it is so, exact at night, too: `FrontLost`, not `MarketClosed`."""
    login_code: int | None = None
    """With which the broker refuses the login now."""
    waits_for_person: bool = False
    """Nothing is tried any more: the condition Stalled."""
    trading_day: date | None = None
    """Of its login."""
    has_trade_fronts: bool = True
    lacks_trade_login: bool = False
    """Ticks come, and trading is not logged in."""
    is_probing: bool | None = None
    """Whether its own test message was stored lately."""
    restarts_left: int | None = None
    """Of this hour's budget; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """The markets of the feed's contracts, by fronts first and the calendar second."""

    is_open: bool | None
    """None: the calendar alone closes it, against the last word of a front."""
    next_opening: datetime | None = None
    """Where it is closed. None then: nobody knows."""
    trading_day: date | None = None
    """Of the session that is on, or of the next one."""
    calendar_ends: date | None = None
    """The last day whose holidays are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFacts:
    """The contracts of the feed, counted."""

    selected: int | None
    """None while no contract of its market is known."""
    subscribed: int | None = None
    """By the account that publishes; None while none does."""
    stale: int = 0
    unknown: tuple[str, ...] = ()
    """Listed instruments that do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """The stream that the feed is stored in."""

    name: str
    has_leader: bool = True
    fill: float = 0.0
    """The largest share of its limits on bytes and messages; 0 without limits."""
    refuses_when_full: bool = False
    """`discard: new`; others let go of what is old."""
    oldest_age_s: float | None = None
    max_age_s: float | None = None
    """How long it should keep a message; None for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerFacts:
    """A consumer of that stream."""

    name: str
    pending: int
    """Messages that it has not been given yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One feed."""

    namespace: str
    subscription: str
    is_accepted: bool | None
    """None: whether its stream can carry it is not known yet."""
    hears_itself: bool
    """The operator, through NATS; what it says of accounts is worth nothing while it does not."""
    accounts: tuple[AccountFacts, ...]
    """The first choice first."""
    named: str | None = None
    """Whom the route names."""
    is_served: bool = False
    """The named account is healthy, and its fence is stored."""
    is_moving: bool = False
    """Another account is just taking over."""
    holds: tuple[FailoverReason, ...] = ()
    """The words of a person that keep the feed where it is."""
    ignored_pin: str | None = None
    market: MarketFacts
    coverage: CoverageFacts
    stream: StreamFacts | None = None
    stream_name: str
    consumers: tuple[ConsumerFacts, ...] = ()
    """Those that are known."""
    stood: frozenset[tuple[ReadinessProblem, str]] = frozenset()
    """The problems of the judgement before, each with what it is about: at a limit they stay for a while."""
