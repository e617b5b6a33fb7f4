"""The conditions of a subscription, each a chain of checks of which the first verdict counts.

Ready means: does now all that is asked of it. While no market is open, nor opens within 15 minutes, nothing
is asked, so it is True at night, too, whatever the accounts do. Where nobody can tell whether one is open, it
is Unknown: the operator hears nothing, or the calendar closes what a front called open last.

No message holds a figure that changes by itself: a condition is written when a state changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_operator.domain import holding, standbys
from mds_operator.domain.account_messages import name_some
from mds_operator.domain.conditions import (
    add_last_word,
    add_remark,
    find_condition,
    set_condition,
    tell_time,
    to_seconds,
    truth,
)
from mds_operator.domain.readiness_words import tell_readiness
from mds_protocol.failover.health import HealthState
from mds_protocol.resources.conditions import ConditionStatus, ConditionType
from mds_protocol.resources.reasons import AccountReason, FailoverReason, SubscriptionReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mds_operator.domain.coverage import Coverage
    from mds_operator.domain.subscription_case import SubscriptionCase
    from mds_protocol.failover.standing import Standing
    from mds_protocol.resources.conditions import Condition, Conditions


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a condition says."""

    status: ConditionStatus
    reason: SubscriptionReason
    message: str


@dataclass(frozen=True, slots=True)
class _Facts:
    case: SubscriptionCase
    before: Conditions
    active: str | None
    coverage: Coverage | None
    wall: datetime

    @property
    def ready(self) -> Condition | None:
        """As it was."""
        return find_condition(self.before, ConditionType.READY)


type _Check = Callable[[_Facts], Verdict | None]


def build_conditions(
    case: SubscriptionCase,
    before: Conditions,
    *,
    active: str | None,
    coverage: Coverage | None,
    wall: datetime,
) -> Conditions:
    """All of them. `before` are those of the status as read, `active` who publishes."""
    facts = _Facts(case, before, active, coverage, wall)

    def conclude(kind: ConditionType, checks: tuple[_Check, ...]) -> Condition:
        verdict = next(found for check in checks if (found := check(facts)))
        remark = case.remark if kind is ConditionType.READY else None
        return set_condition(
            before,
            kind,
            verdict.status,
            verdict.reason,
            add_remark(verdict.message, remark),
            generation=case.generation,
            wall=wall,
        )

    concluded = [conclude(kind, checks) for kind, checks in CHAINS.items()]
    if holding.tell_ignored_pin(case) is not None:
        concluded.append(conclude(ConditionType.PIN_IGNORED, (_tell_ignored_pin,)))
    if case.readiness is not None:
        status, reason, message = tell_readiness(case.readiness)
        kind = ConditionType.READY_FOR_OPENING
        concluded.append(
            set_condition(before, kind, status, reason, message, generation=case.generation, wall=wall)
        )
    return tuple(concluded)


# --- Accepted


def _tell_acceptance(facts: _Facts) -> Verdict:
    acceptance = facts.case.acceptance
    return Verdict(truth(holds=acceptance.holds), acceptance.reason, acceptance.message)


# --- Ready


def _check_accepted(facts: _Facts) -> Verdict | None:
    return None if facts.case.acceptance.is_accepted else _tell_acceptance(facts)


def _check_deaf(facts: _Facts) -> Verdict | None:
    """By day and by night: who hears nobody does not hear a front that calls a market open either."""
    everybody = facts.case.accounts.values()
    is_deaf = any(entry.health.reason is AccountReason.OPERATOR_DEAF for entry in everybody)
    return _tell_unknown(facts) if is_deaf else None


def _check_asleep(facts: _Facts) -> Verdict | None:
    """Whose named account streams does what is asked in either case."""
    market = facts.case.subscription.market
    if market.matters or (market.called_open_at is not None and facts.case.is_served):
        return None
    if market.called_open_at is None:
        return _yes(SubscriptionReason.MARKET_CLOSED)
    reason = SubscriptionReason.MARKET_UNKNOWN
    message = add_last_word(reason.sentence, market.called_open_at)
    return Verdict(ConditionStatus.UNKNOWN, reason, message)


def _find_sleep(facts: _Facts) -> SubscriptionReason:
    """Why nothing is asked of it."""
    is_sure = facts.case.subscription.market.called_open_at is None
    return SubscriptionReason.MARKET_CLOSED if is_sure else SubscriptionReason.MARKET_UNKNOWN


def _check_contracts(facts: _Facts) -> Verdict | None:
    known = facts.case.acceptance.selection is not None
    return None if known else _no(SubscriptionReason.WAITING_FOR_CONTRACTS)


