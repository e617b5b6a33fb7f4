"""Accounts, subscriptions and routes as they are on a quiet morning; a test says only what differs.

It is NOW. The operator hears itself, every account was heard a moment ago, streams, probes and is as priority
100 has it; A is named in epoch 5 and active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mds_protocol.failover.election import Decision, elect
from mds_protocol.failover.health import Health, HealthState, assess
from mds_protocol.failover.observed import (
    AccountSeen,
    Heard,
    Listening,
    PodSeen,
    RouteSeen,
    SubscriptionSeen,
    Surroundings,
)
from mds_protocol.failover.standing import Candidate
from mds_protocol.failover.takeover import plan_lacking
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.heartbeat import Exchange, Front, GatewayState, Heartbeat, Publication, SessionState
from mds_protocol.wire.route import Route
from tests.kit.slices import run_to_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_protocol.failover.takeover import Last, Log, Logged, OrderKey, Plan

NOW = 10_000.0
EPOCH = 5
SUBSCRIPTION = "all"
UID = "uid-1"
LONG_AGO = NOW - 5_000.0

SURE = Listening(since=LONG_AGO, echo_at=NOW - 0.1)

UP = Front(connected=True, logged_in=True)


class Entry(NamedTuple):
    """A finished tick, as far as a takeover looks at it."""

    contract: str
    order_key: OrderKey
    identity: str


def find_lacking[N: (str, bytes), T: Logged[Any]](
    log: Log[T], last: Mapping[N, Last[N]], *, per_slice: int = 1_000_000
) -> Plan[T]:
    """Search the whole log."""
    return run_to_end(plan_lacking(log, last, per_slice=per_slice))


def make_heartbeat(account: str = "a", **changes: Any) -> Heartbeat:
    fields: dict[str, Any] = {
        "namespace": "md",
        "account": account,
        "instance": f"{account}-12345",
        "sequence": 7,
        "state": GatewayState.STREAMING,
        "market_data": UP,
        "probe_age_ms": 500,
        "exchanges": {"SHFE": make_exchange()},
    }
    return Heartbeat(**(fields | changes))


def make_exchange(tick_age_ms: int | None = 50, contracts: int = 10, **changes: Any) -> Exchange:
    fields: dict[str, Any] = {
        "session": SessionState.OPEN,
        "tick_age_ms": tick_age_ms,
        "contracts": contracts,
    }
    return Exchange(**(fields | changes))


def make_publication(epoch: int = EPOCH, **changes: Any) -> Publication:
    return Publication(subscription=SUBSCRIPTION, epoch=epoch, **changes)


def make_active(epoch: int = EPOCH) -> Publication:
    return make_publication(epoch, fence=100, fence_epoch=epoch)


def make_account(
    name: str = "a", *, heard_ago: float | None = 0.1, beat: Any = None, **changes: Any
) -> AccountSeen:
    """`beat` changes the heartbeat; `heard_ago=None` means that none ever came."""
    heard = None
    if heard_ago is not None:
        heard = Heard(heartbeat=make_heartbeat(name, **(beat or {})), at=NOW - heard_ago)
    fields: dict[str, Any] = {"name": name, "heard": heard, "pod": PodSeen(name=f"{name}-12345")}
    return AccountSeen(**(fields | changes))


def make_active_account(name: str = "a", **changes: Any) -> AccountSeen:
    beat = {"publications": (make_active(),)} | changes.pop("beat", {})
    return make_account(name, beat=beat, named_in={SUBSCRIPTION: EPOCH}, **changes)


def make_health(
    state: HealthState = HealthState.HEALTHY, reason: AccountReason = AccountReason.STREAMING, **changes: Any
) -> Health:
    fields: dict[str, Any] = {"state": state, "reason": reason, "since": LONG_AGO, "is_probing": True}
    return Health(**(fields | changes))


def unhealthy(reason: AccountReason = AccountReason.FRONT_LOST, **changes: Any) -> Health:
    return make_health(HealthState.UNHEALTHY, reason, **changes)


def stale(*exchanges: str) -> Health:
    return unhealthy(AccountReason.STALE, stale=frozenset(exchanges))


UNKNOWN = make_health(HealthState.UNKNOWN, AccountReason.SILENT_UNCONFIRMED)


def make_candidate(name: str, health: Health | None = None, **changes: Any) -> Candidate:
    build = make_active_account if changes.pop("active", name == "a") else make_account
    return Candidate(build(name, **changes), health or make_health())


def judge(account: AccountSeen, *peers: AccountSeen, before: Health | None = None, **seen: Any) -> Health:
    around = Surroundings(peers=(account, *peers), listening=seen.pop("listening", SURE), **seen)
    return assess(account, around, before, now=NOW)


def pod(**changes: Any) -> PodSeen:
    return PodSeen(name="a-12345", **changes)


def make_subscription(**changes: Any) -> SubscriptionSeen:
    fields: dict[str, Any] = {"name": SUBSCRIPTION, "uid": UID, "accounts": frozenset("abcdef")}
    return SubscriptionSeen(**(fields | changes))


def make_route(named: str | None = "a", candidates: Iterable[str] = ("a", "b", "c"), **changes: Any) -> Route:
    fields: dict[str, Any] = {
        "uid": UID,
        "epoch": EPOCH,
        "named": named,
        "candidates": tuple(candidates),
        "reason": "FirstElection",
        "nonce": "n0",
        "decided_at_ns": 1_767_574_800_000_000_000,
    }
    return Route(**(fields | changes))


def decide(
    *candidates: Candidate,
    subscription: SubscriptionSeen | None = None,
    route: Route | None = None,
    no_route: bool = False,
    since: float = LONG_AGO,
    fence_lost_at: float | None = None,
    now: float = NOW,
) -> Decision:
    """`elect` with the named values; the route's candidates are the given accounts in their order."""
    given = {entry.account.name: entry for entry in candidates}
    known = route or make_route(candidates=given)
    seen = None if no_route else RouteSeen(route=known, since=since, fence_lost_at=fence_lost_at)
    return elect(subscription or make_subscription(), given, seen, now=now)
