"""Whether an account does now all that is asked of it, and if not, the one reason that comes first.

    asked for? -> well? -> can it have a pod? -> does the pod run? -> can we judge? -> what does it say?

The checks run in the written order and the first finding counts. A broken Secret does not make an account
that publishes unready: its pod lives from what was mounted. At night a front that is down is no fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mds_operator.domain import account_messages as messages
from mds_operator.domain.conditions import add_last_word
from mds_operator.domain.pod_trouble import describe_end, find_trouble, is_wrong_start
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.logins import (
    LoginAnswer,
    classify_login,
    find_refusal,
    find_trade_refusal,
    is_login_code,
    waits_for_person,
)
from mds_protocol.resources.feedaccount import Role
from mds_protocol.resources.reasons import AccountReason, RestartReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_operator.domain.account_case import AccountCase
    from mds_protocol.wire.heartbeat import Heartbeat

PROBE_GRACE_S: Final = 5.0
"""A standby's first test message follows its login by about a second."""

STALLED_REASONS: Final = frozenset(
    {
        AccountReason.BLOCKED,
        AccountReason.CREDENTIALS_INVALID,
        AccountReason.CREDENTIALS_MISSING,
        AccountReason.NATS_SECRET_MISSING,
        AccountReason.BUDGET_SPENT,
        AccountReason.POD_REJECTED,
        AccountReason.POD_UNSCHEDULABLE,
        AccountReason.IMAGE_UNAVAILABLE,
    }
)
"""Only a person helps; and with a refused login, once it is not tried any more (`is_stalled`)."""

_WAITS_FOR_PERSON_ALREADY: Final = STALLED_REASONS - {AccountReason.BUDGET_SPENT}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`holds` is None where nobody can tell."""

    holds: bool | None
    reason: AccountReason
    message: str


def judge_readiness(case: AccountCase, *, now: float) -> Verdict:
    """The condition Ready."""
    found = next(verdict for check in CHECKS if (verdict := check(case, now)))
    if found.holds:
        return found
    outlook = messages.add_outlook(case, _count_budget(case, found).message)
    return replace(_count_budget(case, found), message=outlook)


def is_stalled(case: AccountCase, ready: Verdict) -> bool:
    """Whether nothing but a person helps."""
    if ready.holds is not False:
        return False
    beat = case.heartbeat
    gave_up = case.block is not None or (beat is not None and waits_for_person(beat))
    return ready.reason in STALLED_REASONS or (ready.reason is AccountReason.LOGIN_REFUSED and gave_up)


def find_cause(case: AccountCase) -> AccountReason:
    """The reason that health gives, made exact where a login is told from a connection.

    Health judges the market-data front alone. While that waits for the trading login, a trading login that is
    refused is why; and the number that a lost connection left behind is no answer to the login after it.
    """
    return name_cause(case.health.reason, case.heartbeat)


def name_cause(reason: AccountReason, beat: Heartbeat | None) -> AccountReason:
    """The same of an account that is known by its last word alone."""
    if beat is None or reason not in (AccountReason.STARTING, AccountReason.LOGIN_REFUSED):
        return reason
    if reason is AccountReason.LOGIN_REFUSED and is_login_code(beat.market_data.error_code):
        return reason
    waits = beat.trade is not None and beat.trade.connected and not beat.market_data.logged_in
    if waits and beat.trade is not None and is_login_code(beat.trade.error_code):
        return AccountReason.LOGIN_REFUSED
    return AccountReason.STARTING


def _check_disabled(case: AccountCase, now: float) -> Verdict | None:
    if case.seen.enabled or case.seen.kept:
        return None
    return _say(case, AccountReason.DISABLED, now, holds=True)


def _check_well(case: AccountCase, now: float) -> Verdict | None:
    if case.health.state is not HealthState.HEALTHY or case.pod is None:
        return None
    if refused := _judge_trade(case):
        return refused
    reason = AccountReason.HELD if case.seen.kept else _find_part(case)
    if reason is AccountReason.STANDBY and not case.health.is_probing and case.market.matters:
        return _judge_probe(case, now)
    is_closed = not case.market.matters and case.market.called_open_at is None
    if is_closed and reason not in (AccountReason.UNUSED, AccountReason.HELD):
        reason = AccountReason.MARKET_CLOSED
    verdict = _say(case, reason, now, holds=True)
    trade = messages.explain_trade_loss(case)
    return replace(verdict, message=f"{verdict.message} {trade}") if trade else verdict


def _judge_trade(case: AccountCase) -> Verdict | None:
    """Ticks come, but a person must look before the broker locks the login; at night once it is given up."""
    beat = case.heartbeat
    code = find_trade_refusal(beat) if beat else None
    if beat is None or code is None or not (case.market.matters or waits_for_person(beat)):
        return None
    reason = name_refusal(code)
    return Verdict(holds=False, reason=reason, message=messages.explain_trade_loss(case) or reason.sentence)


def name_refusal(code: int) -> AccountReason:
    """The reason that a broker's code gives."""
    stops = classify_login(code) is LoginAnswer.STOP
    return AccountReason.BLOCKED if stops else AccountReason.LOGIN_REFUSED


