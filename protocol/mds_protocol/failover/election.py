"""Who shall be named: `elect`, a chain of checks over one subscription. The first verdict counts.

    held by a person      paused subscription, Manual, paused account: nothing moves, whatever happens
    nobody named yet      the first healthy one
    named one removed     disabled, deleted, priority 0: anyone healthy
    unknown               nothing moves on a guess
    leaving               restart, drill, drain: anyone healthy, rather one whose probe succeeds
    unhealthy             an open market, and only to one whose probe succeeds
    takeover stalled      the same; at once, if a new process leaves it to another
    order                 edited: at once; only health came back: after `failbackAfter`

`elect` is a fixed point: decide, apply, decide again on the same facts, and nothing more happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import says_it_resumes
from mds_protocol.failover.order import candidates_of
from mds_protocol.failover.standing import Standing, is_better, stand
from mds_protocol.failover.waking import choose_awake
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.route import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_protocol.failover.observed import AccountSeen, RouteSeen, SubscriptionSeen
    from mds_protocol.failover.standing import Candidate
    from mds_protocol.wire.route import Route


class Action(Enum):
    """What to do with the route."""

    STAY = "Stay"
    AMEND = "Amend"
    """Write order, mode or pause anew; who publishes stays, and so does the epoch."""
    MOVE = "Move"
    """Name `account`, in the next epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What shall happen to one route, and why; also for nothing."""

    action: Action
    reason: FailoverReason
    detail: str = ""
    account: str | None
    """Who is named after it."""
    candidates: tuple[str, ...]
    """What the route shall hold."""
    paused: bool
    mode: Mode
    holds: tuple[FailoverReason, ...] = ()
    """Every word of a person that keeps the feed where it is: each must be taken back before it moves."""
    successor: str | None
    """Who comes first of those that are able to take over, whether or not a person allows it."""
    wake: tuple[str, ...] = ()
    """The cold accounts that must have a pod now."""

    @property
    def is_held(self) -> bool:
        """Whether nothing moves the feed because a person said so; a move that a pin just decided goes on."""
        return bool(self.holds) and self.action is not Action.MOVE

    @property
    def next_account(self) -> str | None:
        """Who would take over now: `status.nextAccount`. Nobody does where a person holds the feed."""
        return None if self.holds else self.successor


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: why, and whom to name if the feed shall move."""

    reason: FailoverReason
    to: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    subscription: SubscriptionSeen
    seen: RouteSeen | None
    known: Mapping[str, AccountSeen]
    ordered: tuple[Standing, ...]
    """The candidates, the first choice first."""
    named: str | None
    """Whom the route names, if it is this subscription's and open."""
    now: float

    @property
    def route(self) -> Route | None:
        return self.seen.route if self.seen else None

    @property
    def named_account(self) -> AccountSeen | None:
        return self.known.get(self.named) if self.named else None

    @property
    def named_standing(self) -> Standing | None:
        return next((entry for entry in self.ordered if entry.name == self.named), None)

    @property
    def others(self) -> tuple[Standing, ...]:
        """Whom the feed could move to, were they well."""
        return tuple(entry for entry in self.ordered if entry.name != self.named and entry.may_take)

    @property
    def newly_ahead(self) -> frozenset[str]:
        """Who was put before the named account since the route was written: somebody edited."""
        order = [entry.name for entry in self.ordered]
        recorded = list(self.route.candidates) if self.route else []
        return frozenset(_ahead_of(self.named, order)) - frozenset(_ahead_of(self.named, recorded))


def elect(
    subscription: SubscriptionSeen, accounts: Mapping[str, Candidate], seen: RouteSeen | None, *, now: float
) -> Decision:
    """Decide about one route. The operator alone calls it; a gateway alone has `promotion`."""
    known = {name: entry.account for name, entry in accounts.items()}
    ordered = tuple(
        stand(accounts[account.name], subscription) for account in candidates_of(subscription, known.values())
    )
    case = _Case(subscription, seen, known, ordered, _named_by(subscription, seen), now)
    verdict = next(found for check in CHECKS if (found := check(case)))
    return _decide(case, verdict)


def _named_by(subscription: SubscriptionSeen, seen: RouteSeen | None) -> str | None:
    is_ours = seen is not None and not seen.route.closed and seen.route.uid == subscription.uid
    return seen.route.named if seen is not None and is_ours else None


def _check_paused(case: _Case) -> Verdict | None:
    return Verdict(FailoverReason.PAUSED) if case.subscription.paused else None


def _check_account_paused(case: _Case) -> Verdict | None:
    account = case.named_account
    return Verdict(FailoverReason.ACCOUNT_PAUSED) if account and account.paused else None


