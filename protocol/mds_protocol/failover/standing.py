"""How an account stands to one subscription: its health, but only where the subscription trades.

An account that is stale on an exchange which the subscription does not use is healthy to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import Standby
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen, SubscriptionSeen


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account together with its health: what `elect` is given."""

    account: AccountSeen
    health: Health


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate as one subscription sees it."""

    account: AccountSeen
    health: Health
    state: HealthState
    stale: frozenset[str]
    """Exchanges of the subscription that it does not see."""

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def is_healthy(self) -> bool:
        return self.state is HealthState.HEALTHY

    @property
    def is_hot(self) -> bool:
        return self.account.standby is Standby.HOT

    @property
    def may_take(self) -> bool:
        """Nobody forbids it; health is another question."""
        return not self.account.paused and self.account.leaving is None

    @property
    def is_only_stale(self) -> bool:
        return self.state is HealthState.UNHEALTHY and self.health.reason is AccountReason.STALE


def stand(candidate: Candidate, subscription: SubscriptionSeen) -> Standing:
    """The standing of one account."""
    health = candidate.health
    stale = health.stale & subscription.exchanges if subscription.exchanges else health.stale
    state = health.state
    if state is HealthState.UNHEALTHY and health.reason is AccountReason.STALE and not stale:
        state = HealthState.HEALTHY
    return Standing(candidate.account, health, state, stale)


def is_better(one: Standing, other: Standing) -> bool:
    """Better on one exchange and worse on none; who fails for another reason than staleness sees nothing."""
    if one.is_healthy:
        return bool(other.stale) or not other.is_healthy
    return one.is_only_stale and (one.stale < other.stale or not (other.is_healthy or other.is_only_stale))
