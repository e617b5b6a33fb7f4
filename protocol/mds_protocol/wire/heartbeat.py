"""What a gateway says about itself, five times a second, and what the operator says in return.

Ages are measured by the sender on its own monotonic clock, so no reader ever compares two machines' clocks.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mds_protocol.wire.codec import Message, Name, Namespace, Natural, Part
from mds_protocol.wire.times import Moment


class GatewayState(StrEnum):
    """The one state a gateway is in; `Phase` of a FeedAccount is derived from it."""

    CONNECTING = "Connecting"
    LOGGING_IN = "LoggingIn"
    SUBSCRIBING = "Subscribing"
    STREAMING = "Streaming"
    DRAINING = "Draining"
    BLOCKED = "Blocked"


class SessionState(StrEnum):
    """Whether an exchange trades now, as the trading front says; Unknown without a trading login."""

    OPEN = "Open"
    CLOSED = "Closed"
    UNKNOWN = "Unknown"


class Front(Part):
    """One of the two logins of an account."""

    connected: bool
    logged_in: bool
    error_code: int | None = None
    """The broker's ErrorID of the last refused login, or the reason code of the last disconnect."""
    error_message: str | None = None
    connecting_since_ns: Moment | None = None
    """While it was never connected: when the process began to try. Wall clock of the gateway, for people; no
    rule reads it."""
    refused: Natural = 0
    """While it is not logged in: how often the account's credentials were refused since the last success."""
    gave_up: bool = False
    """Nothing is tried until a person edits the account or asks for a restart."""


class Publication(Part):
    """How the account stands to one subscription that it serves."""

    subscription: Name
    epoch: Natural
    """The newest epoch of the route that the gateway has read."""
    fence: Natural | None = None
    """F, the stream sequence of its own fence; absent unless the account is active."""
    fence_epoch: Natural | None = None
    """The epoch that the fence stands for; the account is active for it, whatever the route says since."""
    resuming: bool = False
    """It is named, but began anew without its last ticks: another account had better go on."""
    log_reach_ms: Natural = 0
    """How far back its log of finished ticks goes."""
    witness_asked_ms: Natural | None = None
    """A standby's look into the stream, for the newest tick of three canaries that the active stored in this
    epoch: since the stream last answered. Absent: not asked, so it witnesses nothing."""
    witnessed_tick_age_ms: Natural | None = None
    """What that look found: the age of the freshest. Absent: nothing found, or not asked."""


class Exchange(Part):
    """One exchange as this account sees it."""

    session: SessionState
    tick_age_ms: Natural | None = None
    """Since the newest tick of any of its contracts; absent when none came yet."""
    contracts: Natural = 0
    """Subscribed contracts there; two accounts are compared only where they have the same."""


class Depths(Part):
    """How full the buffers are, in ticks unless named otherwise."""

    handoff: Natural = 0
    backlog: Natural = 0
    in_flight: Natural = 0
    log_bytes: Natural = 0
    log_limit_bytes: Natural | None = None
    """How much all logs together may hold; absent from a gateway of before this field."""


class Counters(Part):
    """Since the process began; each only grows."""

    received: Natural = 0
    invalid: Natural = 0
    published: Natural = 0
    acked: Natural = 0
    refused: Natural = 0
    duplicates: Natural = 0
    replayed: Natural = 0
    conflated: Natural = 0
    superseded: Natural = 0


class Heartbeat(Message):
    """A gateway's heartbeat."""

    namespace: Namespace
    account: Name
    instance: str
    """The pod's name: after a replacement, two instances of one account may be heard for a moment."""
    sequence: Natural
    state: GatewayState
    market_data: Front
    trade: Front | None = None
    """Absent for a market-data-only account."""
    trading_day: str | None = None
    front_ahead_ms: int | None = None
    """How far the front's clock was ahead of this machine's at the login, where it is followed (a simulator).
    Absent otherwise, and while not logged in."""
    settings_revision: Natural = 0
    contracts: Natural = 0
    subscribed: Natural = 0
    publications: tuple[Publication, ...] = ()
    exchanges: dict[str, Exchange] = msgspec.field(default_factory=dict)
    canary_age_ms: dict[str, Natural | None] = msgspec.field(default_factory=dict)
    """Per canary contract; null when no tick came yet."""
    canary_session: dict[str, SessionState] = msgspec.field(default_factory=dict)
    """Whether the canary's own product trades now: products of one exchange close at different hours."""
    probe_age_ms: Natural | None = None
    """Since the last probe that the stream acknowledged; absent when none was yet."""
    oldest_unacked_ms: Natural | None = None
    last_publish_error: str | None = None
    depths: Depths = Depths()
    counters: Counters = Counters()
    peer_age_ms: dict[str, Natural | None] = msgspec.field(default_factory=dict)
    """For each account that is active where this one stands by: since its last heartbeat was heard."""


class OperatorHeartbeat(Message):
    """The leader's own heartbeat. It must hear it back through NATS before it trusts anybody's silence."""

    identity: str
    sequence: Natural
