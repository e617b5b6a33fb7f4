"""What the operator itself tells the stream of events, for whoever explains a hole in the data. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.wire.events import HealthChange, Restart
from mds_protocol.wire.times import to_ns

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.domain.seen import Key
    from mds_protocol.failover.health import Health
    from mds_protocol.resources.feedaccount import FeedAccountStatus
    from mds_protocol.resources.reasons import RestartReason


def build_restart(account: Key, pod: str, reason: RestartReason, attempt: int, wall: datetime) -> Restart:
    return Restart(
        namespace=account.namespace,
        name=account.name,
        at_ns=to_ns(wall),
        account=account.name,
        instance=pod,
        reason=str(reason),
        attempt=attempt,
    )


def build_health_change(
    account: Key, before: FeedAccountStatus | None, after: FeedAccountStatus, health: Health, wall: datetime
) -> HealthChange | None:
    """None if the status says the same health as before, or says one for the first time."""
    if before is None or before.health is None or after.health in (before.health, None):
        return None
    return HealthChange(
        namespace=account.namespace,
        name=account.name,
        at_ns=to_ns(wall),
        account=account.name,
        instance=after.pod_name or "",
        before=before.health.value,
        after=health.state.value,
        reason=str(health.reason),
    )
