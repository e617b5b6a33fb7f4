"""Whether one feed will be there at the next opening: `readiness`, every check over the facts, worst first.

    each account: up, asleep, unknown, out  ->  does anybody carry the feed?  ->  what one's fault weighs

What is wrong with one account makes the feed unready only where no other account can go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_protocol.failover.observed import Standby
from mds_protocol.readiness import limits
from mds_protocol.readiness.accounts import Look, Stand, look_at
from mds_protocol.readiness.verdict import Finding, Readiness, Verdict, conclude
from mds_protocol.resources.reasons import ReadinessProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from mds_protocol.readiness.facts import Facts

_NAMES_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class _Case:
    facts: Facts
    looks: tuple[Look, ...]
    now: datetime

    def opens_within(self, span: timedelta) -> bool:
        """Open already, or so soon."""
        market = self.facts.market
        if market.is_open is not False:
            return bool(market.is_open)
        return market.next_opening is not None and market.next_opening - self.now <= span

    @property
    def is_due(self) -> bool:
        return self.opens_within(limits.DUE)

    @property
    def able(self) -> tuple[Look, ...]:
        """Who may publish at the opening: of a feed that a person holds, whom it is held at."""
        if not self.facts.holds:
            return self.looks
        return (self.named,) if self.named else ()

    @property
    def named(self) -> Look | None:
        return next((look for look in self.looks if look.account.name == self.facts.named), None)

    def stands(self, *among: Stand) -> bool:
        return any(look.stand in among for look in self.able)

    @property
    def is_carried(self) -> bool:
        """Whether somebody will publish, as far as is known: also one that was disabled and is held."""
        return self.stands(Stand.UP) or (self.facts.is_served and self.named is None)


def readiness(facts: Facts, *, now: datetime) -> Verdict:
    """How ready the feed is, with everything that stands against it."""
    is_due = _Case(facts, (), now).is_due
    looks = tuple(look_at(account, facts, is_due=is_due) for account in facts.accounts)
    case = _Case(facts, looks, now)
    return conclude(found for check in CHECKS for found in check(case))


# --- what a person wrote


def _check_accepted(case: _Case) -> Iterator[Finding]:
    accepted = case.facts.is_accepted
    if accepted is None:
        yield _find(case, ReadinessProblem.STREAM_UNKNOWN, Readiness.UNKNOWN)
    elif not accepted:
        goes_on = case.facts.is_served
        yield _find(
            case, ReadinessProblem.NOT_ACCEPTED, Readiness.AT_RISK if goes_on else Readiness.NOT_READY
        )


def _check_held(case: _Case) -> Iterator[Finding]:
    if case.facts.holds:
        told = ", ".join(case.facts.holds)
        yield _find(case, ReadinessProblem.HELD, Readiness.AT_RISK, detail=told)


def _check_pin(case: _Case) -> Iterator[Finding]:
    if case.facts.ignored_pin is not None:
        yield _find(case, ReadinessProblem.PIN_IGNORED, Readiness.AT_RISK, detail=case.facts.ignored_pin)


# --- who publishes


def _check_accounts(case: _Case) -> Iterator[Finding]:
    """What is out weighs all where nobody else is up, asleep or in doubt.

    Of one that is named nothing moves the feed while nobody can tell how it is.
    """
    is_lost = not (case.is_carried or case.stands(Stand.ASLEEP, Stand.UNKNOWN))
    for look in case.looks:
        if look.problem is None:
            continue
        weight = Readiness.AT_RISK
        if look.stand is Stand.OUT and is_lost and look in case.able:
            weight = Readiness.NOT_READY
        elif look.stand is Stand.UNKNOWN and (look == case.named or not case.is_carried):
            weight = Readiness.UNKNOWN
        yield _find(case, look.problem, weight, account=look.account.name, detail=_tell_cause(look))


def _check_anybody(case: _Case) -> Iterator[Finding]:
    if not case.able and not case.facts.is_served:
        yield _find(case, ReadinessProblem.NOBODY_AVAILABLE, Readiness.NOT_READY)


def _check_sleepers(case: _Case) -> Iterator[Finding]:
    if not case.is_due or case.is_carried:
        return
    for look in case.able:
        if look.stand is Stand.ASLEEP:
            yield _find(case, ReadinessProblem.COLD, Readiness.AT_RISK, account=look.account.name)


def _check_publishing(case: _Case) -> Iterator[Finding]:
    """Somebody could, and nobody does: only once feeds move, or each is taken up where it was left."""
    facts = case.facts
    is_asked = facts.is_accepted is True and case.opens_within(limits.MOVES)
    is_known = case.named is None or case.named.stand is not Stand.UNKNOWN
    if is_asked and is_known and case.stands(Stand.UP) and not (facts.is_served or facts.is_moving):
        yield _find(case, ReadinessProblem.NOBODY_PUBLISHES, Readiness.NOT_READY, detail=facts.named or "")


def _check_redundant(case: _Case) -> Iterator[Finding]:
    hot = [
        account for account in case.facts.accounts if account.standby is Standby.HOT and not account.is_paused
    ]
    if len(hot) <= 1 and case.looks:
        yield _find(case, ReadinessProblem.NO_STANDBY, Readiness.AT_RISK)


def _check_trading(case: _Case) -> Iterator[Finding]:
    for account in case.facts.accounts:
        if account.lacks_trade_login and (case.is_due or account.waits_for_person):
            yield _find(case, ReadinessProblem.TRADE_LOGIN_MISSING, Readiness.AT_RISK, account=account.name)


# --- what is published


def _check_contracts(case: _Case) -> Iterator[Finding]:
    facts = case.facts
    if facts.coverage.unknown:
        told = ", ".join(sorted(facts.coverage.unknown)[:_NAMES_MAX])
        yield _find(case, ReadinessProblem.CONTRACTS_UNKNOWN, Readiness.AT_RISK, detail=told)
    if facts.coverage.selected is not None or not facts.accounts or facts.is_accepted is False:
        return
    is_hopeless = not any(account.has_trade_fronts for account in facts.accounts)
    weight = Readiness.NOT_READY if case.is_due or is_hopeless else Readiness.AT_RISK
    yield _find(case, ReadinessProblem.WAITING_FOR_CONTRACTS, weight)


def _check_coverage(case: _Case) -> Iterator[Finding]:
    """Only of an account that publishes; what keeps all from it is told by then."""
    coverage = case.facts.coverage
    if not (case.is_due and case.facts.is_served) or not coverage.selected or coverage.subscribed is None:
        return
    covered = (coverage.subscribed - coverage.stale) / coverage.selected
    if covered < 1.0:
        weight = Readiness.NOT_READY if covered < limits.COVERED_LEAST else Readiness.AT_RISK
        yield _find(case, ReadinessProblem.COVERAGE_LOW, weight)


# --- what it stands on


def _check_known(case: _Case) -> Iterator[Finding]:
    facts = case.facts
    if not facts.hears_itself:
        yield _find(case, ReadinessProblem.OPERATOR_DEAF, Readiness.UNKNOWN)
    is_unknown = facts.market.is_open is None or (
        facts.market.is_open is False and facts.market.next_opening is None
    )
    if is_unknown and not facts.is_served:
        yield _find(case, ReadinessProblem.MARKET_UNKNOWN, Readiness.UNKNOWN)


def _check_stream(case: _Case) -> Iterator[Finding]:
    stream = case.facts.stream
    if stream is None:
        return
    if not stream.has_leader:
        yield _find(case, ReadinessProblem.STREAM_LEADERLESS, Readiness.NOT_READY)
    if stream.refuses_when_full:
        if stream.fill >= limits.STREAM_FULL * _ease(case, ReadinessProblem.STREAM_FULL):
            yield _find(case, ReadinessProblem.STREAM_FULL, Readiness.NOT_READY)
        elif stream.fill >= limits.STREAM_NEARLY_FULL * _ease(case, ReadinessProblem.STREAM_NEARLY_FULL):
            yield _find(case, ReadinessProblem.STREAM_NEARLY_FULL, Readiness.AT_RISK)
    ease = _ease(case, ReadinessProblem.STREAM_AGE_SHORT)
    if stream.fill < limits.STREAM_FULL * ease or stream.oldest_age_s is None or stream.max_age_s is None:
        return
    if stream.oldest_age_s < limits.STREAM_AGE_LEAST * stream.max_age_s / ease:
        yield _find(case, ReadinessProblem.STREAM_AGE_SHORT, Readiness.AT_RISK)


def _check_consumers(case: _Case) -> Iterator[Finding]:
    for consumer in case.facts.consumers:
        ease = _ease(case, ReadinessProblem.CONSUMER_BEHIND, consumer.name)
        if consumer.pending >= limits.CONSUMER_BEHIND * ease:
            yield _find(case, ReadinessProblem.CONSUMER_BEHIND, Readiness.AT_RISK, consumer=consumer.name)


def _ease(case: _Case, problem: ReadinessProblem, about: str = "") -> float:
    """By what its limit is multiplied."""
    return limits.EASING if (problem, about) in case.facts.stood else 1.0


def _check_calendar(case: _Case) -> Iterator[Finding]:
    ends, day = case.facts.market.calendar_ends, case.facts.market.trading_day
    if ends is None or day is None:
        return
    if day > ends:
        yield _find(case, ReadinessProblem.CALENDAR_ENDED, Readiness.AT_RISK, detail=f"{ends}")
    elif day > ends - limits.CALENDAR_AHEAD:
        yield _find(case, ReadinessProblem.CALENDAR_ENDING, Readiness.AT_RISK, detail=f"{ends}")


CHECKS: Final[tuple[Callable[[_Case], Iterable[Finding]], ...]] = (
    _check_accepted,
    _check_held,
    _check_pin,
    _check_accounts,
    _check_anybody,
    _check_sleepers,
    _check_publishing,
    _check_redundant,
    _check_trading,
    _check_contracts,
    _check_coverage,
    _check_known,
    _check_stream,
    _check_consumers,
    _check_calendar,
)
"""In any order: each looks for itself, and the verdict sorts what they find."""


def _tell_cause(look: Look) -> str:
    """The account's own reason, where the problem stands for several."""
    covers_several = (
        ReadinessProblem.POD_NOT_RUNNING,
        ReadinessProblem.HEALTH_UNKNOWN,
        ReadinessProblem.BUDGET_SPENT,
    )
    is_told = look.problem in covers_several and look.stand is not Stand.UP
    return look.account.reason.value if is_told else ""


def _find(
    case: _Case,
    problem: ReadinessProblem,
    weight: Readiness,
    *,
    account: str = "",
    consumer: str = "",
    detail: str = "",
) -> Finding:
    facts, about = case.facts, account or consumer
    text = f"{about}: {problem.sentence}" if about else problem.sentence
    step = problem.step.format(
        namespace=facts.namespace,
        subscription=facts.subscription,
        account=account,
        stream=facts.stream_name,
        consumer=consumer,
    )
    return Finding(problem, weight, f"{text} ({detail})" if detail else text, step, about)
