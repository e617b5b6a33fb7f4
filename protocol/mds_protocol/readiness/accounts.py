"""How one account stands for the next opening: `look_at`, a chain of checks of which the first one counts.

    a person's word -> asleep? -> can anybody tell? -> is a login due? -> what is wrong? -> for the right day?

Before a login is due, what mends itself by the morning is expected to: fronts go down each night.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from mds_protocol.failover.health import HealthState
from mds_protocol.failover.logins import LoginAnswer, classify_login
from mds_protocol.failover.observed import Standby
from mds_protocol.resources.reasons import AccountReason, ReadinessProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_protocol.readiness.facts import AccountFacts, Facts


class Stand(Enum):
    """Whether an account could publish at the opening."""

    UP = "Up"
    """It is well, or nothing is known that it will not be."""
    ASLEEP = "Asleep"
    """Cold: not at once."""
    UNKNOWN = "Unknown"
    OUT = "Out"


@dataclass(frozen=True, slots=True)
class Look:
    """One account, and what is wrong with it, which may be something while it is up, too."""

    account: AccountFacts
    stand: Stand
    problem: ReadinessProblem | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    account: AccountFacts
    facts: Facts
    is_due: bool

    @property
    def serves(self) -> bool:
        return self.facts.is_served and self.facts.named == self.account.name


PROBLEMS: Final[Mapping[AccountReason, ReadinessProblem]] = {
    AccountReason.BLOCKED: ReadinessProblem.BLOCKED,
    AccountReason.LOGIN_REFUSED: ReadinessProblem.LOGIN_REFUSED,
    AccountReason.FRONT_LOST: ReadinessProblem.FRONT_LOST,
    AccountReason.STARTING: ReadinessProblem.STARTING,
    AccountReason.RESTARTING: ReadinessProblem.STARTING,
    AccountReason.COOLING_DOWN: ReadinessProblem.STARTING,
    AccountReason.DRAINING: ReadinessProblem.STARTING,
    AccountReason.SILENT: ReadinessProblem.SILENT,
    AccountReason.PUBLISH_STALLED: ReadinessProblem.PUBLISH_STALLED,
    AccountReason.PROBE_FAILING: ReadinessProblem.PROBE_FAILING,
    AccountReason.STALE: ReadinessProblem.STALE,
    AccountReason.BUDGET_SPENT: ReadinessProblem.BUDGET_SPENT,
    AccountReason.CONTAINER_DIED: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.NODE_LOST: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.CREDENTIALS_INVALID: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.CREDENTIALS_MISSING: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.NATS_SECRET_MISSING: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.POD_REJECTED: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.POD_UNSCHEDULABLE: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.IMAGE_UNAVAILABLE: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.ACCESS_DENIED: ReadinessProblem.POD_NOT_RUNNING,
    AccountReason.SPEC_UNREADABLE: ReadinessProblem.POD_NOT_RUNNING,
    # What a status says at night of a front that is down.
    AccountReason.MARKET_CLOSED: ReadinessProblem.FRONT_LOST,
    AccountReason.MARKET_UNKNOWN: ReadinessProblem.FRONT_LOST,
}
"""What a reason means for the opening; any other says that nobody can tell."""

_OF_THE_NIGHT: Final = frozenset(
    {ReadinessProblem.FRONT_LOST, ReadinessProblem.STARTING, ReadinessProblem.STALE}
)
"""What mends itself when the fronts come up."""


def look_at(account: AccountFacts, facts: Facts, *, is_due: bool) -> Look:
    """How it stands; `is_due`: it must be logged in by now."""
    case = _Case(account, facts, is_due)
    return next(found for check in CHECKS if (found := check(case)))


def _check_serving(case: _Case) -> Look | None:
    """Who publishes is up, whatever else is so, but with the login of a day that is over."""
    if not case.serves or _find_old_day(case):
        return None
    return Look(case.account, Stand.UP, _find_spent(case))


def _check_paused(case: _Case) -> Look | None:
    """A paused account publishes on where it does; it takes nothing, and nobody repairs it."""
    if not case.account.is_paused or case.facts.named == case.account.name:
        return None
    return Look(case.account, Stand.OUT, ReadinessProblem.ACCOUNT_PAUSED)


def _check_person(case: _Case) -> Look | None:
    """Of one that is healthy it is the trading login: ticks come all the same."""
    if not case.account.waits_for_person or case.account.health is HealthState.HEALTHY:
        return None
    found = name_problem(case.account.reason)
    is_login = found in (ReadinessProblem.LOGIN_REFUSED, ReadinessProblem.HEALTH_UNKNOWN)
    return Look(case.account, Stand.OUT, ReadinessProblem.BLOCKED if is_login else found)


def _check_asleep(case: _Case) -> Look | None:
    is_asleep = case.account.standby is Standby.COLD and not case.account.is_awake
    return Look(case.account, Stand.ASLEEP) if is_asleep else None


def _check_unknown(case: _Case) -> Look | None:
    if case.account.health is not HealthState.UNKNOWN:
        return None
    # Of an operator that hears nobody that is the problem, once, and not each account's.
    problem = ReadinessProblem.HEALTH_UNKNOWN if case.facts.hears_itself else None
    return Look(case.account, Stand.UNKNOWN, problem)


def _check_not_due(case: _Case) -> Look | None:
    if case.is_due:
        return None
    if case.account.health is HealthState.HEALTHY:
        return Look(case.account, Stand.UP, _find_spent(case))
    problem = name_problem(case.account.reason)
    if problem in _OF_THE_NIGHT or (problem is ReadinessProblem.LOGIN_REFUSED and _is_not_ready(case)):
        return Look(case.account, Stand.UP, _find_spent(case))
    mends_itself = problem is ReadinessProblem.LOGIN_REFUSED
    return Look(case.account, Stand.UP if mends_itself else Stand.OUT, problem)


def _check_unhealthy(case: _Case) -> Look | None:
    if case.account.health is HealthState.HEALTHY:
        return None
    spent = _find_spent(case)
    return Look(case.account, Stand.OUT, spent or name_problem(case.account.reason))


def _check_day(case: _Case) -> Look | None:
    """In an open market its ticks come, whatever day the login says."""
    problem = _find_old_day(case)
    if problem is None:
        return None
    return Look(case.account, Stand.UP if case.facts.market.is_open else Stand.OUT, problem)


def _check_probe(case: _Case) -> Look | None:
    is_failing = case.account.is_probing is False
    return Look(case.account, Stand.OUT, ReadinessProblem.PROBE_FAILING) if is_failing else None


def _find_nothing(case: _Case) -> Look:
    return Look(case.account, Stand.UP, _find_spent(case))


CHECKS: Final[tuple[Callable[[_Case], Look | None], ...]] = (
    _check_serving,
    _check_paused,
    _check_person,
    _check_asleep,
    _check_unknown,
    _check_not_due,
    _check_unhealthy,
    _check_day,
    _check_probe,
    _find_nothing,
)
"""In this order: what works, what a person said, what can be known, what is asked by now, what is wrong."""


def name_problem(reason: AccountReason) -> ReadinessProblem:
    return PROBLEMS.get(reason, ReadinessProblem.HEALTH_UNKNOWN)


def _find_old_day(case: _Case) -> ReadinessProblem | None:
    """A later day is that of a holiday which the calendar does not know."""
    login, opening = case.account.trading_day, case.facts.market.trading_day
    is_old = login is not None and opening is not None and login < opening
    return ReadinessProblem.OLD_TRADING_DAY if is_old else None


def _find_spent(case: _Case) -> ReadinessProblem | None:
    return ReadinessProblem.BUDGET_SPENT if case.account.restarts_left == 0 else None


def _is_not_ready(case: _Case) -> bool:
    """The front refuses everybody, as before the opening."""
    code = case.account.login_code
    return code is not None and classify_login(code) is LoginAnswer.RETRY
