"""Market time of one subscription, and how much of it somebody served: two sums that only grow.

    market   =====open======|  break  |=====open=============
    sign     x x x x x x x x            x x x x      y y y y      heartbeats of who holds the newest fence
    served   ###############            #######______########     x's last sign to y's first: nobody did
                                               ^ here x is judged dead

Served is what an account did that holds a stored fence and is healthy to the subscription, as `Ready` has it.
A heartbeat is a sign up to its oldest unacknowledged message. Between two signs the time waits until it is
known what it was, and both sums wait with it, so their ratio is right at each moment:

- the next sign follows and nobody was judged ill or unknown between: served, also across a planned move;
- unknown between (the operator was deaf): served if it is still the same fence; behind another one it was
  not, as that is what an outage of NATS leaves behind;
- somebody is judged ill, or nobody holds a fence: served up to the last sign, then not.

A market of which nobody knows whether it is open weighs nothing, and neither does the time before an operator
first knew: a leader begins at 0, and counts nothing that the one before may have counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from mds_protocol.failover.health import HealthState
from mds_protocol.failover.standing import Candidate, stand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen, SubscriptionSeen

_MS_PER_S = 1000.0


class Holder(NamedTuple):
    """An account and its fence, as it was last heard to hold it."""

    epoch: int
    fence: int
    account: AccountSeen


@dataclass(frozen=True, slots=True)
class Sign:
    """Until when an account said that it serves."""

    account: str
    fence: int
    """F: after an outage of NATS the same account stands behind another one."""
    at: float


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """Whether a subscription is served now."""

    serves: bool | None
    """None: nobody can tell."""
    sign: Sign | None = None
    """The newest of who holds the newest fence, well or not."""


NOT_SERVED: Final = ServiceSeen(serves=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    open_s: float = 0.0
    served_s: float = 0.0
    judged_at: float = 0.0
    is_open: bool = False
    """At the last judgement, as far as anybody knows."""
    open_since: float | None = None
    market_s: float = 0.0
    """Market time up to the last judgement; of it only what is known is in the sums."""
    known_s: float | None = None
    """Up to which market time it is known who served; None: nothing is known yet."""
    sign: Sign | None = None
    """The last one, while nobody is known to have failed since."""
    served_at: float | None = None
    """Up to when it was last served, as far as is known."""
    is_doubted: bool = False
    """Whether nobody could tell, at a judgement after that sign."""


def advance(before: Availability, seen: ServiceSeen, *, is_open: bool, now: float) -> Availability:
    """The sums after a judgement; `is_open`: whether the market is known to be open from now on."""
    passed = replace(
        before,
        market_s=_market_time(before, now),
        judged_at=now,
        is_open=is_open,
        open_since=(before.open_since if before.is_open else now) if is_open else None,
    )
    if seen.serves is None:
        return replace(passed, is_doubted=True)
    known_s = passed.market_s if before.known_s is None else before.known_s
    until_s = min(passed.market_s, max(known_s, _market_time(before, seen.sign.at))) if seen.sign else known_s
    if before.known_s is not None and seen.sign is not None and _goes_on(before, seen.sign):
        passed = replace(passed, served_s=before.served_s + until_s - known_s, served_at=seen.sign.at)
    known_until_s = until_s if seen.serves else passed.market_s
    return replace(
        passed,
        open_s=before.open_s + known_until_s - known_s,
        known_s=known_until_s,
        sign=seen.sign if seen.serves else None,
        is_doubted=False,
    )


def find_holders(accounts: Iterable[AccountSeen]) -> dict[str, Holder]:
    """Who holds the newest fence of each subscription, dead or alive, also where no selector matches it."""
    found: dict[str, Holder] = {}
    for account in accounts:
        for entry in account.heard.heartbeat.publications if account.heard else ():
            if entry.fence_epoch is None:
                continue
            holder = Holder(entry.fence_epoch, entry.fence or 0, account)
            if entry.subscription not in found or found[entry.subscription][:2] < holder[:2]:
                found[entry.subscription] = holder
    return found


def see_service(
    subscription: SubscriptionSeen, holder: Holder | None, health: Mapping[str, Health]
) -> ServiceSeen:
    """Whether its holder is healthy to the subscription. Where there is none, one may not be heard."""
    if holder is None or holder.account.heard is None:
        known = (health[name] for name in subscription.accounts if name in health)
        is_unknown = any(entry.state is HealthState.UNKNOWN for entry in known)
        return ServiceSeen(serves=None if is_unknown else False)
    account, heard = holder.account, holder.account.heard
    state = stand(Candidate(account, health[account.name]), subscription).state
    serves = None if state is HealthState.UNKNOWN else state is HealthState.HEALTHY
    until = heard.ago(heard.heartbeat.oldest_unacked_ms or 0)
    return ServiceSeen(serves, Sign(account.name, holder.fence, until))


def _market_time(before: Availability, moment: float) -> float:
    """Up to this moment, which may lie somewhat before the last judgement."""
    return before.market_s + (moment - before.judged_at if before.is_open else 0.0)


def _goes_on(before: Availability, sign: Sign) -> bool:
    """Whether the time from the last sign to this one was served."""
    if before.sign is None:
        return False
    same = (before.sign.account, before.sign.fence) == (sign.account, sign.fence)
    return same or not before.is_doubted