def _check_manual(case: _Case) -> Verdict | None:
    """A person decides alone, also without a probe; only a target that is known to be well is taken."""
    if case.subscription.mode is Mode.AUTO:
        return None
    pinned = next((entry for entry in case.others if entry.name == case.subscription.pinned), None)
    if pinned is None:
        return Verdict(FailoverReason.MANUAL)
    if not pinned.is_healthy:
        return Verdict(FailoverReason.MANUAL, detail=f"{pinned.name} is pinned and not healthy")
    return Verdict(FailoverReason.PINNED, to=pinned.name)


def _check_first(case: _Case) -> Verdict | None:
    """Nobody publishes, so there is nothing to lose and no probe to wait for."""
    if case.named is not None:
        return None
    if awaited := _find_awaited(case):
        return Verdict(FailoverReason.BETTER_AWAITED, detail=awaited.name)
    reopened = case.route is not None and (case.route.closed or case.route.uid != case.subscription.uid)
    reason = FailoverReason.REOPENED if reopened else FailoverReason.FIRST_ELECTION
    return _move_to_anyone(case, reason)


def _find_awaited(case: _Case) -> Standing | None:
    """Who comes before the first healthy one and is about to be healthy, too.

    Accounts that were applied together come up a moment apart: without it chance would choose, and the order
    be kept only after `failbackAfter`.
    """
    first = next((entry for entry in case.others if entry.is_healthy), None)
    if first is None or case.now - first.health.since >= timings.FIRST_PATIENCE_S:
        return None
    before = case.others[: case.others.index(first)]
    return next((entry for entry in before if entry.health.reason is AccountReason.STARTING), None)


def _check_removed(case: _Case) -> Verdict | None:
    if case.named_standing is not None:
        return None
    account = case.named_account
    if account is None or account.name not in case.subscription.accounts:
        return _move_to_anyone(case, FailoverReason.ACCOUNT_DELETED)
    zero = account.enabled and account.priority == 0
    return _move_to_anyone(case, FailoverReason.PRIORITY_ZERO if zero else FailoverReason.ACCOUNT_DISABLED)


def _check_unknown(case: _Case) -> Verdict | None:
    named = case.named_standing
    unknown = named is not None and named.state is HealthState.UNKNOWN
    return Verdict(FailoverReason.HOLD_UNKNOWN, detail=_reason_of(named)) if unknown else None


def _check_leaving(case: _Case) -> Verdict | None:
    """Announced, so it also moves while the market is closed: the successor is ready when it opens."""
    named = case.named_standing
    if named is None:
        return None
    if named.account.leaving is not None:
        return _move_to_anyone(case, named.account.leaving)
    draining = named.health.reason is AccountReason.DRAINING
    return _move_to_anyone(case, FailoverReason.DRAINING) if draining else None


def _check_unhealthy(case: _Case) -> Verdict | None:
    named = case.named_standing
    if named is None or named.is_healthy:
        return None
    if not case.subscription.market.matters:
        return Verdict(FailoverReason.MARKET_CLOSED, detail=_reason_of(named))
    reason = FailoverReason(named.health.reason.value)
    return _move_unplanned(case, named, reason)


def _check_takeover(case: _Case) -> Verdict | None:
    """Named is not active. Until the fence is stored no voluntary move begins, and not for ever either."""
    named, seen = case.named_standing, case.seen
    if named is None or seen is None or named.account.is_active(case.subscription.name, seen.route.epoch):
        return None
    reason = _find_stall(case, named.account, seen)
    if reason is None:
        return Verdict(FailoverReason.FENCE_AWAITED)
    if not case.subscription.market.matters:
        return Verdict(FailoverReason.MARKET_CLOSED, detail=reason)
    return _move_unplanned(case, named, reason)


def _find_stall(case: _Case, named: AccountSeen, seen: RouteSeen) -> FailoverReason | None:
    if named.heard is not None and says_it_resumes(named.heard.heartbeat, case.subscription.name):
        return FailoverReason.CONTAINER_DIED
    is_overdue = case.now - seen.takeover_awaited_since >= timings.TAKEOVER_STALLED_S
    return FailoverReason.TAKEOVER_STALLED if is_overdue else None


def _check_order(case: _Case) -> Verdict:
    best = next((entry for entry in case.ordered if _is_choice(entry, case)), None)
    if best is None or best.name == case.named:
        return Verdict(FailoverReason.IN_ORDER)
    edited = best.name in case.newly_ahead
    if not edited and (wait := _failback_waits(case, best)):
        return wait
    if not best.health.is_probing:
        return Verdict(FailoverReason.NOBODY_PROBING, detail=best.name)
    if best.name == case.subscription.pinned:
        return Verdict(FailoverReason.PINNED, to=best.name)
    return Verdict(FailoverReason.PRIORITY_EDITED if edited else FailoverReason.FAILBACK, to=best.name)


CHECKS: tuple[Callable[[_Case], Verdict | None], ...] = (
    _check_paused,
    _check_account_paused,
    _check_manual,
    _check_first,
    _check_removed,
    _check_unknown,
    _check_leaving,
    _check_unhealthy,
    _check_takeover,
    _check_order,
)
"""In this order: a person's word before anything that we found out."""


