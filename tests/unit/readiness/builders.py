"""A feed on a quiet Tuesday, 5 January 2027, in Shanghai; a situation says only what differs.

ctp-a publishes `futures` of namespace `desk`, ctp-b stands by, both hot and logged in for the day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import Standby
from mds_protocol.readiness.facts import (
    AccountFacts,
    ConsumerFacts,
    CoverageFacts,
    Facts,
    MarketFacts,
    StreamFacts,
)
from mds_protocol.resources.reasons import AccountReason

SHANGHAI = timezone(timedelta(hours=8))
MONDAY, TUESDAY = date(2027, 1, 4), date(2027, 1, 5)
ENDS = date(2027, 12, 31)


def at(text: str, day: int = 5) -> datetime:
    """`08:31`, or `08:31:05`, of a day of January 2027."""
    return datetime.fromisoformat(f"2027-01-{day:02d} {text}").replace(tzinfo=SHANGHAI)


OPEN = MarketFacts(is_open=True, trading_day=TUESDAY, calendar_ends=ENDS)


def closed(opening: str = "09:00", day: int = 5, **changes: Any) -> MarketFacts:
    fields: dict[str, Any] = {
        "is_open": False,
        "next_opening": at(opening, day),
        "trading_day": date(2027, 1, day),
        "calendar_ends": ENDS,
    }
    return MarketFacts(**(fields | changes))


def account(name: str = "ctp-a", **changes: Any) -> AccountFacts:
    fields: dict[str, Any] = {
        "name": name,
        "trading_day": TUESDAY,
        "is_probing": True,
        "restarts_left": 6,
    }
    return AccountFacts(**(fields | changes))


def standby(**changes: Any) -> AccountFacts:
    return account("ctp-b", **changes)


def ill(reason: AccountReason, name: str = "ctp-a", **changes: Any) -> AccountFacts:
    return account(name, health=HealthState.UNHEALTHY, reason=reason, **changes)


def lost(name: str = "ctp-a", **changes: Any) -> AccountFacts:
    """One that only a person brings back: its login is refused with 75."""
    changes = {"login_code": 75, "waits_for_person": True} | changes
    return ill(AccountReason.BLOCKED, name, **changes)


def unsure(name: str = "ctp-a", reason: AccountReason = AccountReason.MASS_SILENCE) -> AccountFacts:
    return account(name, health=HealthState.UNKNOWN, reason=reason)


def asleep(name: str = "ctp-c", **changes: Any) -> AccountFacts:
    fields: dict[str, Any] = {"standby": Standby.COLD, "is_awake": False, "trading_day": None}
    return ill(changes.pop("reason", AccountReason.COLD), name, **(fields | changes))


def feed(*accounts: AccountFacts, **changes: Any) -> Facts:
    """Without accounts it has both of the quiet day. It is served where the named one is healthy."""
    given = accounts or (account(), standby())
    first = given[0]
    fields: dict[str, Any] = {
        "namespace": "desk",
        "subscription": "futures",
        "is_accepted": True,
        "hears_itself": True,
        "accounts": given,
        "named": first.name,
        "is_served": first.health is HealthState.HEALTHY,
        "market": OPEN,
        "coverage": covered(),
        "stream_name": "MD",
    }
    return Facts(**(fields | changes))


def covered(selected: int | None = 320, subscribed: int | None = 320, **changes: Any) -> CoverageFacts:
    return CoverageFacts(selected=selected, subscribed=subscribed, **changes)


def stream(**changes: Any) -> StreamFacts:
    fields: dict[str, Any] = {"fill": 0.5, "oldest_age_s": 86_000.0, "max_age_s": 86_400.0}
    return StreamFacts(name="MD", **(fields | changes))


def consumer(pending: int, name: str = "risk") -> ConsumerFacts:
    return ConsumerFacts(name=name, pending=pending)
