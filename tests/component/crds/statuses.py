"""A status of each kind with every field set, as the operator would write it."""

from __future__ import annotations

import datetime as dt

from mds_protocol.resources.conditions import Condition, ConditionStatus, ConditionType
from mds_protocol.resources.feedaccount import (
    FeedAccountStatus,
    Fronts,
    FrontStatus,
    HealthState,
    Phase,
    Restarts,
    Role,
    SubscriptionRole,
)
from mds_protocol.resources.feedsubscription import (
    ContractCounts,
    FailoverRecord,
    FeedSubscriptionStatus,
    LossRecord,
)

MORNING = dt.datetime(2026, 1, 5, 1, 0, tzinfo=dt.UTC)


def condition(kind: ConditionType, reason: str, status: ConditionStatus = ConditionStatus.TRUE) -> Condition:
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=f"{reason}, in a sentence.",
        last_transition_time=MORNING,
        observed_generation=1,
    )


def account_status() -> FeedAccountStatus:
    return FeedAccountStatus(
        observed_generation=1,
        phase=Phase.STREAMING,
        role=Role.ACTIVE,
        health=HealthState.HEALTHY,
        health_since=MORNING,
        reason="Active",
        message="Publishes futures.",
        pod_name="ctp-a-1f3c9",
        node_name="node-1",
        trading_day="20270104",
        subscriptions=(SubscriptionRole(name="futures", role=Role.ACTIVE, epoch=7),),
        fronts=Fronts(
            trade=FrontStatus(connected=True, logged_in=True),
            market_data=FrontStatus(connected=True, logged_in=True, last_error="4097 network read failed"),
        ),
        contracts=25000,
        subscribed=4998,
        restarts=Restarts(
            count=2,
            recent=(MORNING, MORNING - dt.timedelta(minutes=20)),
            last_reason="Stale",
            cooldown_until=MORNING + dt.timedelta(microseconds=250000),
            next=MORNING + dt.timedelta(hours=12),
            unscheduled="paused is true",
            answered="2027-01-04T08:40:00+08:00",
        ),
        conditions=(
            condition(ConditionType.ACCEPTED, "Accepted"),
            condition(ConditionType.READY, "Active"),
            condition(ConditionType.STALLED, "Active", ConditionStatus.FALSE),
        ),
    )


def record(epoch: int) -> FailoverRecord:
    return FailoverRecord(
        epoch=epoch,
        from_account="ctp-b",
        to_account="ctp-a",
        reason="FrontLost",
        detected_at=MORNING,
        decided_at=MORNING,
        active_at=MORNING,
        gap_ms=48,
    )


FAILOVERS = [record(epoch).dump() for epoch in range(10, 0, -1)]


def subscription_status() -> FeedSubscriptionStatus:
    return FeedSubscriptionStatus(
        observed_generation=1,
        active_account="ctp-a",
        next_account="ctp-b",
        epoch=7,
        coverage="4998/5000",
        contracts=ContractCounts(selected=5000, subscribed=4998, ticking=4100, stale=2),
        failover_count=6,
        last_failover_time=MORNING,
        drill_answered="2027-01-04T08:45:00+08:00",
        failovers=tuple(record(epoch) for epoch in range(10, 0, -1)),
        losses=(
            LossRecord(
                from_time=MORNING,
                to_time=MORNING + dt.timedelta(seconds=15),
                count=7792,
                causes=("LogTooShort", "Superseded"),
                told_at=MORNING + dt.timedelta(seconds=30, microseconds=123456),
            ),
        ),
        conditions=(
            condition(ConditionType.READY, "Active"),
            condition(ConditionType.REDUNDANT, "Redundant"),
            condition(ConditionType.READY_FOR_OPENING, "NoProblem"),
        ),
    )
