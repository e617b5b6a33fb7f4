"""Objects, contracts and cases of a quiet morning; a test says only what differs.

Namespace `desk`; accounts a (active, epoch 5) and b, both hot and healthy; contracts of two exchanges.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from mds_operator.domain.acceptance import judge_subscriptions
from mds_operator.domain.claims import ContractTable
from mds_operator.domain.history import History
from mds_operator.domain.subscription_case import SubscriptionCase
from mds_operator.domain.tick_streams import StreamSeen, read_stream
from mds_protocol.failover.election import elect
from mds_protocol.failover.observed import RouteSeen
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.feedsubscription import FeedSubscription
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.streams import TickStream, build_tick_stream
from mds_protocol.wire.subjects import DEFAULT
from tests.unit.failover.builders import (
    LONG_AGO,
    NOW,
    SUBSCRIPTION,
    make_candidate,
    make_exchange,
    make_publication,
    make_route,
    make_subscription,
)

if TYPE_CHECKING:
    from mds_operator.domain.acceptance import Acceptance
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.standing import Candidate
    from mds_protocol.resources.conditions import Condition
    from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus

CHINA = timezone(timedelta(hours=8))
WALL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def china(text: str) -> datetime:
    """`2026-11-23 10:00` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def make_contract(symbol: str, exchange: str = "SHFE", **changes: Any) -> Contract:
    fields: dict[str, Any] = {
        "symbol": symbol,
        "exchange": exchange,
        "product": symbol.rstrip("0123456789"),
        "product_class": ProductClass.FUTURES,
        "multiplier": 10,
        "price_tick": 1.0,
        "expiry": date(2027, 5, 17),
    }
    return Contract(**(fields | changes))


CONTRACTS = (make_contract("rb2705"), make_contract("cu2705"), make_contract("m2705", "DCE"))
TABLES = {"CTP.Production": ContractTable(CONTRACTS, TODAY)}
MD = read_stream(build_tick_stream(TickStream(), DEFAULT))
STREAMS: dict[str, StreamSeen | None] = {"MD": MD}


def make_feed_account(
    name: str = "a", *, namespace: str = "desk", labels: Any = None, **spec: Any
) -> FeedAccount:
    environment = spec.pop("environment", "Production")
    fields: dict[str, Any] = {
        "gateway": "CTP",
        "ctp": {
            "brokerID": "9999",
            "environment": environment,
            "marketDataFronts": ["tcp://front:10211"],
        },
        "credentialsSecretRef": {"name": name},
    }
    return FeedAccount.read(
        {
            "apiVersion": "mds.dev/v1alpha1",
            "kind": "FeedAccount",
            "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels or {}},
            "spec": fields | spec,
        }
    )


def make_feed(
    name: str = SUBSCRIPTION, *, namespace: str = "desk", after_s: int = 0, **spec: Any
) -> FeedSubscription:
    """`after_s`: how long after the others it was created."""
    created = (CREATED + timedelta(seconds=after_s)).isoformat()
    return FeedSubscription.read(
        {
            "apiVersion": "mds.dev/v1alpha1",
            "kind": "FeedSubscription",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-{name}",
                "generation": 3,
                "creationTimestamp": created,
            },
            "spec": {"select": [{}]} | spec,
        }
    )


def judge(
    *feeds: FeedSubscription,
    accounts: Any = None,
    streams: Any = None,
    tables: Any = None,
) -> dict[str, Acceptance]:
    """By the subscriptions' names."""
    found = judge_subscriptions(
        feeds,
        [make_feed_account()] if accounts is None else accounts,
        STREAMS if streams is None else streams,
        TABLES if tables is None else tables,
    )
    return {key.name: acceptance for key, acceptance in found.items()}


def judge_one(**spec: Any) -> Acceptance:
    facts = {name: spec.pop(name) for name in ("accounts", "streams", "tables") if name in spec}
    return judge(make_feed(**spec), **facts)[SUBSCRIPTION]


def see_exchanges(shfe: int = 2, dce: int = 1) -> dict[str, Any]:
    """Part of a heartbeat: how many contracts are subscribed."""
    return {"SHFE": make_exchange(contracts=shfe), "DCE": make_exchange(contracts=dce)}


def active(name: str = "a", health: Any = None, **changes: Any) -> Candidate:
    beat = {"exchanges": see_exchanges()} | changes.pop("beat", {})
    return make_candidate(name, health, active=True, beat=beat, **changes)


def standby(name: str = "b", health: Any = None, **changes: Any) -> Candidate:
    said = {"exchanges": see_exchanges(), "publications": (make_publication(log_reach_ms=15_000),)}
    beat = said | changes.pop("beat", {})
    return make_candidate(name, health, active=False, beat=beat, **changes)


def make_case(*candidates: Candidate, since: float = LONG_AGO, **changes: Any) -> SubscriptionCase:
    """`decision=...` is what `elect` says unless it is given."""
    given = {entry.account.name: entry for entry in candidates or (active(), standby())}
    seen = changes.get("subscription", make_subscription(exchanges=frozenset({"SHFE", "DCE"})))
    route = changes.get("route", make_route(candidates=given))
    fields: dict[str, Any] = {
        "generation": 3,
        "acceptance": judge_one(),
        "subscription": seen,
        "accounts": given,
        "route": route,
        "decision": decide(given, seen, route, since),
        "history": History(),
    }
    return SubscriptionCase(**(fields | changes))


def decide(given: Any, seen: Any, route: Any, since: float = LONG_AGO) -> Decision:
    return elect(seen, given, RouteSeen(route=route, since=since) if route else None, now=NOW)


def find(status: FeedSubscriptionStatus, kind: str) -> Condition:
    return next(entry for entry in status.conditions if entry.type == kind)


def say(condition: Condition) -> tuple[str, str]:
    return condition.status.value, condition.reason
