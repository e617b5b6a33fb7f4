"""What the operator knows of one subscription, as the facts of the readiness judgement.

Why an account is not well is taken from health, as that is exact at night, too; only what keeps it without a
pod, or waits for a person, stands in its status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain import sessions
from mds_operator.domain.account_readiness import name_cause
from mds_operator.domain.conditions import find_condition
from mds_operator.domain.consumers_shown import is_nameable
from mds_operator.domain.nats_seen import NatsSeen
from mds_protocol.failover.logins import find_refusal
from mds_protocol.readiness.accounts import PROBLEMS
from mds_protocol.readiness.facts import (
    AccountFacts,
    ConsumerFacts,
    CoverageFacts,
    Facts,
    MarketFacts,
    StreamFacts,
)
from mds_protocol.resources.conditions import ConditionType
from mds_protocol.resources.reasons import AccountReason, ReadinessProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.coverage import Coverage
    from mds_operator.domain.subscription_case import SubscriptionCase
    from mds_protocol.failover.standing import Standing
    from mds_protocol.readiness.verdict import Verdict
    from mds_protocol.resources.feedaccount import FeedAccountStatus
    from mds_protocol.wire.heartbeat import Heartbeat

NOTHING_SEEN: Final = NatsSeen()
_HALF_MINUTE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AccountMemory:
    """What is remembered of an account beside how it is."""

    status: FeedAccountStatus | None
    restarts_left: int | None
    """None: its pod is never replaced for its health."""


NO_MEMORY: Final = AccountMemory(status=None, restarts_left=None)
"""Of one that was deleted since it was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the subscription shares with others."""

    namespace: str
    stream: str
    hears_itself: bool
    front_wall: datetime
    """Now, as the fronts have it."""
    follow_front_clock: bool
    """The fronts live at another time, and none has said yet which."""
    nats: NatsSeen = NOTHING_SEEN
    """Without what is old."""
    before: Verdict | None = None
    """On this subscription."""


def gather_readiness(
    case: SubscriptionCase,
    memories: Mapping[str, AccountMemory],
    coverage: Coverage | None,
    around: Around,
) -> Facts:
    """`memories` by account."""
    return Facts(
        namespace=around.namespace,
        subscription=case.subscription.name,
        is_accepted=case.acceptance.holds,
        hears_itself=around.hears_itself,
        accounts=tuple(
            _describe(standing, memories.get(standing.name, NO_MEMORY)) for standing in case.standings
        ),
        named=case.named,
        is_served=case.is_served,
        is_moving=case.is_moving,
        holds=case.decision.holds if case.decision else (),
        ignored_pin=case.subscription.pin_ignored,
        market=_describe_market(case, around),
        coverage=_count(case, coverage),
        stream_name=around.stream,
        stream=_describe_stream(around),
        consumers=_list_consumers(around),
        stood=frozenset((each.problem, each.about) for each in around.before.findings)
        if around.before
        else frozenset(),
    )


def _describe_stream(around: Around) -> StreamFacts | None:
    seen = around.nats.streams.get(around.stream)
    if seen is None:
        return None
    return StreamFacts(
        name=around.stream,
        has_leader=seen.leader is not None,
        fill=seen.fill or 0.0,
        refuses_when_full=seen.refuses_when_full,
        oldest_age_s=seen.oldest_age_s,
        max_age_s=seen.max_age_s,
    )


def _list_consumers(around: Around) -> tuple[ConsumerFacts, ...]:
    """Durable ones: others come and go with whoever reads, and nobody waits for them."""
    listed = around.nats.consumers.get(around.stream)
    known = listed.consumers if listed else ()
    return tuple(
        ConsumerFacts(name=each.name, pending=each.pending)
        for each in known
        if each.is_durable and not each.is_ours and is_nameable(each)
    )


def _describe(standing: Standing, memory: AccountMemory) -> AccountFacts:
    seen = standing.account
    beat = seen.heard.heartbeat if seen.heard else None
    is_stalled = _is_stalled(memory.status)
    return AccountFacts(
        name=seen.name,
        standby=seen.standby,
        is_awake=seen.pod is not None,
        is_paused=seen.paused,
        health=standing.state,
        reason=_find_reason(standing, beat, memory.status, is_stalled=is_stalled),
        login_code=find_refusal(beat) if beat else None,
        waits_for_person=is_stalled,
        trading_day=_read_day(beat.trading_day) if beat else None,
        has_trade_fronts=beat is None or beat.trade is not None,
        lacks_trade_login=_lacks_trade_login(beat),
        is_probing=standing.health.is_probing,
        restarts_left=memory.restarts_left,
    )


def _lacks_trade_login(beat: Heartbeat | None) -> bool:
    """Ticks come, and nothing else."""
    has_ticks = beat is not None and beat.market_data.logged_in
    return has_ticks and beat is not None and beat.trade is not None and not beat.trade.logged_in


def _find_reason(
    standing: Standing, beat: Heartbeat | None, status: FeedAccountStatus | None, *, is_stalled: bool
) -> AccountReason:
    told = status.reason if status else None
    if told is not None and told in AccountReason:
        reason = AccountReason(told)
        if is_stalled or PROBLEMS.get(reason) is ReadinessProblem.POD_NOT_RUNNING:
            return reason
    return name_cause(standing.health.reason, beat)


def _is_stalled(status: FeedAccountStatus | None) -> bool:
    """The condition stands only while it holds."""
    return status is not None and find_condition(status.conditions, ConditionType.STALLED) is not None


def _read_day(told: str | None) -> date | None:
    """As the broker gave it; what is no date says nothing."""
    try:
        return datetime.strptime(told or "", "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _describe_market(case: SubscriptionCase, around: Around) -> MarketFacts:
    market = case.subscription.market
    opening = None
    if market.opens_in_s is not None:
        opening = _round(around.front_wall + timedelta(seconds=market.opens_in_s))
    if around.follow_front_clock:
        return MarketFacts(is_open=market.open)
    return MarketFacts(
        is_open=market.open if market.called_open_at is None else None,
        next_opening=opening,
        trading_day=sessions.find_trading_day(case.subscription.exchanges, around.front_wall),
        calendar_ends=sessions.HOLIDAYS_UNTIL,
    )


def _round(moment: datetime) -> datetime:
    """Markets open on a whole minute; how long until then was told a moment ago."""
    return (moment + _HALF_MINUTE).replace(second=0, microsecond=0)


def _count(case: SubscriptionCase, coverage: Coverage | None) -> CoverageFacts:
    selection = case.acceptance.selection
    return CoverageFacts(
        selected=len(selection.contracts) if selection else None,
        subscribed=coverage.subscribed if coverage else None,
        stale=coverage.stale if coverage else 0,
        unknown=tuple(selection.unknown) if selection else (),
    )
