"""When a standby names itself because no operator does: `decide_promotion`.

Only if neither the operator nor the active account is heard, or the active account itself says that it does
not publish; after 2 s and 500 ms for each place, so that the first candidate wins without a race. The rules
of an unplanned move hold here, too; a route that a person holds is never taken. Two who promote themselves at
once are told apart by the compare-and-set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mds_protocol.failover import health, timings
from mds_protocol.failover.observed import OPEN_MARKET, holds_fence, says_it_resumes
from mds_protocol.resources.reasons import PromotionReason
from mds_protocol.wire.heartbeat import GatewayState
from mds_protocol.wire.route import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mds_protocol.failover.observed import Heard, MarketSeen, RouteSeen
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.route import Route

_MS_PER_S = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StandbySeen:
    """What a standby knows of one subscription that it backs."""

    account: str
    seen: RouteSeen
    listening_since: float
    """Since when it has heard without interruption: a process that was stopped begins anew when it wakes."""
    operator_heard_at: float | None
    active_heard_at: float | None
    active_faulty_since: float | None = None
    """`ActiveWord.faulty_since`."""
    stream_has_fresh_ticks: bool | None
    """Its look into the stream for ticks of the active account; None while it has not asked."""
    is_eligible: bool
    """Enabled, not paused, priority above 0."""
    own: Heartbeat
    """What it says of itself."""
    market: MarketSeen = OPEN_MARKET


@dataclass(frozen=True, slots=True)
class ActiveWord:
    """What the active account has said of itself in one epoch; a memory of `note_active`."""

    sound_at: float | None = None
    """When its last heartbeat came that named no fault."""
    faulty_since: float | None = None
    """Since when its heartbeats name one: when the last one came that did not."""


@dataclass(frozen=True, slots=True)
class PromotionDecision:
    """Whether to name itself, and why or why not."""

    promote: bool
    reason: PromotionReason


def decide_promotion(standby: StandbySeen, *, now: float) -> PromotionDecision:
    """Decide whether this standby names itself now."""
    for check in CHECKS:
        if reason := check(standby, now):
            return PromotionDecision(promote=False, reason=reason)
    return PromotionDecision(promote=True, reason=PromotionReason.OPERATOR_GONE)


def says_it_fails(heartbeat: Heartbeat, seen: RouteSeen, subscription: str, *, now: float) -> bool:
    """Whether the named account itself says that it does not publish: by a fault, or by an overdue fence."""
    if health.find_fault(heartbeat) is not None or says_it_resumes(heartbeat, subscription):
        return True
    is_due = now - seen.since >= timings.TAKEOVER_STALLED_S
    return is_due and not holds_fence(heartbeat, subscription, seen.route.epoch)


def note_active(
    before: ActiveWord, heard: Heard, seen: RouteSeen, subscription: str, *, now: float
) -> ActiveWord:
    """The memory after a look at the named account's last heartbeat; a new epoch begins with an empty one."""
    if not says_it_fails(heard.heartbeat, seen, subscription, now=now):
        return ActiveWord(sound_at=heard.at)
    if before.faulty_since is not None:
        return before
    return replace(before, faulty_since=heard.at if before.sound_at is None else before.sound_at)


def find_unfitness(heartbeat: Heartbeat) -> PromotionReason | None:
    """Why an account, by its own word, is not fit to be named; None if it is."""
    if heartbeat.state is not GatewayState.STREAMING or health.find_fault(heartbeat) is not None:
        return PromotionReason.UNHEALTHY
    age_ms = heartbeat.probe_age_ms
    is_probing = age_ms is not None and age_ms < timings.PROBE_FRESH_S * _MS_PER_S
    return None if is_probing else PromotionReason.PROBE_FAILING


def is_replaceable(
    account: str, route: Route, heard: Iterable[Heard], *, listening_since: float, now: float
) -> bool:
    """Whether another candidate of the route could go on in the account's place, or nobody knows yet."""
    others = set(route.candidates) - {account}
    if now - listening_since < timings.SILENCE_S:
        return bool(others)
    fresh = (entry.heartbeat for entry in heard if now - entry.at < timings.SILENCE_S)
    return any(beat.account in others and find_unfitness(beat) is None for beat in fresh)


def waiting_time(account: str, candidates: tuple[str, ...], named: str | None) -> float:
    """How long a candidate waits; the named one, which is gone, takes no place."""
    others = [name for name in candidates if name != named]
    return timings.PROMOTION_S + timings.PROMOTION_STEP_S * others.index(account)


def _check_route(standby: StandbySeen, now: float) -> PromotionReason | None:
    del now
    route = standby.seen.route
    held = route.closed or route.paused or route.mode is Mode.MANUAL or route.named is None
    return PromotionReason.ROUTE_HELD if held else None


def _check_candidate(standby: StandbySeen, now: float) -> PromotionReason | None:
    del now
    route = standby.seen.route
    listed = standby.account in route.candidates and standby.account != route.named
    return None if listed else PromotionReason.NOT_CANDIDATE


def _check_eligible(standby: StandbySeen, now: float) -> PromotionReason | None:
    del now
    return None if standby.is_eligible else PromotionReason.NOT_ELIGIBLE


def _check_fit(standby: StandbySeen, now: float) -> PromotionReason | None:
    del now
    return find_unfitness(standby.own)


def _check_market(standby: StandbySeen, now: float) -> PromotionReason | None:
    del now
    return None if standby.market.matters else PromotionReason.MARKET_CLOSED


def _check_operator(standby: StandbySeen, now: float) -> PromotionReason | None:
    present = now - _last(standby, standby.operator_heard_at) < timings.SILENCE_S
    return PromotionReason.OPERATOR_PRESENT if present else None


def _check_active(standby: StandbySeen, now: float) -> PromotionReason | None:
    """Silence needs its second witness here, too; what the active account says of itself needs none."""
    if standby.active_faulty_since is not None:
        return None
    heard = now - _last(standby, standby.active_heard_at) < timings.SILENCE_S
    dead = not heard and standby.stream_has_fresh_ticks is False
    return None if dead else PromotionReason.ACTIVE_PRESENT


def _check_time(standby: StandbySeen, now: float) -> PromotionReason | None:
    route = standby.seen.route
    gone_since = max(_last(standby, standby.operator_heard_at), _active_gone_since(standby))
    waited = now - gone_since >= waiting_time(standby.account, route.candidates, route.named)
    return None if waited else PromotionReason.WAITING


CHECKS: tuple[Callable[[StandbySeen, float], PromotionReason | None], ...] = (
    _check_route,
    _check_candidate,
    _check_eligible,
    _check_fit,
    _check_market,
    _check_operator,
    _check_active,
    _check_time,
)
"""In this order: what a person decided, whether it could, whether it must, and when."""


def _active_gone_since(standby: StandbySeen) -> float:
    return _last(standby, standby.active_faulty_since or standby.active_heard_at)


def _last(standby: StandbySeen, heard_at: float | None) -> float:
    """When somebody was heard last; never before the listening or the route's epoch began."""
    since = max(standby.listening_since, standby.seen.since)
    return since if heard_at is None else max(heard_at, since)
