"""When a pod is replaced: `decide_restart` for an unhealthy account, `plan_restarts` for the planned ones.

A restart is the last remedy and may do harm: each opens a new session at the broker. So it waits, first lets
the feed move, cools down for longer each time and has an hourly budget. Planned restarts do not count in it.

A planned restart waits only for what it would harm: for the feed that it publishes, and for another account
that restarts and is expected back. A pod that never streamed serves nobody, so it waits for nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import OPEN_MARKET, Standby
from mds_protocol.failover.order import candidates_of
from mds_protocol.resources.reasons import AccountReason, RestartReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen, MarketSeen, SubscriptionSeen

_COMING_BACK = frozenset({AccountReason.DRAINING, AccountReason.SILENT, AccountReason.STARTING})
"""How an account is from the end of its old pod to the login of the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """`spec.recovery`, and how often it was used: times of unplanned restarts, oldest first."""

    restart_after_s: float = 30.0
    cooldown_s: float = 60.0
    max_per_hour: int = 6
    recent: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartSeen:
    """What is known when an unplanned restart is decided."""

    account: AccountSeen
    health: Health
    recovery: Recovery
    market: MarketSeen = OPEN_MARKET
    can_be_relieved: bool = False
    """It is named by a route that the rules would move now: the pod waits for that."""


@dataclass(frozen=True, slots=True)
class RestartDecision:
    """Whether to replace the pod, why or why not, and when to ask again at the latest."""

    restart: bool
    reason: RestartReason
    not_before: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A login that must not be repeated, as long as what it was made with is the same."""

    code: int
    fingerprint: str
    """Over the Secret's data, the `ctp` block and `mds.dev/restartedAt`."""

    def holds(self, fingerprint: str) -> bool:
        """Whether it still blocks, given the present fingerprint."""
        return self.fingerprint == fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRestart:
    """An account whose pod is due to be replaced for a reason that is not its health."""

    account: str
    reason: RestartReason
    active_for: frozenset[str] = frozenset()
    standby_for: frozenset[str] = frozenset()
    can_be_relieved: bool = False
    """Every subscription that it is active for has somebody to take it."""
    serves: bool = True
    """Whether its container runs and ever streamed since its pod was made."""
    held: frozenset[str] = frozenset()
    """Subscriptions that it publishes in an open market and that only a person moves: Manual, or paused."""
    missed: frozenset[str] = frozenset()
    """It publishes in an open market and nobody could take that: the accounts that would, were they well."""

    @property
    def subscriptions(self) -> frozenset[str]:
        return self.active_for | self.standby_for


@dataclass(frozen=True, slots=True)
class RestartStep:
    """What to do now about a planned restart."""

    account: str
    restart: bool
    reason: RestartReason
    """MOVE_FIRST: mark the account as leaving, so that `elect` moves the feed, and ask again."""
    cause: RestartReason | None = None
    """What asks for the restart, where it waits."""
    waits_for: tuple[str, ...] = ()
    """The accounts that it waits for; with MOVE_FIRST and MOVE_HELD the subscriptions."""


def cooldown_until(recovery: Recovery, now: float) -> float | None:
    """Until when no unplanned restart may follow: the cool-down, doubled for each further one of the hour."""
    recent = _within_hour(recovery, now)
    if not recent:
        return None
    longest = max(timings.BACKOFF_MAX_S, recovery.cooldown_s)
    wait = min(recovery.cooldown_s * 2.0 ** (len(recent) - 1), longest)
    return recent[-1] + wait


def decide_restart(seen: RestartSeen, *, now: float) -> RestartDecision:
    """Decide whether an account's pod is replaced because of its health."""
    for check in CHECKS:
        if decision := check(seen, now):
            return decision
    return RestartDecision(restart=True, reason=RestartReason.UNHEALTHY)


def plan_restarts(
    due: Iterable[PlannedRestart], on_their_way: Mapping[str, frozenset[str]]
) -> tuple[RestartStep, ...]:
    """Which of the due accounts go now: one at a time per subscription, standbys first.

    `on_their_way`: the accounts that were replaced and are expected back, with their subscriptions.
    """
    steps: list[RestartStep] = []
    going = dict(on_their_way)
    for account in sorted(due, key=lambda entry: (bool(entry.active_for), entry.account)):
        step = _plan_one(account, going)
        steps.append(step)
        if account.serves and (step.restart or step.reason is RestartReason.MOVE_FIRST):
            going[account.account] = account.subscriptions
    return tuple(steps)


def is_on_its_way(health: Health, *, replaced_at: float, now: float) -> bool:
    """Whether an account whose pod was replaced is expected back; else it is back, or broken."""
    if now - replaced_at > timings.BACK_S:
        return False
    if health.state is HealthState.HEALTHY:
        # Without a probe of its own no feed could be handed to it, and the next one would just go.
        return health.since <= replaced_at or not health.is_probing
    return health.state is HealthState.UNKNOWN or health.reason in _COMING_BACK


