"""The status of a FeedAccount: what the operator knows of it, as a person reads it.

It is written whole, and only when it differs from what was read, so nothing in it may change by itself. The
two counts, which do, follow when something else changed, or a minute after the last write.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain import open_words
from mds_operator.domain.account_conditions import build_conditions
from mds_operator.domain.account_readiness import Verdict, judge_readiness
from mds_operator.domain.conditions import MESSAGE_MAX, add_remark, make_plain, to_seconds
from mds_operator.domain.front_words import WORDS_MAX, quote_front
from mds_operator.domain.restart_messages import add_wait
from mds_protocol.resources.feedaccount import (
    FeedAccountStatus,
    Fronts,
    FrontStatus,
    HealthState,
    Phase,
    Role,
    SubscriptionRole,
)
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.heartbeat import GatewayState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mds_operator.domain.account_case import AccountCase
    from mds_protocol.wire.heartbeat import Front

HICCUP_S: Final = 3.0
"""So long nobody is told that health is unknown: an operator whose loop was late for a moment, or a silence
that the second witness is about to explain, is no news of every account."""

COUNTS_EVERY: Final = timedelta(seconds=60)
_SUBSCRIPTIONS_MAX: Final = 64
_DAY_MAX: Final = 8

_PHASES: Final[Mapping[GatewayState, Phase]] = {
    GatewayState.CONNECTING: Phase.CONNECTING,
    GatewayState.LOGGING_IN: Phase.LOGGING_IN,
    GatewayState.SUBSCRIBING: Phase.SUBSCRIBING,
    GatewayState.STREAMING: Phase.STREAMING,
    GatewayState.DRAINING: Phase.RESTARTING,
    GatewayState.BLOCKED: Phase.BLOCKED,
}


def build_account_status(
    case: AccountCase, before: FeedAccountStatus | None, *, wall: datetime, now: float
) -> FeedAccountStatus:
    """The status as it should be; equal to `before` when nothing happened."""
    if before is not None and _is_hiccup(case, before, now):
        return before.model_copy(update={"restarts": case.restarts})
    last = before or FeedAccountStatus()
    judged = judge_readiness(case, now=now)
    told = add_wait(judged.message, case.step)
    ready = replace(judged, message=add_remark(told, case.remark))
    beat = case.heartbeat
    pod = case.pod
    built = FeedAccountStatus(
        observed_generation=case.account.metadata.generation,
        phase=_find_phase(case, ready, last),
        role=_find_role(case.roles),
        health=HealthState(case.health.state.value),
        health_since=_find_since(case, last, wall),
        reason=ready.reason.value,
        message=make_plain(ready.message, MESSAGE_MAX),
        pod_name=pod.name if pod else None,
        node_name=pod.node if pod else None,
        trading_day=make_plain(beat.trading_day, _DAY_MAX) if beat and beat.trading_day else None,
        subscriptions=_fit(case.roles),
        fronts=_describe_fronts(case),
        contracts=beat.contracts if beat else None,
        subscribed=beat.subscribed if beat else None,
        restarts=case.restarts,
        open_against_calendar=open_words.tell(case.open_words),
        conditions=build_conditions(case, ready, last.conditions, wall=wall),
    )
    return _hold_counts(built, last, case.written_at, wall)


def _is_hiccup(case: AccountCase, before: FeedAccountStatus, now: float) -> bool:
    """The status stands as it is, unless a person edited or the pod is another one."""
    same_pod = before.pod_name == (case.pod.name if case.pod else None)
    same_spec = before.observed_generation == case.account.metadata.generation
    young = case.health.state.value == HealthState.UNKNOWN.value and now - case.health.since < HICCUP_S
    return young and same_pod and same_spec and before.health is not None


def _hold_counts(
    built: FeedAccountStatus, last: FeedAccountStatus, written_at: datetime | None, wall: datetime
) -> FeedAccountStatus:
    """Where nothing but the counts changed, the old ones stand for a minute."""
    held = built.model_copy(update={"contracts": last.contracts, "subscribed": last.subscribed})
    is_due = written_at is None or wall - written_at >= COUNTS_EVERY
    return built if is_due or held != last else last


def _find_phase(case: AccountCase, ready: Verdict, last: FeedAccountStatus) -> Phase:
    if case.pod is None and (case.is_asleep or not case.account.spec.enabled):
        return Phase.STOPPED
    if _is_blocked(case, ready):
        return Phase.BLOCKED
    if ready.reason is AccountReason.RESTARTING or (case.pod is not None and case.pod.is_leaving):
        return Phase.RESTARTING
    if case.heartbeat is None:
        return Phase.PENDING
    if case.health.state.value == HealthState.UNKNOWN.value:
        return last.phase or Phase.PENDING
    return _PHASES[case.heartbeat.state]


def _is_blocked(case: AccountCase, ready: Verdict) -> bool:
    """What streams is not blocked, whatever its trading login waits for."""
    if case.health.state.value == HealthState.HEALTHY.value:
        return False
    without_pod = case.heartbeat is None and case.block is not None
    return without_pod or AccountReason.BLOCKED in (ready.reason, case.health.reason)


def _find_role(parts: Iterable[SubscriptionRole]) -> Role:
    roles = {part.role for part in parts}
    return next((role for role in (Role.ACTIVE, Role.STANDBY) if role in roles), Role.NONE)


def _find_since(case: AccountCase, last: FeedAccountStatus, wall: datetime) -> datetime:
    same = last.health is not None and last.health.value == case.health.state.value
    return last.health_since if same and last.health_since is not None else to_seconds(wall)


def _fit(parts: Iterable[SubscriptionRole]) -> tuple[SubscriptionRole, ...]:
    """The CRD takes 64: those that it publishes are kept first."""
    ranked = sorted(parts, key=lambda part: (part.role is not Role.ACTIVE, part.name))
    return tuple(sorted(ranked[:_SUBSCRIPTIONS_MAX], key=lambda part: part.name))


def _describe_fronts(case: AccountCase) -> Fronts | None:
    beat = case.heartbeat
    if beat is None:
        return None
    trade = _describe_front(case, beat.trade) if beat.trade else None
    return Fronts(trade=trade, market_data=_describe_front(case, beat.market_data))


def _describe_front(case: AccountCase, front: Front) -> FrontStatus:
    words = make_plain(case.redact(quote_front(front)), WORDS_MAX)
    return FrontStatus(connected=front.connected, logged_in=front.logged_in, last_error=words or None)
