"""How an account is: `assess`, the one judgement that status, election, promotion and restarts share.

                said by the gateway ------------------------------+
                                                                  v
    Healthy <--- heard, streaming, not stale ---  ?  ---> Unhealthy(reason)
                                                  |
                         we do not hear ourselves, or a silence that nobody confirms
                                                  v
                                               Unknown            nothing is elected, nothing restarted

The checks run in the written order and the first finding counts. `since` survives an Unknown in between: a
hiccup of the observer does not restart the clock of `failbackAfter` or `restartAfter`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from mds_protocol.failover import staleness, timings
from mds_protocol.failover.logins import LoginAnswer, classify_login, find_refusal, is_login_code
from mds_protocol.failover.observed import Standby, Surroundings
from mds_protocol.failover.silence import find_mass_silence, judge_silence
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.heartbeat import GatewayState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_protocol.failover.observed import AccountSeen, Listening
    from mds_protocol.wire.heartbeat import Heartbeat, SessionState

_MS_PER_S = 1000.0


class HealthState(Enum):
    """The three answers; the values are those of `status.health`."""

    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A judgement, and what the next one needs to know of it."""

    state: HealthState
    reason: AccountReason
    detail: str = ""
    """For people: codes and ages behind the reason."""
    since: float
    """Since when the state is this one."""
    stale: frozenset[str] = frozenset()
    """Exchanges that it does not see any more."""
    is_probing: bool = False
    """Whether its own test message was stored lately."""
    behind: Mapping[str, float] = field(default_factory=dict)
    """Memory of `staleness.update_behind`."""
    last_known: tuple[HealthState, float] | None = None
    """While Unknown: the state before, and since when."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    state: HealthState
    reason: AccountReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    account: AccountSeen
    seen: Surroundings
    before: Health | None
    stale: frozenset[str]
    now: float


def assess(account: AccountSeen, seen: Surroundings, before: Health | None, *, now: float) -> Health:
    """The health of one account; `before` is its last one."""
    behind = staleness.update_behind(account, seen, before.behind if before else {}, now)
    stale = staleness.find_stale(account, seen, behind, now)
    case = _Case(account, seen, before, stale, now)
    found = next(finding for check in CHECKS if (finding := check(case)))
    return Health(
        state=found.state,
        reason=found.reason,
        detail=found.detail,
        since=_since(before, found.state, now),
        stale=stale,
        is_probing=_is_probing(account, now),
        behind=behind,
        last_known=_last_known(before, found.state),
    )


def assess_all(
    accounts: Iterable[AccountSeen],
    listening: Listening,
    calendars: Mapping[str, Mapping[str, SessionState]],
    before: Mapping[str, Health],
    *,
    now: float,
) -> dict[str, Health]:
    """The health of every account, each judged against all others; `calendars` by market."""
    everyone = tuple(accounts)
    mass_silence = find_mass_silence(everyone, listening, now)
    around = {
        market: Surroundings(
            peers=everyone,
            listening=listening,
            calendar=calendars.get(market, {}),
            mass_silence=mass_silence,
        )
        for market in {account.market for account in everyone}
    }
    return {
        account.name: assess(account, around[account.market], before.get(account.name), now=now)
        for account in everyone
    }


def find_fault(heartbeat: Heartbeat) -> Finding | None:
    """What a gateway itself says is wrong with it. A lost trading front is not: ticks go on."""
    front = heartbeat.market_data
    if heartbeat.state is GatewayState.DRAINING:
        return _bad(AccountReason.DRAINING)
    if heartbeat.state is GatewayState.BLOCKED:
        return _find_end_of_tries(front.error_code)
    if not front.connected and not is_login_code(front.error_code):
        never = heartbeat.state is GatewayState.CONNECTING and front.error_code is None
        return _bad(
            AccountReason.STARTING if never else AccountReason.FRONT_LOST, f"reason code {front.error_code}"
        )
    if not front.logged_in:
        return _find_login_fault(find_refusal(heartbeat))
    if (heartbeat.oldest_unacked_ms or 0) >= timings.ACK_STALL_S * _MS_PER_S:
        return _bad(AccountReason.PUBLISH_STALLED, f"oldest unacknowledged {heartbeat.oldest_unacked_ms} ms")
    return None


def _find_end_of_tries(code: int | None) -> Finding:
    """A refusal that a retry makes worse, or one that was tried often enough."""
    stops = code is None or classify_login(code) is LoginAnswer.STOP
    reason = AccountReason.BLOCKED if stops else AccountReason.LOGIN_REFUSED
    return _bad(reason, f"login refused with code {code}")


def _find_login_fault(code: int | None) -> Finding:
    if code is None:
        return _bad(AccountReason.STARTING)
    blocked = classify_login(code) is LoginAnswer.STOP
    return _bad(AccountReason.BLOCKED if blocked else AccountReason.LOGIN_REFUSED, f"code {code}")


def _check_asked_for(case: _Case) -> Finding | None:
    if not case.account.enabled and not case.account.kept:
        return _bad(AccountReason.DISABLED)
    asleep = case.account.standby is Standby.COLD and case.account.pod is None
    return _bad(AccountReason.COLD) if asleep else None


def _check_listening(case: _Case) -> Finding | None:
    if case.seen.listening.is_sure(case.now):
        return None
    return Finding(HealthState.UNKNOWN, AccountReason.OPERATOR_DEAF)


def _check_silence(case: _Case) -> Finding | None:
    reason = judge_silence(case.account, case.seen, case.now)
    if reason is None:
        return None
    unsure = reason in {AccountReason.MASS_SILENCE, AccountReason.SILENT_UNCONFIRMED}
    return Finding(HealthState.UNKNOWN if unsure else HealthState.UNHEALTHY, reason)


def _check_said(case: _Case) -> Finding | None:
    if case.account.heard is None:
        return _bad(AccountReason.STARTING)
    return find_fault(case.account.heard.heartbeat)


def _check_subscribed(case: _Case) -> Finding | None:
    """New contracts on a healthy account are no fault; the first subscription of a login is not done yet."""
    was_healthy = _underlying(case.before) is HealthState.HEALTHY
    state = case.account.heard.heartbeat.state if case.account.heard else None
    return None if state is GatewayState.STREAMING or was_healthy else _bad(AccountReason.STARTING)


def _check_stale(case: _Case) -> Finding | None:
    return _bad(AccountReason.STALE, ", ".join(sorted(case.stale))) if case.stale else None


def _find_nothing(case: _Case) -> Finding:
    del case
    return Finding(HealthState.HEALTHY, AccountReason.STREAMING)


CHECKS: tuple[Callable[[_Case], Finding | None], ...] = (
    _check_asked_for,
    _check_listening,
    _check_silence,
    _check_said,
    _check_subscribed,
    _check_stale,
    _find_nothing,
)
"""In this order: what a person asked for, whether we can judge, life, what it says, what we compare."""


def _bad(reason: AccountReason, detail: str = "") -> Finding:
    return Finding(HealthState.UNHEALTHY, reason, detail)


def _is_probing(account: AccountSeen, now: float) -> bool:
    heard = account.heard
    if heard is None or heard.heartbeat.probe_age_ms is None:
        return False
    return now - heard.ago(heard.heartbeat.probe_age_ms) < timings.PROBE_FRESH_S


def _underlying(before: Health | None) -> HealthState | None:
    if before is None:
        return None
    return before.last_known[0] if before.last_known else before.state


def _since(before: Health | None, state: HealthState, now: float) -> float:
    if before is None:
        return now
    if before.state is state:
        return before.since
    if before.last_known is not None and before.last_known[0] is state:
        return before.last_known[1]
    return now


def _last_known(before: Health | None, state: HealthState) -> tuple[HealthState, float] | None:
    if before is None or state is not HealthState.UNKNOWN:
        return None
    return before.last_known if before.state is HealthState.UNKNOWN else (before.state, before.since)
