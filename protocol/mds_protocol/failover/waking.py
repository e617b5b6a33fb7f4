"""Which cold accounts are awake: the next one when no hot one is healthy, until hot ones are sound again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import Standby
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mds_protocol.failover.observed import AccountSeen, SubscriptionSeen
    from mds_protocol.failover.standing import Standing


def choose_awake(
    subscription: SubscriptionSeen,
    ordered: Sequence[Standing],
    named: AccountSeen | None,
    *,
    held: bool,
    now: float,
) -> tuple[str, ...]:
    """The cold accounts, in order, that shall have a pod for this subscription.

    `held`: a person forbids to move the feed. `named` stays awake also where it may not publish any more: the
    feed has to move first.
    """
    cold = [entry for entry in ordered if not entry.is_hot]
    kept = {subscription.pinned}
    if named is not None:
        kept.add(named.name)
    if not held and _may_wake(subscription, ordered, named):
        hot_for = _longest_hot_health(ordered, now)
        if hot_for is None:
            kept.update(entry.name for entry in _next_cold(cold, now))
        if hot_for is None or hot_for < subscription.failback_after_s:
            kept.update(entry.name for entry in cold if entry.account.pod is not None and entry.may_take)
    awake = tuple(entry.name for entry in cold if entry.name in kept)
    if named is not None and named.standby is Standby.COLD and named.name not in awake:
        return (*awake, named.name)
    return awake


def _may_wake(subscription: SubscriptionSeen, ordered: Sequence[Standing], named: AccountSeen | None) -> bool:
    """At night when the fronts are down, and while nobody can tell, nobody is woken."""
    unsure = any(
        named is not None and entry.name == named.name and entry.state is HealthState.UNKNOWN
        for entry in ordered
    )
    return not unsure and subscription.market.matters


def _longest_hot_health(ordered: Sequence[Standing], now: float) -> float | None:
    """For how long a hot account has been healthy; None if none is."""
    healthy = [entry for entry in ordered if entry.is_hot and entry.is_healthy and entry.may_take]
    return max((now - entry.health.since for entry in healthy), default=None)


def _next_cold(cold: Sequence[Standing], now: float) -> Iterable[Standing]:
    """The first one that may take it, and further ones while those before prove unable."""
    for entry in cold:
        if not entry.may_take:
            continue
        yield entry
        if not _has_failed(entry, now):
            return


def _has_failed(entry: Standing, now: float) -> bool:
    if entry.state is not HealthState.UNHEALTHY or entry.health.reason is AccountReason.COLD:
        return False
    return entry.account.pod is not None and now - entry.health.since >= timings.COLD_START_S
