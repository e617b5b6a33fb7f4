"""Who stands by for a subscription, and whether it could take the feed without a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mds_operator.domain.subscription_case import SubscriptionCase
    from mds_protocol.failover.standing import Standing

_LOG_LEAST_S: Final = 5.0
_LOG_MARGIN_S: Final = 5.0
_LOG_ROUGH_S: Final = 1.0
"""A log is kept for max(staleAfter, 5 s) + 5 s; its oldest tick is somewhat younger than that."""
_LOG_FULL: Final = 0.9


def list_others(case: SubscriptionCase) -> tuple[Standing, ...]:
    return tuple(entry for entry in case.standings if entry.name != case.named)


def find_ready(case: SubscriptionCase) -> tuple[Standing, ...]:
    """Who could take the feed now, in any kind of move."""
    return tuple(entry for entry in list_others(case) if is_ready(entry))


def is_ready(standing: Standing) -> bool:
    return standing.is_hot and standing.is_healthy and standing.may_take and standing.health.is_probing


def is_log_short(standing: Standing, case: SubscriptionCase) -> bool:
    """Whether memory ends its log early. A log that is short for want of ticks reaches as far as it must.

    A heartbeat tells the bytes of all logs together and the room that they share equally: where the sum is
    less than one part, no log is full. One that does not tell the room complains of nothing.
    """
    account = standing.account
    said = account.publication(case.subscription.name)
    if said is None or account.heard is None:
        return False
    beat = account.heard.heartbeat
    held, limit = beat.depths.log_bytes, beat.depths.log_limit_bytes
    is_full = limit is not None and held >= _LOG_FULL * limit / max(1, len(beat.publications))
    needed_s = max(account.stale_after_s, _LOG_LEAST_S) + _LOG_MARGIN_S - _LOG_ROUGH_S
    return is_full and said.log_reach_ms < needed_s * 1000
