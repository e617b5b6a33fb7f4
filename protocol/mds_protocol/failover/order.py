"""Who comes first: pinned, hot before cold, `accounts.order`, priority, name.

The order follows from what people wrote and never from health, so that a changed order means an edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.failover.observed import Standby

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_protocol.failover.observed import AccountSeen, SubscriptionSeen

type Rank = tuple[bool, bool, int, int, str]


def rank(account: AccountSeen, subscription: SubscriptionSeen) -> Rank:
    """What accounts are sorted by; the name makes it total."""
    listed = subscription.order
    return (
        account.name != subscription.pinned,
        account.standby is Standby.COLD,
        listed.index(account.name) if account.name in listed else len(listed),
        -account.priority,
        account.name,
    )


def is_candidate(account: AccountSeen, subscription: SubscriptionSeen) -> bool:
    """Whether it may ever publish here. A paused account may: it keeps its place and is only not elected."""
    return account.name in subscription.accounts and account.enabled and account.priority > 0


def choose_pin(asked: str | None, before: str | None, *, may_publish: bool) -> str | None:
    """Return the pin that counts: `asked` if that account may publish, else the one that counted before it.

    A mistyped pin must not take back the one that works. Without `asked` nothing is pinned.
    """
    return asked if asked is None or may_publish else before


def candidates_of(subscription: SubscriptionSeen, accounts: Iterable[AccountSeen]) -> tuple[AccountSeen, ...]:
    """The accounts that may publish, the first choice first."""
    able = [account for account in accounts if is_candidate(account, subscription)]
    return tuple(sorted(able, key=lambda account: rank(account, subscription)))