def _check_problem(case: AccountCase, now: float) -> Verdict | None:
    """A pod that speaks was made before; what is wrong with that one comes first, and Accepted tells this."""
    del now
    problem = case.problem if case.heartbeat is None else None
    return Verdict(holds=False, reason=problem.reason, message=problem.message) if problem else None


def _check_asleep(case: AccountCase, now: float) -> Verdict | None:
    return _say(case, AccountReason.COLD, now, holds=True) if case.is_asleep else None


def _check_blocked(case: AccountCase, now: float) -> Verdict | None:
    """With or without a pod. The code 0 is that of a gateway which named none."""
    if case.block is None and case.health.reason is not AccountReason.BLOCKED:
        return None
    is_told = case.block is not None and is_login_code(case.block.code)
    reason = name_refusal(case.block.code) if case.block and is_told else AccountReason.BLOCKED
    return _say(case, reason, now, holds=False)


def _check_replacement(case: AccountCase, now: float) -> Verdict | None:
    pod = case.pod
    had_one = case.seen.heard is not None or bool(case.restarts and case.restarts.last_reason)
    going = (pod is None and had_one) or (pod is not None and (pod.is_leaving or pod.is_finished))
    return _say(case, AccountReason.RESTARTING, now, holds=False) if going else None


def _check_pod(case: AccountCase, now: float) -> Verdict | None:
    del now
    pod = case.pod
    trouble = find_trouble(pod, case.image) if pod else None
    if pod is not None and trouble is None and pod.last_end is not None and case.seen.heard is None:
        return _died(case, describe_end(pod, pod.last_end), wrong_start=is_wrong_start(pod))
    if pod is None or trouble is None:
        return None
    if trouble.reason is AccountReason.CONTAINER_DIED:
        return _died(case, trouble.message, wrong_start=is_wrong_start(pod))
    return Verdict(holds=False, reason=trouble.reason, message=trouble.message)


def _check_unknown(case: AccountCase, now: float) -> Verdict | None:
    if case.health.state is not HealthState.UNKNOWN:
        return None
    return _say(case, case.health.reason, now, holds=None)


def _check_closed(case: AccountCase, now: float) -> Verdict | None:
    """What brokers' fronts do at night and on weekends is what they are expected to do."""
    beat = case.heartbeat
    if case.market.matters or beat is None:
        return None
    cause, code = find_cause(case), find_refusal(beat)
    front_is_down = cause is AccountReason.FRONT_LOST
    not_ready = (
        cause is AccountReason.LOGIN_REFUSED
        and code is not None
        and classify_login(code) is LoginAnswer.RETRY
    )
    no_answer = (
        cause is AccountReason.STARTING
        and not beat.market_data.connected
        and now - case.health.since >= messages.STARTS_LONG_S
    )
    if not (front_is_down or not_ready or no_answer):
        return None
    if (at := case.market.called_open_at) is not None:
        reason = AccountReason.MARKET_UNKNOWN
        return Verdict(holds=None, reason=reason, message=add_last_word(reason.sentence, at))
    return _say(case, AccountReason.MARKET_CLOSED, now, holds=True)


def _find_fault(case: AccountCase, now: float) -> Verdict:
    return _say(case, find_cause(case), now, holds=False)


CHECKS: tuple[Callable[[AccountCase, float], Verdict | None], ...] = (
    _check_disabled,
    _check_well,
    _check_problem,
    _check_asleep,
    _check_blocked,
    _check_replacement,
    _check_pod,
    _check_unknown,
    _check_closed,
    _find_fault,
)
"""In this order: a person's word, what works, what is missing, what Kubernetes and the gateway say."""


def _say(case: AccountCase, reason: AccountReason, now: float, *, holds: bool | None) -> Verdict:
    return Verdict(holds, reason, messages.explain(case, reason, now=now))


def _find_part(case: AccountCase) -> AccountReason:
    parts = {part.role for part in case.roles}
    if Role.ACTIVE in parts:
        return AccountReason.ACTIVE
    return AccountReason.STANDBY if Role.STANDBY in parts else AccountReason.UNUSED


def _judge_probe(case: AccountCase, now: float) -> Verdict:
    never = case.heartbeat is None or case.heartbeat.probe_age_ms is None
    if never and now - case.health.since < PROBE_GRACE_S:
        return Verdict(
            holds=False, reason=AccountReason.STARTING, message="Logged in; its first test message is due."
        )
    return _say(case, AccountReason.PROBE_FAILING, now, holds=False)


def _died(case: AccountCase, message: str, *, wrong_start: bool) -> Verdict:
    deaf = wrong_start and case.health.reason is AccountReason.OPERATOR_DEAF
    first = "The operator does not reach NATS either: repair that first. " if deaf else ""
    return Verdict(holds=False, reason=AccountReason.CONTAINER_DIED, message=first + message)


def _count_budget(case: AccountCase, found: Verdict) -> Verdict:
    """A spent budget comes first: whatever the cause, nothing more is tried."""
    spent = case.decision is not None and case.decision.reason is RestartReason.BUDGET_SPENT
    if not spent or found.holds is None or found.reason in _WAITS_FOR_PERSON_ALREADY:
        return found
    message = messages.explain_budget(case, found.reason, found.message)
    return Verdict(holds=False, reason=AccountReason.BUDGET_SPENT, message=message)