def _check_unknown(facts: _Facts) -> Verdict | None:
    """Nobody can tell: neither True nor False would be true."""
    case = facts.case
    if case.decision is not None and not case.is_unknown(case.named):
        return None
    return _tell_unknown(facts)


def _tell_unknown(facts: _Facts) -> Verdict:
    """With the time since when: of a state that lasts, nobody should have to look that up."""
    was_unknown = facts.ready is not None and facts.ready.status is ConditionStatus.UNKNOWN
    since = facts.ready.last_transition_time if facts.ready and was_unknown else to_seconds(facts.wall)
    reason = SubscriptionReason.HEALTH_UNKNOWN
    message = f"{reason.sentence} Since {tell_time(since)}."
    return Verdict(ConditionStatus.UNKNOWN, reason, _about(facts.case.named_standing, message))


def _check_moving(facts: _Facts) -> Verdict | None:
    """A move that goes well does not make a ready feed unready; a first takeover is not ready yet."""
    named = facts.case.named_standing
    if named is None or not (facts.case.is_moving or _is_about_to_fence(facts.case, named)):
        return None
    was_ready = facts.ready is not None and facts.ready.status is ConditionStatus.TRUE
    if facts.active is not None or (was_ready and facts.case.is_moving):
        return _yes(SubscriptionReason.MOVING)
    return _no(SubscriptionReason.MOVING, f"{named.name} is named and about to take the feed up.")


def _is_about_to_fence(case: SubscriptionCase, named: Standing) -> bool:
    """A route that a person holds is fenced, too; nobody counts the seconds there."""
    return holding.is_held(case) and named.is_healthy and not case.is_fenced


def _check_serving(facts: _Facts) -> Verdict | None:
    """Ticks flow. It is held where a person keeps it at an account that may not publish any more."""
    case, named = facts.case, facts.case.named_standing
    if named is None or not case.is_served:
        return None
    is_flawed, hold = bool(holding.find_flaws(named.account, case.subscription)), holding.tell_hold(case)
    publishes, market = holding.tell_publisher(case), case.subscription.market
    if is_flawed and hold:
        return _yes(SubscriptionReason.HELD, f"{publishes} {hold} {holding.tell_remedy(case)}")
    is_active = market.open or market.called_open_at is not None
    reason = SubscriptionReason.ACTIVE if is_active else SubscriptionReason.MARKET_CLOSED
    if is_flawed:
        return _yes(reason, f"{publishes} Nobody else can take the feed now.")
    return _yes(reason, f"{publishes if is_active else reason.sentence} {hold}" if hold else "")


def _check_held(facts: _Facts) -> Verdict | None:
    case, named = facts.case, facts.case.named_standing
    if not holding.is_held(case):
        return None
    silence = holding.tell_silence(case, _describe_health(named) if named else None)
    return _no(SubscriptionReason.HELD, f"{silence} {holding.tell_hold(case)} {holding.tell_remedy(case)}")


def _tell_nobody(facts: _Facts) -> Verdict:
    decision = facts.case.decision
    codes = (decision.detail, decision.reason) if decision else ()
    why = " ".join(FailoverReason(code).sentence for code in codes if code in FailoverReason)
    accounts = name_some(f"{entry.name}: {_describe(entry)}" for entry in facts.case.standings)
    return _no(SubscriptionReason.NO_HEALTHY_ACCOUNT, f"{why} ({accounts})")


# --- Redundant


def _check_judged(facts: _Facts) -> Verdict | None:
    if facts.case.acceptance.is_accepted:
        return None
    message = "Not judged while the condition Accepted is False."
    return Verdict(ConditionStatus.UNKNOWN, facts.case.acceptance.reason, message)


def _check_standby(facts: _Facts) -> Verdict | None:
    hot = any(entry.is_hot for entry in standbys.list_others(facts.case))
    return None if hot else _no(SubscriptionReason.NO_STANDBY)


def _check_standby_healthy(facts: _Facts) -> Verdict | None:
    if standbys.find_ready(facts.case):
        return None
    if not facts.case.subscription.market.matters:
        reason = _find_sleep(facts)
        return Verdict(ConditionStatus.UNKNOWN, reason, reason.sentence)
    hot = [entry for entry in standbys.list_others(facts.case) if entry.is_hot]
    if all(entry.state is HealthState.UNKNOWN for entry in hot):
        reason = SubscriptionReason.HEALTH_UNKNOWN
        return Verdict(ConditionStatus.UNKNOWN, reason, _about(hot[0], reason.sentence))
    accounts = name_some(f"{entry.name}: {_describe(entry)}" for entry in hot)
    reason = SubscriptionReason.STANDBY_UNHEALTHY
    return _no(reason, f"{reason.sentence} ({accounts})")


