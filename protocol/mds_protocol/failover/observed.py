"""What a decision may know: frozen values that the operator, or a gateway for itself, fills in.

Times are seconds of the observer's own monotonic clock. A heartbeat gives ages by its sender's clock; here
they become times of the observer (`Heard.ago`), so that no two machines' clocks are ever compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.wire.route import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mds_protocol.resources.reasons import FailoverReason
    from mds_protocol.wire.heartbeat import Heartbeat, Publication, SessionState
    from mds_protocol.wire.route import Route

_MS_PER_S = 1000.0


class Standby(Enum):
    """Whether an account that does not publish is kept logged in."""

    HOT = "Hot"
    COLD = "Cold"


class Livez(Enum):
    """What a pod's `/livez` said when it was asked."""

    ANSWERED = "Answered"
    NO_ANSWER = "NoAnswer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The newest heartbeat of an account and when the observer received it."""

    heartbeat: Heartbeat
    at: float
    state_since: float | None = None
    """Since when its sender says that it is in this state; absent where nobody keeps it."""

    def ago(self, age_ms: int) -> float:
        """The observer's time of what was `age_ms` old when the heartbeat left."""
        return self.at - age_ms / _MS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSeen:
    """What Kubernetes and the pod itself say; the second witness of a silence."""

    name: str
    began_at: float | None = None
    """When the observer first saw the pod; absent if it ran by then, nobody knows since when."""
    died_at: float | None = None
    """When the observer learned from the kubelet that the container had ended; it may run again since."""
    node_ready: bool = True
    livez: Livez | None = None
    livez_asked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeen:
    """One account: what a person wrote, and the traces of its pod."""

    name: str
    market: str = "CTP.Production"
    """Gateway type and environment: only accounts of the same one see the same ticks."""
    priority: int = 100
    enabled: bool = True
    paused: bool = False
    standby: Standby = Standby.HOT
    stale_after_s: float = 10.0
    leaving: FailoverReason | None = None
    """Its pod is about to go on purpose (planned restart, drill): it hands over and takes nothing."""
    pod: PodSeen | None = None
    kept: bool = False
    """Disabled, and its pod stays nevertheless: it publishes a feed that a person holds."""
    heard: Heard | None = None
    """Of its present pod (`heard_from`)."""
    named_in: Mapping[str, int] = field(default_factory=dict)
    """The subscriptions whose route names it, with the epoch."""

    def publication(self, subscription: str) -> Publication | None:
        """What its last heartbeat said about a subscription."""
        return find_publication(self.heard.heartbeat, subscription) if self.heard else None

    def is_active(self, subscription: str, epoch: int) -> bool:
        return self.heard is not None and holds_fence(self.heard.heartbeat, subscription, epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSeen:
    """Whether the markets of one subscription, or of one account, trade."""

    open: bool = True
    known: bool = True
    """Whether anybody says so. What nobody knows counts as open."""
    opens_in_s: float | None = None
    """Absent: open already, or not known."""
    called_open_at: datetime | None = None
    """When a front last called it open, by the world's clock, for people. Given only where the calendar alone
    closes it against that word, and no front is heard: nobody is sure."""

    @property
    def matters(self) -> bool:
        """Open, or so soon that accounts must be sound now."""
        return self.open or (self.opens_in_s is not None and self.opens_in_s <= timings.PREOPEN_S)


OPEN_MARKET = MarketSeen()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSeen:
    """One subscription as a person wrote it, resolved."""

    name: str
    uid: str
    accounts: frozenset[str]
    """What its selector matches."""
    exchanges: frozenset[str] = frozenset()
    """Where its contracts trade; empty means not known, and every exchange counts."""
    order: tuple[str, ...] = ()
    pinned: str | None = None
    """The pin that counts (`order.choose_pin`)."""
    pin_ignored: str | None = None
    """What `failover.pinnedAccount` says, where that account may not publish here."""
    mode: Mode = Mode.AUTO
    failback: Mode = Mode.AUTO
    failback_after_s: float = 300.0
    paused: bool = False
    market: MarketSeen = OPEN_MARKET


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSeen:
    """The route as last read, and since when the observer knows this epoch."""

    route: Route
    since: float
    fence_lost_at: float | None = None
    """When the named account was first heard without the fence of this epoch that it had: NATS was away."""

    @property
    def takeover_awaited_since(self) -> float:
        return self.since if self.fence_lost_at is None else max(self.since, self.fence_lost_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """How well the observer hears: what it does not hear counts only while it hears itself."""

    since: float
    """When it began to hear without interruption."""
    echo_at: float | None = None
    """When its own heartbeat last came back to it through NATS."""
    loop_late_s: float = 0.0
    """By how much its own loop was late last."""

    def heard_echo(self, now: float) -> Listening:
        """After an echo; one that was late starts the listening anew, as others were missed with it."""
        missed = self.echo_at is not None and now - self.echo_at >= timings.ECHO_LATE_S
        return Listening(since=now if missed else self.since, echo_at=now, loop_late_s=self.loop_late_s)

    def is_sure(self, now: float) -> bool:
        """Whether silence means something now."""
        return (
            self.echo_at is not None
            and now - self.echo_at < timings.ECHO_LATE_S
            and now - self.since >= timings.SILENCE_S
            and self.loop_late_s < timings.LOOP_LATE_S
        )


def hear(before: Heard | None, heartbeat: Heartbeat, *, pod: str | None, now: float) -> Heard | None:
    """The heartbeat to keep: that of the account's present pod, if the observer knows which that is.

    The sequence is not compared: NATS keeps the order of one sender, and a process that began anew counts
    from the start.
    """
    if pod is not None and heartbeat.instance != pod:
        return before
    goes_on = before is not None and _goes_on(before.heartbeat, heartbeat)
    since = before.state_since if before is not None and goes_on else now
    return Heard(heartbeat=heartbeat, at=now, state_since=since)


def _goes_on(before: Heartbeat, heartbeat: Heartbeat) -> bool:
    """Whether the same process is in the same state still; one that began anew counts from the start."""
    same = (before.instance, before.state) == (heartbeat.instance, heartbeat.state)
    return same and heartbeat.sequence > before.sequence


def heard_from(heard: Heard | None, pod: str | None) -> Heard | None:
    """The heartbeat if the account's present pod sent it; without a pod, the last word of the one before."""
    return heard if heard is not None and pod in (None, heard.heartbeat.instance) else None


def find_publication(heartbeat: Heartbeat, subscription: str) -> Publication | None:
    return next((entry for entry in heartbeat.publications if entry.subscription == subscription), None)


def holds_fence(heartbeat: Heartbeat, subscription: str, epoch: int) -> bool:
    """Whether its sender stored its fence for this epoch: named alone is not active."""
    entry = find_publication(heartbeat, subscription)
    return entry is not None and entry.fence_epoch == epoch


def says_it_resumes(heartbeat: Heartbeat, subscription: str) -> bool:
    """Whether its sender would rather have another account go on (it decided so by `fencing.is_resuming`)."""
    entry = find_publication(heartbeat, subscription)
    return entry is not None and entry.resuming


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What one account's health is judged against."""

    peers: tuple[AccountSeen, ...]
    """Every account that the observer hears, in any order; the judged one may be among them."""
    listening: Listening
    calendar: Mapping[str, SessionState] = field(default_factory=dict)
    """Exchange to session by the calendar, for where no trading front says it."""
    mass_silence: frozenset[str] = frozenset()
    """Who fell silent together with most others (`find_mass_silence`)."""
