"""How each subscription is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import (
    CONDITION,
    OF_SUBSCRIPTION,
    ConditionFigures,
    Family,
    of_conditions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFigures:
    stream: str
    epoch: int | None = None
    """None: nobody was ever elected."""
    active: str | None = None
    """The account; None: nobody is."""
    candidates: Mapping[str, int] = field(default_factory=dict)
    """Priority by account."""
    conditions: tuple[ConditionFigures, ...] = ()
    open_s: float = 0.0
    served_s: float = 0.0
    contracts: Mapping[str, int] = field(default_factory=dict)
    """By how far they are; empty while nobody can say."""
    standbys: int | None = None
    """None: not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    known: Mapping[Key, SubscriptionFigures] = field(default_factory=dict)


FAMILIES: Final = (
    Family[Subscriptions](
        "subscription_info",
        "1 for each subscription, with the stream that its ticks go to.",
        lambda seen: {(*key, each.stream): 1.0 for key, each in seen.known.items()},
        (*OF_SUBSCRIPTION, "stream"),
    ),
    Family[Subscriptions](
        "subscription_active",
        "1 for the account that publishes for a subscription; absent while none does.",
        lambda seen: {
            (*key, each.active): 1.0 for key, each in seen.known.items() if each.active is not None
        },
        (*OF_SUBSCRIPTION, "account"),
    ),
    Family[Subscriptions](
        "subscription_epoch",
        "The epoch of a subscription's route.",
        lambda seen: {key: float(each.epoch) for key, each in seen.known.items() if each.epoch is not None},
        OF_SUBSCRIPTION,
    ),
    Family[Subscriptions](
        "account_candidate",
        "The priority of each account that may publish for a subscription.",
        lambda seen: {
            (*key, account): float(priority)
            for key, each in seen.known.items()
            for account, priority in each.candidates.items()
        },
        (*OF_SUBSCRIPTION, "account"),
    ),
    Family[Subscriptions](
        "subscription_condition",
        "1 for each condition of a subscription, with its present status and reason.",
        lambda seen: of_conditions({key: each.conditions for key, each in seen.known.items()}),
        (*OF_SUBSCRIPTION, *CONDITION),
    ),
    Family[Subscriptions](
        "subscription_open_seconds",
        "Time in which a market of a subscription was known to be open.",
        lambda seen: {key: each.open_s for key, each in seen.known.items()},
        OF_SUBSCRIPTION,
        "counter",
    ),
    Family[Subscriptions](
        "subscription_served_seconds",
        "Of that time, how long an account that is healthy to it held a stored fence.",
        lambda seen: {key: each.served_s for key, each in seen.known.items()},
        OF_SUBSCRIPTION,
        "counter",
    ),
    Family[Subscriptions](
        "subscription_contracts",
        "Contracts that are Selected, of these Subscribed, of these on exchanges that are Ticking or Stale.",
        lambda seen: {
            (*key, state): float(count)
            for key, each in seen.known.items()
            for state, count in each.contracts.items()
        },
        (*OF_SUBSCRIPTION, "state"),
    ),
    Family[Subscriptions](
        "subscription_standbys",
        "Accounts that could take a subscription now: hot, healthy, allowed to, and able to publish.",
        lambda seen: {
            key: float(each.standbys) for key, each in seen.known.items() if each.standbys is not None
        },
        OF_SUBSCRIPTION,
    ),
)