def _check_may_take_over(facts: _Facts) -> Verdict | None:
    hold = holding.tell_hold(facts.case)
    if not hold:
        return None
    ready = name_some(entry.name for entry in standbys.find_ready(facts.case))
    return _no(SubscriptionReason.HELD, f"{ready} could take over, but may not. {hold}")


def _check_log(facts: _Facts) -> Verdict | None:
    ready = standbys.find_ready(facts.case)
    if not all(standbys.is_log_short(entry, facts.case) for entry in ready):
        return None
    reason = SubscriptionReason.LOG_TOO_SHORT
    return _no(reason, f"{name_some(entry.name for entry in ready)}: {reason.sentence}")


def _tell_redundant(facts: _Facts) -> Verdict:
    del facts
    return _yes(SubscriptionReason.REDUNDANT)


# --- Degraded


def _check_instruments(facts: _Facts) -> Verdict | None:
    selection = facts.case.acceptance.selection
    if selection is None or not selection.unknown:
        return None
    reason = SubscriptionReason.CONTRACTS_UNKNOWN
    return _yes(reason, f"{reason.sentence} ({name_some(selection.unknown)})")


def _check_measured(facts: _Facts) -> Verdict | None:
    """Without a feed there is no coverage to speak of; for the moment of a move it is what it was."""
    if facts.coverage is not None and facts.active is not None:
        return None
    last = find_condition(facts.before, ConditionType.DEGRADED)
    if facts.case.is_moving and last is not None and last.reason in SubscriptionReason:
        return Verdict(last.status, SubscriptionReason(last.reason), last.message or "")
    reason = _find_unmeasured(facts)
    return Verdict(ConditionStatus.UNKNOWN, reason, reason.sentence)


def _find_unmeasured(facts: _Facts) -> SubscriptionReason:
    if not facts.case.subscription.market.matters:
        return _find_sleep(facts)
    if facts.case.acceptance.selection is None:
        return SubscriptionReason.WAITING_FOR_CONTRACTS
    if facts.case.is_unknown(facts.active or facts.case.named):
        return SubscriptionReason.HEALTH_UNKNOWN
    held = holding.is_held(facts.case)
    return SubscriptionReason.HELD if held else SubscriptionReason.NO_HEALTHY_ACCOUNT


def _check_coverage(facts: _Facts) -> Verdict | None:
    coverage, reason = facts.coverage, SubscriptionReason.COVERAGE_LOW
    if coverage is None or coverage.is_full:
        return None
    if coverage.stale_exchanges:
        where = name_some(sorted(coverage.stale_exchanges))
        return _yes(reason, f"{facts.active} does not see {where}. {reason.sentence}")
    return _yes(reason, f"{facts.active} has not subscribed all of them. {reason.sentence}")


def _tell_full(facts: _Facts) -> Verdict:
    del facts
    return _no(SubscriptionReason.FULL_COVERAGE)


# --- PinIgnored


def _tell_ignored_pin(facts: _Facts) -> Verdict:
    message = holding.tell_ignored_pin(facts.case) or ""
    return _yes(SubscriptionReason.PIN_IGNORED, message)


CHAINS: Final[dict[ConditionType, tuple[_Check, ...]]] = {
    ConditionType.ACCEPTED: (_tell_acceptance,),
    ConditionType.READY: (
        _check_accepted,
        _check_deaf,
        _check_asleep,
        _check_contracts,
        _check_unknown,
        _check_moving,
        _check_serving,
        _check_held,
        _tell_nobody,
    ),
    ConditionType.REDUNDANT: (
        _check_judged,
        _check_standby,
        _check_standby_healthy,
        _check_may_take_over,
        _check_log,
        _tell_redundant,
    ),
    ConditionType.DEGRADED: (
        _check_judged,
        _check_instruments,
        _check_measured,
        _check_coverage,
        _tell_full,
    ),
}
"""In this order: what a person must change, what is asked now, what is known, what is. PinIgnored stands only
while it holds."""


def _yes(reason: SubscriptionReason, message: str = "") -> Verdict:
    return Verdict(ConditionStatus.TRUE, reason, message or reason.sentence)


def _no(reason: SubscriptionReason, message: str = "") -> Verdict:
    return Verdict(ConditionStatus.FALSE, reason, message or reason.sentence)


def _about(standing: Standing | None, message: str) -> str:
    return f"{standing.name} ({_describe(standing)}): {message}" if standing else message


def _describe(standing: Standing) -> str:
    """How one account stands, in a word or two that do not change while the state does not."""
    return "paused" if standing.account.paused else _describe_health(standing)


def _describe_health(standing: Standing) -> str:
    if standing.is_healthy:
        return "Healthy" if standing.health.is_probing else "ProbeFailing"
    where = f" ({', '.join(sorted(standing.stale))})" if standing.is_only_stale else ""
    return f"{standing.health.reason}{where}"