def _is_choice(entry: Standing, case: _Case) -> bool:
    return entry.name == case.named or (entry.is_healthy and entry.may_take)


def _failback_waits(case: _Case, best: Standing) -> Verdict | None:
    """A pin is a person's word, also for an account that came first all along; it must only be steady."""
    is_pinned = best.name == case.subscription.pinned
    if case.subscription.failback is Mode.MANUAL and not is_pinned:
        return Verdict(FailoverReason.FAILBACK_OFF, detail=best.name)
    healthy_for = case.now - best.health.since
    patience = case.subscription.failback_after_s
    if healthy_for < (min(patience, timings.PIN_STEADY_S) if is_pinned else patience):
        return Verdict(FailoverReason.FAILBACK_WAITING, detail=best.name)
    return None


def _move_to_anyone(case: _Case, reason: FailoverReason) -> Verdict:
    """A move that has to be: the first healthy one, of those whose probe succeeds if any does."""
    healthy = [entry for entry in case.others if entry.is_healthy]
    if case.named is not None:
        healthy = [entry for entry in healthy if entry.health.is_probing] or healthy
    if not healthy:
        return Verdict(FailoverReason.NOBODY_AVAILABLE, detail=reason)
    return Verdict(reason, to=healthy[0].name)


def _move_unplanned(case: _Case, named: Standing, reason: FailoverReason) -> Verdict:
    targets = _unplanned_targets(case, named)
    if probing := [entry for entry in targets if entry.health.is_probing]:
        return Verdict(reason, to=probing[0].name, detail=named.health.detail)
    if targets:
        return Verdict(FailoverReason.NOBODY_PROBING, detail=reason)
    only_stale = reason is FailoverReason.STALE and any(entry.is_only_stale for entry in case.others)
    return Verdict(
        FailoverReason.NOBODY_BETTER if only_stale else FailoverReason.NOBODY_AVAILABLE, detail=reason
    )


def _unplanned_targets(case: _Case, named: Standing) -> list[Standing]:
    """Healthy ones first; failing these, one that sees more than the named one does."""
    healthy = [entry for entry in case.others if entry.is_healthy]
    partly = [entry for entry in case.others if entry.is_only_stale and is_better(entry, named)]
    return healthy + partly


def _reason_of(named: Standing | None) -> str:
    return str(named.health.reason) if named else ""


def _ahead_of(name: str | None, order: list[str]) -> list[str]:
    return order[: order.index(name)] if name in order else order


def _decide(case: _Case, verdict: Verdict) -> Decision:
    account = verdict.to or case.named
    holds = _find_holds(case, account)
    paused = FailoverReason.PAUSED in holds or FailoverReason.ACCOUNT_PAUSED in holds
    candidates = _candidates_after(case, moves=verdict.to is not None)
    action = Action.MOVE if verdict.to else Action.STAY
    if action is Action.STAY and _is_route_outdated(case, candidates, paused=paused):
        action = Action.AMEND
    return Decision(
        action=action,
        reason=verdict.reason,
        detail=verdict.detail,
        account=account,
        candidates=candidates,
        paused=paused,
        mode=case.subscription.mode,
        holds=holds,
        successor=_successor_of(case, account),
        wake=choose_awake(
            case.subscription, case.ordered, case.named_account, held=bool(holds), now=case.now
        ),
    )


def _find_holds(case: _Case, account: str | None) -> tuple[FailoverReason, ...]:
    """Of the feed once `account` is named."""
    known = case.known.get(account) if account else None
    found = {
        FailoverReason.PAUSED: case.subscription.paused,
        FailoverReason.ACCOUNT_PAUSED: known is not None and known.paused,
        FailoverReason.MANUAL: case.subscription.mode is Mode.MANUAL,
    }
    return tuple(reason for reason, stands in found.items() if stands)


def _candidates_after(case: _Case, *, moves: bool) -> tuple[str, ...]:
    """The order to record.

    While an edit waits for its account to become healthy the old order stays, or the edit would be forgotten
    and pass for a failback.
    """
    order = tuple(entry.name for entry in case.ordered)
    if moves or case.route is None or case.named is None:
        return order
    waits = case.named not in order or bool(case.newly_ahead)
    return case.route.candidates if waits else order


def _is_route_outdated(case: _Case, candidates: tuple[str, ...], *, paused: bool) -> bool:
    route = case.route
    if route is None:
        return False
    wanted = (case.subscription.uid, case.named, candidates, paused, case.subscription.mode, False)
    return wanted != (route.uid, route.named, route.candidates, route.paused, route.mode, route.closed)


def _successor_of(case: _Case, account: str | None) -> str | None:
    ready = (
        entry for entry in case.ordered if entry.is_healthy and entry.may_take and entry.health.is_probing
    )
    return next((entry.name for entry in ready if entry.name != account), None)