def find_relievers(
    account: str, subscription: SubscriptionSeen, accounts: Iterable[AccountSeen]
) -> frozenset[str]:
    """The other accounts that would take its feed, were they well; one that sleeps is not waited for."""
    return frozenset(
        other.name
        for other in candidates_of(subscription, accounts)
        if other.name != account and not other.paused and not _is_asleep(other)
    )


def _plan_one(account: PlannedRestart, going: Mapping[str, frozenset[str]]) -> RestartStep:
    if not account.serves:
        return RestartStep(account.account, restart=True, reason=account.reason)
    others = [
        name for name, served in going.items() if name != account.account and served & account.subscriptions
    ]
    if others:
        return _wait(account, RestartReason.ONE_AT_A_TIME, others)
    if account.held:
        return _wait(account, RestartReason.MOVE_HELD, account.held)
    if account.active_for and account.can_be_relieved:
        return _wait(account, RestartReason.MOVE_FIRST, account.active_for)
    if account.missed:
        return _wait(account, RestartReason.NOBODY_TAKES_OVER, account.missed)
    return RestartStep(account.account, restart=True, reason=account.reason)


def _wait(account: PlannedRestart, reason: RestartReason, waits_for: Iterable[str]) -> RestartStep:
    return RestartStep(
        account.account,
        restart=False,
        reason=reason,
        cause=account.reason,
        waits_for=tuple(sorted(waits_for)),
    )


def _check_pod(seen: RestartSeen, now: float) -> RestartDecision | None:
    del now
    if seen.account.paused:
        return _stay(RestartReason.PAUSED)
    has_none = not seen.account.enabled or _is_asleep(seen.account)
    return _stay(RestartReason.NO_POD) if has_none else None


def _check_health(seen: RestartSeen, now: float) -> RestartDecision | None:
    del now
    if seen.health.state is HealthState.HEALTHY:
        return _stay(RestartReason.HEALTHY)
    return _stay(RestartReason.UNKNOWN) if seen.health.state is HealthState.UNKNOWN else None


def _check_login(seen: RestartSeen, now: float) -> RestartDecision | None:
    del now
    if seen.health.reason is AccountReason.BLOCKED:
        return _stay(RestartReason.BLOCKED)
    if seen.health.reason is AccountReason.LOGIN_REFUSED:
        return _stay(RestartReason.RETRIES_ITSELF)
    return None


def _check_market(seen: RestartSeen, now: float) -> RestartDecision | None:
    del now
    return None if seen.market.matters else _stay(RestartReason.MARKET_CLOSED)


def _check_duration(seen: RestartSeen, now: float) -> RestartDecision | None:
    """A pod that still starts, or drains, is given its time: replacing it would begin that anew."""
    patience = seen.recovery.restart_after_s
    if seen.health.reason in {AccountReason.STARTING, AccountReason.DRAINING}:
        patience = max(patience, timings.STARTING_S)
    due = seen.health.since + patience
    return _stay(RestartReason.NOT_YET, due) if now < due else None


def _check_relief(seen: RestartSeen, now: float) -> RestartDecision | None:
    del now
    return _stay(RestartReason.MOVE_FIRST) if seen.can_be_relieved else None


def _check_budget(seen: RestartSeen, now: float) -> RestartDecision | None:
    recent = _within_hour(seen.recovery, now)
    if len(recent) < seen.recovery.max_per_hour:
        return None
    counted = recent[-seen.recovery.max_per_hour :] if seen.recovery.max_per_hour else ()
    return _stay(RestartReason.BUDGET_SPENT, counted[0] + timings.HOUR_S if counted else None)


def _check_cooldown(seen: RestartSeen, now: float) -> RestartDecision | None:
    until = cooldown_until(seen.recovery, now)
    return _stay(RestartReason.COOLING_DOWN, until) if until is not None and now < until else None


CHECKS: tuple[Callable[[RestartSeen, float], RestartDecision | None], ...] = (
    _check_pod,
    _check_health,
    _check_login,
    _check_market,
    _check_duration,
    _check_relief,
    _check_budget,
    _check_cooldown,
)
"""In this order: what must never happen, whether it would help, whether it is time, whether it is allowed."""


def _is_asleep(account: AccountSeen) -> bool:
    return account.standby is Standby.COLD and account.pod is None


def _within_hour(recovery: Recovery, now: float) -> tuple[float, ...]:
    return tuple(when for when in recovery.recent if now - when < timings.HOUR_S)


def _stay(reason: RestartReason, not_before: float | None = None) -> RestartDecision:
    return RestartDecision(restart=False, reason=reason, not_before=not_before)
