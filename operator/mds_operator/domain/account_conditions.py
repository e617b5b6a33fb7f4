"""The conditions of a FeedAccount: how far it is, each with the reason that holds for it alone.

Connected is about every front of the spec, so a lost trading front shows here and nowhere else. Stalled
stands only while it holds, as kstatus expects of a condition that says something bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.domain import account_messages as messages
from mds_operator.domain.account_readiness import Verdict, find_cause, is_stalled, name_refusal
from mds_operator.domain.conditions import set_condition, truth
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.logins import is_login_code
from mds_protocol.resources.conditions import ConditionType
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mds_operator.domain.account_case import AccountCase
    from mds_protocol.resources.conditions import Condition, Conditions
    from mds_protocol.wire.heartbeat import Heartbeat

_GOING = frozenset(
    {
        AccountReason.DISABLED,
        AccountReason.COLD,
        AccountReason.RESTARTING,
    }
)
"""Whatever the last heartbeat said: the process that said it is going."""


def build_conditions(
    case: AccountCase, ready: Verdict, before: Conditions, *, wall: datetime
) -> tuple[Condition, ...]:
    """In the order in which an account comes up."""
    return tuple(
        set_condition(
            before,
            kind,
            truth(holds=found.holds),
            found.reason,
            found.message,
            generation=case.account.metadata.generation,
            wall=wall,
        )
        for kind, found in _judge_all(case, ready)
    )


def _judge_all(case: AccountCase, ready: Verdict) -> Iterator[tuple[ConditionType, Verdict]]:
    yield ConditionType.ACCEPTED, _judge_accepted(case)
    yield ConditionType.CONNECTED, _judge_heard(case, ready) or _judge_connected(case, ready)
    yield ConditionType.LOGGED_IN, _judge_heard(case, ready) or _judge_logged_in(case, ready)
    yield ConditionType.STREAMING, _judge_heard(case, ready) or _judge_streaming(case, ready)
    yield ConditionType.READY, ready
    if is_stalled(case, ready):
        yield ConditionType.STALLED, Verdict(holds=True, reason=ready.reason, message=ready.message)


def _judge_accepted(case: AccountCase) -> Verdict:
    if case.problem is None:
        return _plain(AccountReason.ACCEPTED, holds=True)
    return Verdict(holds=False, reason=case.problem.reason, message=case.problem.message)


def _judge_heard(case: AccountCase, ready: Verdict) -> Verdict | None:
    """A process that is gone, or not heard yet, has no connection; of one that is in doubt nobody knows."""
    if case.health.state is HealthState.UNKNOWN:
        return _plain(case.health.reason, holds=None)
    going = case.health.reason in _GOING or ready.reason in _GOING
    if case.heartbeat is None or going:
        return Verdict(holds=False, reason=ready.reason, message=ready.message)
    return None


def _judge_connected(case: AccountCase, ready: Verdict) -> Verdict:
    beat = _beat(case)
    if not beat.market_data.connected:
        return _fault(case, ready, AccountReason.FRONT_LOST)
    if beat.trade is not None and not beat.trade.connected:
        text = messages.explain_trade_loss(case) or AccountReason.TRADE_FRONT_LOST.sentence
        return Verdict(holds=False, reason=AccountReason.TRADE_FRONT_LOST, message=text)
    return _plain(AccountReason.CONNECTED, holds=True)


def _judge_logged_in(case: AccountCase, ready: Verdict) -> Verdict:
    """Of the market-data front; a trading login counts while that front is connected, or refused it."""
    beat = _beat(case)
    if not beat.market_data.logged_in:
        return _fault(case, ready, AccountReason.STARTING)
    trade = beat.trade
    code = trade.error_code if trade else None
    if trade is not None and not trade.logged_in and (trade.connected or is_login_code(code)):
        reason = name_refusal(code) if is_login_code(code) else AccountReason.STARTING
        return Verdict(
            holds=False, reason=reason, message=messages.explain_trade_loss(case) or reason.sentence
        )
    return _plain(AccountReason.LOGGED_IN, holds=True)


def _judge_streaming(case: AccountCase, ready: Verdict) -> Verdict:
    if case.health.state is not HealthState.HEALTHY:
        return _fault(case, ready, AccountReason.STARTING)
    closed = ready.reason is AccountReason.MARKET_CLOSED
    return _plain(AccountReason.MARKET_CLOSED if closed else AccountReason.STREAMING, holds=True)


def _fault(case: AccountCase, ready: Verdict, otherwise: AccountReason) -> Verdict:
    """What health found; where it found nothing, what is seen here."""
    cause = find_cause(case) if case.health.state is HealthState.UNHEALTHY else otherwise
    text = ready.message if cause is ready.reason else cause.sentence
    return Verdict(holds=False, reason=cause, message=text)


def _beat(case: AccountCase) -> Heartbeat:
    if case.heartbeat is None:
        raise AssertionError("judged before _judge_heard")
    return case.heartbeat


def _plain(reason: AccountReason, *, holds: bool | None) -> Verdict:
    return Verdict(holds, reason, reason.sentence)
