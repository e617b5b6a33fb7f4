"""How each subscription is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import OF_SUBSCRIPTION, Family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFigures:
    epoch: int
    active: str | None
    """The account; None: nobody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    known: Mapping[Key, SubscriptionFigures] = field(default_factory=dict)


FAMILIES: Final = (
    Family[Subscriptions](
        "subscription_active",
        "1 for the account that publishes for a subscription; absent while none does.",
        lambda seen: {(*key, each.active): 1.0 for key, each in seen.known.items() if each.active is not None},
        (*OF_SUBSCRIPTION, "account"),
    ),
    Family[Subscriptions](
        "subscription_epoch",
        "The epoch of a subscription's route.",
        lambda seen: {key: float(each.epoch) for key, each in seen.known.items()},
        OF_SUBSCRIPTION,
    ),
)
