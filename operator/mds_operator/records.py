"""What is known of one account and of one subscription, gathered as it comes; a desk keeps them by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mds_operator.domain import recovery
from mds_operator.domain.availability import Availability
from mds_operator.domain.history import recall
from mds_operator.domain.judging import recall_health
from mds_operator.domain.losses import Losses, recall_losses
from mds_operator.domain.tallies import AccountTally, SubscriptionTally
from mds_protocol.resources.reasons import FailoverReason, RestartReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import ValidationError

    from mds_operator.domain.coverage import Coverage
    from mds_operator.domain.drills import Drill
    from mds_operator.domain.history import History
    from mds_operator.domain.observe import LivezSeen, PodLife
    from mds_operator.domain.pod_case import Rejection
    from mds_operator.domain.pod_hash import PodHash
    from mds_operator.domain.seen import Key, Problem, SecretData
    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import Heard
    from mds_protocol.failover.restarts import Block, RestartDecision, RestartStep
    from mds_protocol.readiness.verdict import Verdict
    from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountStatus, Restarts
    from mds_protocol.resources.feedsubscription import FeedSubscription, FeedSubscriptionStatus


@dataclass(slots=True)
class SecretSeen:
    """A Secret as last read."""

    key: Key
    read_at: float
    data: SecretData | None = field(default=None, repr=False)
    """None: there is none."""
    forbidden: Problem | None = None
    """Why it could not be read, if that is so."""


@dataclass(slots=True)
class AccountRecord:
    """Everything known of one account."""

    account: FeedAccount
    restarts: Restarts
    """The truth while this operator runs; the status is a copy."""
    heard: Heard | None = None
    life: PodLife | None = None
    livez: LivezSeen | None = None
    health: Health | None = None
    secret: SecretSeen | None = None
    making: PodHash | Problem | None = None
    """What a pod made now would be made from, or why none can be; None while nobody has looked."""
    block: Block | None = None
    decision: RestartDecision | None = None
    step: RestartStep | None = None
    remark: str | None = None
    """Why an annotation or a schedule asks for nothing."""
    rejection: Rejection | None = None
    last_pod: str | None = None
    written: FeedAccountStatus | None = None
    written_at: datetime | None = None
    tally: AccountTally = field(default_factory=AccountTally)


@dataclass(slots=True)
class SubscriptionRecord:
    """Everything known of one subscription."""

    subscription: FeedSubscription
    history: History
    pin: str | None = None
    """The pin that counts (`order.choose_pin`); the status is a copy."""
    losses: Losses = field(default_factory=Losses)
    told_epoch: int = 0
    """The newest epoch whose takeover was told in an Event."""
    readiness: Verdict | None = None
    """For the next opening, as of the last look; None while nobody has looked."""
    drill: Drill | None = None
    drill_answered: str | None = None
    written: FeedSubscriptionStatus | None = None
    written_at: datetime | None = None
    coverage: Coverage | None = None
    """As measured last; the status has it a minute later at the latest."""
    available: Availability = field(default_factory=Availability)
    tally: SubscriptionTally = field(default_factory=SubscriptionTally)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that this version cannot read; nothing else stops for it."""

    body: Mapping[str, Any]
    error: ValidationError


def find_leaving(record: AccountRecord) -> FailoverReason | None:
    """Why an account hands over on purpose: a planned restart that waits for the feed to move, or goes now.

    Until its pod is told to go nothing else says so: the feed that it has just given would return to it.
    """
    step = record.step
    goes = step is not None and (step.restart or step.reason is RestartReason.MOVE_FIRST)
    return FailoverReason.PLANNED_RESTART if goes else None


def meet_account(account: FeedAccount, *, now: float, wall: datetime) -> AccountRecord:
    """Of one that is new to this operator; the one before it left its memory in the status."""
    restarts = recovery.read_restarts(account)
    return AccountRecord(
        account=account,
        restarts=restarts,
        health=recall_health(account.status, now=now, wall=wall),
        block=recovery.read_block(restarts),
        last_pod=account.status.pod_name if account.status else None,
    )


def meet_subscription(subscription: FeedSubscription) -> SubscriptionRecord:
    """As `meet_account`."""
    status = subscription.status
    history = recall(status)
    return SubscriptionRecord(
        subscription=subscription,
        history=history,
        losses=recall_losses(subscription),
        told_epoch=history.taken_epoch,
        pin=status.pinned_account if status else None,
        drill_answered=status.drill_answered if status else None,
    )
