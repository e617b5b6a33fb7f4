"""The status of one subscription, whole: `build_subscription_status`.

It is a fixed point: the same facts a moment later give the same status, but for counts, which alone are
written once a minute. What is not known is absent, or stays as it was while it is only not known now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain.coverage import measure_coverage
from mds_operator.domain.losses import has_begun
from mds_operator.domain.subscription_conditions import build_conditions
from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.domain.coverage import Coverage
    from mds_operator.domain.subscription_case import SubscriptionCase

COUNTS_EVERY: Final = timedelta(seconds=60)
"""Fast figures live in metrics; a status that is written all the time wakes everybody who watches it."""


def build_subscription_status(
    case: SubscriptionCase, before: FeedSubscriptionStatus | None, wall: datetime
) -> FeedSubscriptionStatus:
    """The status as it should be; equal to `before` when nothing happened."""
    last = before or FeedSubscriptionStatus()
    active = _find_active(case, last)
    coverage = _measure(case, active)
    history = case.history
    built = FeedSubscriptionStatus(
        observed_generation=case.generation,
        active_account=active,
        next_account=case.decision.next_account if case.decision else None,
        pinned_account=case.subscription.pinned,
        epoch=case.route.epoch if case.route else None,
        coverage=coverage.text if coverage else last.coverage,
        contracts=coverage.counts if coverage else last.contracts,
        failover_count=history.failovers,
        last_failover_time=history.last_failover,
        drill_answered=case.drill_answered or last.drill_answered,
        failovers=history.moves,
        losses=case.losses,
        conditions=build_conditions(case, last.conditions, active=active, coverage=coverage, wall=wall),
    )
    return _hold_counts(built, last, case.written_at, wall)


def measure_now(case: SubscriptionCase, before: FeedSubscriptionStatus | None) -> Coverage | None:
    """What the status says of contracts a minute later at the latest; None while nobody can say."""
    return _measure(case, _find_active(case, before or FeedSubscriptionStatus()))


def _find_active(case: SubscriptionCase, last: FeedSubscriptionStatus) -> str | None:
    """Who stored the newest fence; while that account cannot be heard and is not known dead, as before."""
    if case.holder is not None:
        return case.holder
    same = (
        case.route is not None and case.route.epoch == last.epoch and case.route.named == last.active_account
    )
    return last.active_account if same and case.is_unknown(last.active_account) else None


def _measure(case: SubscriptionCase, active: str | None) -> Coverage | None:
    """None in a move, and while nobody can say: then the last figures stand. At night only full ones count.

    Contracts change in the evening, so the new figures must not wait for the market; but fronts go down then.
    """
    selection = case.acceptance.selection
    if selection is None or case.is_unknown(active) or (active is None and case.is_moving):
        return None
    candidate = case.accounts.get(active) if active else None
    found = measure_coverage(
        selection,
        case.heartbeat_of(active),
        case.asked,
        candidate.health.stale if candidate else frozenset(),
        stale_after_s=candidate.account.stale_after_s if candidate else 0.0,
    )
    return found if case.subscription.market.matters or found.is_full else None


def _hold_counts(
    built: FeedSubscriptionStatus, last: FeedSubscriptionStatus, written_at: datetime | None, wall: datetime
) -> FeedSubscriptionStatus:
    """Where nothing but the counts changed, the old ones stand for a minute; so do losses that only grow.

    Another selection is no count.
    """
    if _count_selected(built) != _count_selected(last):
        return built
    losses = built.losses if has_begun(last.losses, built.losses) else last.losses
    held = built.model_copy(update={"coverage": last.coverage, "contracts": last.contracts, "losses": losses})
    is_due = written_at is None or wall - written_at >= COUNTS_EVERY
    return built if is_due or held != last else last


def _count_selected(status: FeedSubscriptionStatus) -> int | None:
    return status.contracts.selected if status.contracts else None
