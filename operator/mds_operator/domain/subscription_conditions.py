"""The four conditions of a subscription, each a chain of checks of which the first verdict counts.

Ready means: does now all that is asked of it. While no market is open, nor opens within 15 minutes, nothing
is asked, so it is True at night, too, whatever the accounts do. No message holds a figure that changes by
itself: a condition is written when a state changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_operator.domain.account_messages import name_some
from mds_operator.domain.conditions import add_remark, find_condition, set_condition, truth
from mds_protocol.failover.health import HealthState
from mds_protocol.resources.conditions import ConditionStatus, ConditionType
from mds_protocol.resources.reasons import FailoverReason, SubscriptionReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mds_operator.domain.coverage import Coverage
    from mds_operator.domain.subscription_case import SubscriptionCase
    from mds_protocol.failover.standing import Standing
    from mds_protocol.resources.conditions import Condition, Conditions

_HELD: Final = frozenset({FailoverReason.PAUSED, FailoverReason.ACCOUNT_PAUSED, FailoverReason.MANUAL})

_LOG_LEAST_S: Final = 5.0
_LOG_MARGIN_S: Final = 5.0
_LOG_ROUGH_S: Final = 1.0
"""A log is kept for max(staleAfter, 5 s) + 5 s; its oldest tick is somewhat younger than that."""
_LOG_FULL: Final = 0.9


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


type _Check = Callable[[_Facts], Verdict | None]


def build_conditions(
    case: SubscriptionCase,
    before: Conditions,
    *,
    active: str | None,
    coverage: Coverage | None,
    wall: datetime,
) -> Conditions:
    """All four. `before` are those of the status as read, `active` who publishes."""
    facts = _Facts(case, before, active, coverage)

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

    return tuple(conclude(kind, checks) for kind, checks in CHAINS.items())


# --- Accepted


def _tell_acceptance(facts: _Facts) -> Verdict:
    acceptance = facts.case.acceptance
    return Verdict(truth(holds=acceptance.is_accepted), acceptance.reason, acceptance.message)


# --- Ready


def _check_accepted(facts: _Facts) -> Verdict | None:
    acceptance = facts.case.acceptance
    return None if acceptance.is_accepted else _no(acceptance.reason, acceptance.message)


def _check_asleep(facts: _Facts) -> Verdict | None:
    if facts.case.subscription.market.matters:
        return None
    return _yes(SubscriptionReason.MARKET_CLOSED)


def _check_contracts(facts: _Facts) -> Verdict | None:
    known = facts.case.acceptance.selection is not None
    return None if known else _no(SubscriptionReason.WAITING_FOR_CONTRACTS)


def _check_unknown(facts: _Facts) -> Verdict | None:
    """Nobody can tell: neither True nor False would be true."""
    case = facts.case
    if case.decision is not None and not case.is_unknown(case.named):
        return None
    reason = SubscriptionReason.HEALTH_UNKNOWN
    return Verdict(ConditionStatus.UNKNOWN, reason, _about(case.named_standing, reason.sentence))


def _check_moving(facts: _Facts) -> Verdict | None:
    """A move that goes well does not make a ready feed unready; a first takeover is not ready yet."""
    named = facts.case.named_standing
    if named is None or not (facts.case.is_moving or _is_about_to_fence(facts.case, named)):
        return None
    ready = find_condition(facts.before, ConditionType.READY)
    was_ready = ready is not None and ready.status is ConditionStatus.TRUE
    if facts.active is not None or (was_ready and facts.case.is_moving):
        return _yes(SubscriptionReason.MOVING)
    return _no(SubscriptionReason.MOVING, f"{named.name} is named and about to take the feed up.")


def _is_about_to_fence(case: SubscriptionCase, named: Standing) -> bool:
    """A route that a person holds is fenced, too; nobody counts the seconds there."""
    held = case.decision is not None and case.decision.reason in _HELD
    return held and named.is_healthy and not case.is_fenced


def _check_serving(facts: _Facts) -> Verdict | None:
    named = facts.case.named_standing
    if named is None or not named.is_healthy or not facts.case.is_fenced:
        return None
    is_open = facts.case.subscription.market.open
    return _yes(SubscriptionReason.ACTIVE if is_open else SubscriptionReason.MARKET_CLOSED)


def _check_held(facts: _Facts) -> Verdict | None:
    decision = facts.case.decision
    if decision is None or decision.reason not in _HELD:
        return None
    detail = f" {decision.detail}." if decision.detail else ""
    message = _about(facts.case.named_standing, f"{decision.reason.sentence}{detail}")
    return _no(SubscriptionReason.HELD, message)


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
    hot = any(entry.is_hot for entry in _others(facts.case))
    return None if hot else _no(SubscriptionReason.NO_STANDBY)


def _check_standby_healthy(facts: _Facts) -> Verdict | None:
    if _find_ready_standbys(facts.case):
        return None
    if not facts.case.subscription.market.matters:
        reason = SubscriptionReason.MARKET_CLOSED
        return Verdict(ConditionStatus.UNKNOWN, reason, reason.sentence)
    hot = [entry for entry in _others(facts.case) if entry.is_hot]
    if all(entry.state is HealthState.UNKNOWN for entry in hot):
        reason = SubscriptionReason.HEALTH_UNKNOWN
        return Verdict(ConditionStatus.UNKNOWN, reason, _about(hot[0], reason.sentence))
    accounts = name_some(f"{entry.name}: {_describe(entry)}" for entry in hot)
    reason = SubscriptionReason.STANDBY_UNHEALTHY
    return _no(reason, f"{reason.sentence} ({accounts})")


def _check_log(facts: _Facts) -> Verdict | None:
    ready = _find_ready_standbys(facts.case)
    if not all(_is_log_short(entry, facts.case) for entry in ready):
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
        return SubscriptionReason.MARKET_CLOSED
    if facts.case.acceptance.selection is None:
        return SubscriptionReason.WAITING_FOR_CONTRACTS
    unknown = facts.case.is_unknown(facts.active or facts.case.named)
    return SubscriptionReason.HEALTH_UNKNOWN if unknown else SubscriptionReason.NO_HEALTHY_ACCOUNT


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


CHAINS: Final[dict[ConditionType, tuple[_Check, ...]]] = {
    ConditionType.ACCEPTED: (_tell_acceptance,),
    ConditionType.READY: (
        _check_accepted,
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
"""In this order: what a person must change, what is asked now, what is known, what is."""


def _yes(reason: SubscriptionReason, message: str = "") -> Verdict:
    return Verdict(ConditionStatus.TRUE, reason, message or reason.sentence)


def _no(reason: SubscriptionReason, message: str = "") -> Verdict:
    return Verdict(ConditionStatus.FALSE, reason, message or reason.sentence)


def _about(standing: Standing | None, message: str) -> str:
    return f"{standing.name} ({_describe(standing)}): {message}" if standing else message


def _describe(standing: Standing) -> str:
    """How one account stands, in a word or two that do not change while the state does not."""
    if standing.account.paused:
        return "paused"
    if standing.is_healthy:
        return "Healthy" if standing.health.is_probing else "ProbeFailing"
    where = f" ({', '.join(sorted(standing.stale))})" if standing.is_only_stale else ""
    return f"{standing.health.reason}{where}"


def _others(case: SubscriptionCase) -> tuple[Standing, ...]:
    return tuple(entry for entry in case.standings if entry.name != case.named)


def _find_ready_standbys(case: SubscriptionCase) -> tuple[Standing, ...]:
    """Who could take the feed now, in any kind of move."""
    return tuple(
        entry
        for entry in _others(case)
        if entry.is_hot and entry.is_healthy and entry.may_take and entry.health.is_probing
    )


def _is_log_short(standing: Standing, case: SubscriptionCase) -> bool:
    """Whether memory ends its log early. A log that is short for want of ticks reaches as far as it must.

    A heartbeat tells the bytes of all logs together and the room that they share equally: where the sum is
    less than one part, no log is full. One that does not tell the room complains of nothing.
    """
    account = standing.account
    said = account.publication(case.subscription.name)
    if said is None or account.heard is None:
        return False
    beat = account.heard.heartbeat
    held, limit = beat.depths.log_bytes, beat.depths.log_limit_bytes
    is_full = limit is not None and held >= _LOG_FULL * limit / max(1, len(beat.publications))
    needed_s = max(account.stale_after_s, _LOG_LEAST_S) + _LOG_MARGIN_S - _LOG_ROUGH_S
    return is_full and said.log_reach_ms < needed_s * 1000
