"""What the operator tells of the next opening: the facts that it has, and the condition that it writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from mds_operator.domain import sessions
from mds_operator.domain.nats_seen import NatsSeen
from mds_operator.domain.readiness_facts import AccountMemory, Around, gather_readiness
from mds_operator.domain.subscription_status import build_subscription_status, measure_now
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.readiness.judging import readiness
from mds_protocol.resources.conditions import Condition, ConditionStatus
from mds_protocol.resources.feedaccount import FeedAccountStatus
from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Front
from tests.unit.failover.builders import (
    EPOCH,
    NOW,
    UNKNOWN,
    UP,
    make_health,
    make_route,
    make_subscription,
    stale,
    unhealthy,
)
from tests.unit.operator.nats.builders import consumer, consumers, stream_state
from tests.unit.operator.subscriptions.builders import (
    WALL,
    active,
    china,
    find,
    judge_one,
    make_case,
    see_exchanges,
    standby,
)

BOTH = frozenset({"SHFE", "DCE"})
SOON = MarketSeen(open=False, opens_in_s=600.0)
NIGHT = MarketSeen(open=False, opens_in_s=6 * 3600.0)
DOUBTED = MarketSeen(open=False, opens_in_s=3600.0, called_open_at=WALL)
REFUSED = Front(connected=True, logged_in=False, error_code=60)
DOWN = Front(connected=False, logged_in=False, error_code=4097)
NOT_READY = Front(connected=True, logged_in=False, error_code=7)
REFUSED_BY_ALL = unhealthy(AccountReason.LOGIN_REFUSED)


def around(**changes: Any) -> Around:
    fields: dict[str, Any] = {
        "namespace": "desk",
        "stream": "MD",
        "hears_itself": True,
        "front_wall": WALL,
        "follow_front_clock": False,
    }
    return Around(**(fields | changes))


def gather(case: Any, memories: Any = None, **changes: Any) -> Any:
    return gather_readiness(case, memories or {}, measure_now(case, None), around(**changes))


def say(case: Any, memories: Any = None, **changes: Any) -> str:
    verdict = readiness(gather(case, memories, **changes), now=WALL)
    return " ".join((verdict.state, *verdict.problems))


def trades(market: MarketSeen) -> Any:
    return make_subscription(exchanges=BOTH, market=market)


def status(reason: AccountReason, *, is_stalled: bool = False) -> FeedAccountStatus:
    kinds = ("Ready", "Stalled") if is_stalled else ("Ready",)
    told = tuple(
        Condition(type=kind, status=ConditionStatus.FALSE, reason=reason.value, last_transition_time=WALL)
        for kind in kinds
    )
    return FeedAccountStatus(reason=reason.value, conditions=told)


# --- the facts


def test_a_quiet_morning_is_ready() -> None:
    assert say(make_case()) == "Ready"


FULL = stream_state(size_bytes=990, refuses_when_full=True, oldest_age_s=86_000.0)


def lagging(name: str = "risk", **changes: Any) -> NatsSeen:
    return NatsSeen(consumers={"MD": consumers(consumer(name, pending=100_000, **changes))})


NATS = [
    pytest.param(NatsSeen(), "Ready", id="not looked at"),
    pytest.param(NatsSeen(streams={"MD": FULL}), "NotReady StreamFull", id="its stream is full"),
    pytest.param(NatsSeen(streams={"MD2": FULL}), "Ready", id="another one is"),
    pytest.param(
        NatsSeen(streams={"MD": stream_state(leader=None)}), "NotReady StreamLeaderless", id="no leader"
    ),
    pytest.param(lagging(), "AtRisk ConsumerBehind", id="a consumer is behind"),
    pytest.param(lagging(durable=False), "Ready", id="one that is not durable"),
    pytest.param(lagging(is_ours=True), "Ready", id="our own"),
    pytest.param(lagging("a b"), "Ready", id="a name that is no label"),
]


@pytest.mark.parametrize(("nats", "said"), NATS)
def test_what_nats_says_of_the_stream_counts(nats: NatsSeen, said: str) -> None:
    assert say(make_case(), nats=nats) == said


def test_what_stood_before_is_a_fact() -> None:
    before = readiness(gather(make_case(), nats=NatsSeen(streams={"MD": FULL})), now=WALL)
    fuller = NatsSeen(streams={"MD": replace(FULL, size_bytes=890)})

    assert say(make_case(), nats=fuller) == "Ready"
    assert say(make_case(), nats=fuller, before=before) == "NotReady StreamFull"


ILL = unhealthy(AccountReason.FRONT_LOST)

CASES = [
    pytest.param(
        make_case(active(), standby(health=ILL)), "AtRisk FrontLost", id="a standby without a front"
    ),
    pytest.param(
        make_case(active(health=ILL), standby(health=ILL), subscription=trades(NIGHT)),
        "Ready",
        id="fronts down at night",
    ),
    pytest.param(
        make_case(active(health=ILL), standby(health=ILL), subscription=trades(SOON)),
        "NotReady FrontLost",
        id="fronts down before the opening",
    ),
    pytest.param(
        make_case(active(health=ILL), standby(health=ILL), subscription=trades(DOUBTED)),
        "Unknown MarketUnknown",
        id="closed by the calendar against a front's word",
    ),
    pytest.param(
        make_case(active(health=UNKNOWN), standby(health=UNKNOWN)), "Unknown HealthUnknown", id="all in doubt"
    ),
    pytest.param(
        make_case(
            active(),
            standby(health=REFUSED_BY_ALL, beat={"market_data": NOT_READY}),
            subscription=trades(NIGHT),
        ),
        "Ready",
        id="the front is not ready at night",
    ),
    pytest.param(
        make_case(active(), standby(health=make_health(is_probing=False))),
        "AtRisk ProbeFailing",
        id="no probe",
    ),
    pytest.param(
        make_case(
            active(),
            standby(health=unhealthy(AccountReason.COLD), standby=Standby.COLD, pod=None, heard_ago=None),
        ),
        "AtRisk NoStandby",
        id="a cold standby asleep",
    ),
    pytest.param(
        make_case(route=make_route("b", epoch=EPOCH + 1), since=NOW - 0.1),
        "Ready",
        id="a takeover is awaited",
    ),
    pytest.param(
        make_case(active(), standby(health=ILL, beat={"market_data": DOWN, "trade": DOWN})),
        "AtRisk FrontLost",
        id="both fronts of the standby are down",
    ),
    pytest.param(
        make_case(active(), standby(), acceptance=judge_one(tables={}), subscription=trades(NIGHT)),
        "NotReady WaitingForContracts",
        id="no contracts, and none to come from market data alone",
    ),
    pytest.param(
        make_case(
            active(beat={"trade": UP}), standby(), acceptance=judge_one(tables={}), subscription=trades(NIGHT)
        ),
        "AtRisk WaitingForContracts",
        id="no contracts yet",
    ),
    pytest.param(make_case(active()), "AtRisk NoStandby", id="one account"),
    pytest.param(make_case(active(), standby(paused=True)), "AtRisk AccountPaused NoStandby", id="paused"),
    pytest.param(
        make_case(active(beat={"exchanges": see_exchanges(1, 1)}), standby()),
        "AtRisk CoverageLow",
        id="one contract of three is missing",
    ),
    pytest.param(
        make_case(active(beat={"trading_day": "20261120"}), standby()),
        "AtRisk OldTradingDay",
        id="logged in on Friday",
    ),
    pytest.param(
        make_case(active(beat={"trading_day": "20261123"}), standby()), "Ready", id="logged in on Monday"
    ),
    pytest.param(
        make_case(active(beat={"trading_day": "to-morrow"}), standby()), "Ready", id="a day that is none"
    ),
    pytest.param(
        make_case(active(beat={"trade": Front(connected=True, logged_in=False)}), standby()),
        "AtRisk TradeLoginMissing",
        id="no trading login",
    ),
    pytest.param(
        make_case(
            active(), standby(health=unhealthy(AccountReason.LOGIN_REFUSED), beat={"market_data": REFUSED})
        ),
        "AtRisk LoginRefused",
        id="too many sessions",
    ),
    pytest.param(
        make_case(subscription=make_subscription(exchanges=BOTH, paused=True)), "AtRisk Held", id="held"
    ),
    pytest.param(
        make_case(subscription=make_subscription(exchanges=BOTH, pin_ignored="ctp-x")),
        "AtRisk PinIgnored",
        id="a pin that names nobody",
    ),
    pytest.param(
        make_case(acceptance=judge_one(instruments=["rb2605.SHFE", "rb2705.SHFE"])),
        "AtRisk ContractsUnknown",
        id="an expired instrument",
    ),
    pytest.param(
        make_case(acceptance=judge_one(tables={})),
        "NotReady WaitingForContracts",
        id="no contracts",
    ),
    pytest.param(
        make_case(acceptance=judge_one(accounts=[]), decision=None), "AtRisk NotAccepted", id="not accepted"
    ),
]


@pytest.mark.parametrize(("case", "said"), CASES)
def test_what_is_known_is_judged(case: Any, said: str) -> None:
    assert say(case) == said


LONE = make_case(active(health=unhealthy(AccountReason.STARTING)), subscription=trades(NIGHT))


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        pytest.param(AccountMemory(None, 6), "AtRisk NoStandby", id="it starts, as at night"),
        pytest.param(
            AccountMemory(status(AccountReason.BLOCKED, is_stalled=True), 6),
            "NotReady Blocked NoStandby",
            id="blocked, and its pod is gone",
        ),
        pytest.param(
            AccountMemory(status(AccountReason.LOGIN_REFUSED, is_stalled=True), 6),
            "NotReady Blocked NoStandby",
            id="its password was given up",
        ),
        pytest.param(
            AccountMemory(status(AccountReason.IMAGE_UNAVAILABLE, is_stalled=True), 6),
            "NotReady PodNotRunning NoStandby",
            id="its image cannot be pulled",
        ),
        pytest.param(
            AccountMemory(status(AccountReason.ACCESS_DENIED), 6),
            "NotReady PodNotRunning NoStandby",
            id="a Role is missing, and that is asked again",
        ),
        pytest.param(
            AccountMemory(status(AccountReason.MARKET_CLOSED), 6),
            "AtRisk NoStandby",
            id="the market is closed",
        ),
        pytest.param(AccountMemory(None, 0), "AtRisk BudgetSpent NoStandby", id="its budget is spent"),
        pytest.param(AccountMemory(None, None), "AtRisk NoStandby", id="it has none"),
    ],
)
def test_what_is_remembered_of_an_account_counts(memory: AccountMemory, said: str) -> None:
    assert say(LONE, {"a": memory}) == said


def test_of_a_deaf_operator_nothing_is_believed() -> None:
    deaf = UNKNOWN.__class__(
        state=HealthState.UNKNOWN, reason=AccountReason.OPERATOR_DEAF, since=UNKNOWN.since
    )

    assert say(make_case(active(health=deaf), standby(health=deaf)), hears_itself=False) == (
        "Unknown OperatorDeaf"
    )


def test_where_the_fronts_time_is_not_known_the_calendar_is_not_asked() -> None:
    facts = gather(make_case(), follow_front_clock=True)

    assert (facts.market.trading_day, facts.market.calendar_ends) == (None, None)


def test_an_opening_is_told_to_the_minute() -> None:
    """How long until then is a moment old."""
    late = trades(MarketSeen(open=False, opens_in_s=599.9))

    facts = gather(make_case(subscription=late))

    assert facts.market.next_opening == WALL + timedelta(seconds=600)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param("2026-11-23 10:00", date(2026, 11, 23), id="in the session"),
        pytest.param("2026-11-23 12:00", date(2026, 11, 23), id="at lunch"),
        pytest.param("2026-11-23 14:59:59", date(2026, 11, 23), id="its last second"),
        pytest.param("2026-11-23 15:00", date(2026, 11, 24), id="after the close"),
        pytest.param("2026-11-23 21:30", date(2026, 11, 24), id="its night is of the next day"),
        pytest.param("2026-11-24 01:00", date(2026, 11, 24), id="past midnight"),
        pytest.param("2026-11-20 21:30", date(2026, 11, 23), id="Friday night is of Monday"),
        pytest.param("2026-11-21 12:00", date(2026, 11, 23), id="Saturday"),
        pytest.param("2026-09-30 16:00", date(2026, 10, 8), id="before a holiday"),
    ],
)
def test_a_moment_has_the_trading_day_of_the_session_or_the_next_one(moment: str, day: date) -> None:
    assert sessions.find_trading_day(frozenset({"SHFE"}), china(moment)) == day


def test_an_exchange_that_the_calendar_does_not_know_has_none() -> None:
    assert sessions.find_trading_day(frozenset({"SSE"}), WALL) is None


# --- the condition


def build(case: Any, before: Any = None, wall: Any = WALL) -> FeedSubscriptionStatus:
    judged = readiness(gather(case), now=wall)
    return build_subscription_status(replace(case, readiness=judged), before, wall)


@pytest.mark.parametrize(
    ("case", "status", "reason", "message"),
    [
        pytest.param(
            make_case(),
            "True",
            "NoProblem",
            "Nothing is known that would keep the feed from being there at the next opening.",
            id="ready",
        ),
        pytest.param(
            make_case(active()),
            "True",
            "NoStandby",
            "There is no second hot account that may take the feed; enable one, or add one."
            " kubectl -n desk get fa",
            id="at risk",
        ),
        pytest.param(
            make_case(active(health=ILL), subscription=trades(SOON)),
            "False",
            "FrontLost",
            "a: It is not connected to its market-data front; check the address, the network, the broker's"
            " notices. Beside that: NoStandby. kubectl -n desk describe fa a",
            id="not ready",
        ),
        pytest.param(
            make_case(active(health=ILL), standby(health=ILL), subscription=trades(DOUBTED)),
            "Unknown",
            "MarketUnknown",
            "Whether the market is open, or when it opens, nobody can tell; see why no front is heard."
            " kubectl -n desk get fa",
            id="nobody knows",
        ),
    ],
)
def test_the_condition_tells_the_worst_and_what_to_type(
    case: Any, status: str, reason: str, message: str
) -> None:
    told = find(build(case), "ReadyForOpening")

    assert (told.status.value, told.reason, told.message) == (status, reason, message)


def test_while_it_is_not_judged_the_condition_is_absent() -> None:
    unjudged = build_subscription_status(make_case(), None, WALL)

    assert "ReadyForOpening" not in {entry.type for entry in unjudged.conditions}


@pytest.mark.parametrize("case", [row.values[0] for row in CASES])
def test_time_alone_changes_no_status(case: Any) -> None:
    first = build(case)
    stored = FeedSubscriptionStatus.model_validate_json(first.model_dump_json())

    assert build(case, stored, WALL + timedelta(seconds=59)) == first


def test_a_hold_is_named() -> None:
    held = make_case(subscription=make_subscription(exchanges=BOTH, paused=True))

    assert gather(held).holds == (FailoverReason.PAUSED,)


def test_stale_contracts_are_counted() -> None:
    """Two of SHFE, which the active account does not see."""
    assert gather(make_case(active(health=stale("SHFE")), standby())).coverage.stale == 2
