"""What the status of one subscription is concluded from: everything known, gathered by the reconciler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_protocol.failover.election import Action
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.order import candidates_of
from mds_protocol.failover.standing import stand
from mds_protocol.resources.reasons import AccountReason, FailoverReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mds_operator.domain.acceptance import Acceptance
    from mds_operator.domain.history import History
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.observed import SubscriptionSeen
    from mds_protocol.failover.standing import Candidate, Standing
    from mds_protocol.readiness.verdict import Verdict
    from mds_protocol.resources.feedsubscription import LossRecord
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.route import Route

_DEAD: Final = frozenset(
    {
        AccountReason.DISABLED,
        AccountReason.COLD,
        AccountReason.SILENT,
        AccountReason.CONTAINER_DIED,
        AccountReason.NODE_LOST,
    }
)
"""Its last heartbeat says what was, not what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCase:
    """One subscription, everything known about it now."""

    generation: int | None
    acceptance: Acceptance
    subscription: SubscriptionSeen
    accounts: Mapping[str, Candidate]
    """All of the namespace, as `elect` is given them."""
    route: Route | None
    decision: Decision | None
    """None while it is not elected, as it is not accepted."""
    history: History
    losses: tuple[LossRecord, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
    """Of the active account: `acceptance.count_asked`."""
    drill_answered: str | None = None
    remark: str | None = None
    """Why `mds.dev/drillAt` asks for nothing, or its drill does not happen."""
    readiness: Verdict | None = None
    """For the next opening; None while it was not judged."""
    written_at: datetime | None = None
    """When this operator last wrote the status; counts alone are written once a minute."""

    @property
    def named(self) -> str | None:
        """Who is named once the decision is carried out."""
        if self.decision is not None:
            return self.decision.account
        return self.route.named if self.route else None

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Its candidates, the first choice first."""
        seen = (entry.account for entry in self.accounts.values())
        ordered = candidates_of(self.subscription, seen)
        return tuple(stand(self.accounts[account.name], self.subscription) for account in ordered)

    @property
    def named_standing(self) -> Standing | None:
        """Also of an account that may not publish here any more and is still named."""
        candidate = self.accounts.get(self.named) if self.named else None
        return stand(candidate, self.subscription) if candidate else None

    @property
    def holder(self) -> str | None:
        """Who holds the newest fence and is not dead: during a move still the one before."""
        name = self.subscription.name
        fences = [
            (entry.fence_epoch, account)
            for account, candidate in self.accounts.items()
            if candidate.health.reason not in _DEAD
            and (entry := candidate.account.publication(name))
            and entry.fence_epoch is not None
        ]
        return max(fences)[1] if fences else None

    @property
    def is_moving(self) -> bool:
        """Whether another account is about to publish, by a decision of just now or of a moment ago."""
        if self.decision is None:
            return False
        return self.decision.action is Action.MOVE or self.decision.reason is FailoverReason.FENCE_AWAITED

    @property
    def is_fenced(self) -> bool:
        """Whether the named account is active: its fence is that of the route's epoch."""
        named, route = self.named, self.route
        if named is None or route is None or route.named != named or named not in self.accounts:
            return False
        return self.accounts[named].account.is_active(self.subscription.name, route.epoch)

    @property
    def is_served(self) -> bool:
        """Whether the named account is healthy and active."""
        named = self.named_standing
        return named is not None and named.is_healthy and self.is_fenced

    def heartbeat_of(self, account: str | None) -> Heartbeat | None:
        candidate = self.accounts.get(account) if account else None
        return candidate.account.heard.heartbeat if candidate and candidate.account.heard else None

    def is_unknown(self, account: str | None) -> bool:
        candidate = self.accounts.get(account) if account else None
        return candidate is not None and candidate.health.state is HealthState.UNKNOWN
