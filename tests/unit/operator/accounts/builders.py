"""One account on a quiet morning: logged in, streaming, a standby of `futures`. A test says what differs.

It is NOW by the operator's clock and WALL by the world's. Pods are written as the API server gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mds_operator.domain.account_case import AccountCase
from mds_operator.domain.account_status import build_account_status
from mds_operator.domain.observe import find_roles, observe_account
from mds_operator.domain.seen import NodeView, PodView, Problem, SecretData, read_pod
from mds_protocol.failover.health import Health, HealthState, assess_all
from mds_protocol.failover.observed import (
    OPEN_MARKET,
    AccountSeen,
    Heard,
    Listening,
    MarketSeen,
    SubscriptionSeen,
)
from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountStatus, Restarts
from mds_protocol.resources.feedsubscription import FeedSubscription
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat, Publication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.observe import PodLife
    from mds_protocol.failover.restarts import Block, RestartDecision, RestartStep
    from mds_protocol.resources.feedsubscription import LabelSelector

NOW = 10_000.0
WALL = datetime(2027, 1, 4, 1, 0, 0, 500_000, tzinfo=UTC)
CREATED = "2027-01-04T00:55:00Z"
IMAGE = "mds.local/gateway:0123456789ab"
POD = "ctp-a-1f2e3"
NEXT = "ctp-a-9d8c7"
EPOCH = 5
LONG_AGO = NOW - 5_000.0

UP = Front(connected=True, logged_in=True)
SURE = Listening(since=LONG_AGO, echo_at=NOW - 0.1)
DEAF = Listening(since=LONG_AGO, echo_at=NOW - 5.0)
CLOSED = MarketSeen(open=False, opens_in_s=3600.0)

FUTURES = SubscriptionSeen(name="futures", uid="uid-f", accounts=frozenset({"ctp-a", "ctp-b"}))
WAS_HEALTHY = Health(state=HealthState.HEALTHY, reason=AccountReason.STREAMING, since=LONG_AGO)
SECRETS = {
    "userID": b"00123",
    "password": b"hunter2hunter2",
    "appID": b"client_mds_1",
    "authCode": b"A1B2C3D4",
}


def make_account(name: str = "ctp-a", **spec: Any) -> FeedAccount:
    """`ctp` adds to the block of the same name; what else is given replaces the field."""
    ctp = {
        "brokerID": "9999",
        "environment": "Test",
        "tradeFronts": ["tcp://front:10201"],
        "marketDataFronts": ["tcp://front:10211"],
    }
    fields = {
        "gateway": "CTP",
        "ctp": ctp | spec.pop("ctp", {}),
        "credentialsSecretRef": {"name": name},
        "priority": 100,
    }
    metadata = {"name": name, "namespace": "desk", "uid": f"uid-{name}", "generation": 3}
    return FeedAccount.read(
        {
            "apiVersion": "mds.dev/v1alpha1",
            "kind": "FeedAccount",
            "metadata": metadata | {"creationTimestamp": CREATED, "labels": {"desk": "futures"}},
            "spec": fields | spec,
        }
    )


def make_subscription(name: str = "futures", namespace: str = "desk", **spec: Any) -> FeedSubscription:
    return FeedSubscription.read(
        {
            "apiVersion": "mds.dev/v1alpha1",
            "kind": "FeedSubscription",
            "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}"},
            "spec": {"select": [{}]} | spec,
        }
    )


def match_labels(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.match_labels.items())


def make_pod(
    state: dict[str, Any] | None = None,
    *,
    name: str = POD,
    last: dict[str, Any] | None = None,
    restarts: int = 0,
    unschedulable: str | None = None,
    leaving: bool = False,
    env: dict[str, str] | None = None,
    **status: Any,
) -> PodView:
    """A pod of ctp-a; `state` is its container's, running by default; `env` is what it was made with."""
    container = {
        "ready": state is None,
        "restartCount": restarts,
        "state": state or {"running": {"startedAt": CREATED}},
        "lastState": {"terminated": last} if last else {},
    }
    conditions = [{"type": "PodScheduled", "status": "False", "message": unschedulable}]
    metadata = {
        "name": name,
        "namespace": "desk",
        "uid": f"uid-{name}",
        "creationTimestamp": CREATED,
        "labels": {"mds.dev/account": "ctp-a"},
        "ownerReferences": [{"controller": True, "kind": "FeedAccount", "uid": "uid-ctp-a"}],
    }
    return read_pod(
        {
            "metadata": metadata | ({"deletionTimestamp": CREATED} if leaving else {}),
            "spec": {
                "containers": [{"env": [{"name": key, "value": text} for key, text in (env or {}).items()]}],
                **({} if unschedulable else {"nodeName": "node-1"}),
            },
            "status": {
                "phase": "Running",
                "containerStatuses": [] if unschedulable else [container],
                "conditions": conditions if unschedulable else [],
            }
            | status,
        }
    )


def waiting(reason: str, message: str = "") -> PodView:
    return make_pod({"waiting": {"reason": reason, "message": message}}, phase="Pending")


def crashed(code: int, reason: str = "Error") -> PodView:
    """In the pause between two starts."""
    ended = {"exitCode": code, "reason": reason, "finishedAt": CREATED}
    return make_pod({"waiting": {"reason": "CrashLoopBackOff"}}, last=ended, restarts=4)


def make_beat(**changes: Any) -> Heartbeat:
    fields: dict[str, Any] = {
        "namespace": "desk",
        "account": "ctp-a",
        "instance": POD,
        "sequence": 7,
        "state": GatewayState.STREAMING,
        "market_data": UP,
        "trade": UP,
        "trading_day": "20270104",
        "contracts": 5000,
        "subscribed": 600,
        "probe_age_ms": 500,
        "publications": (Publication(subscription="futures", epoch=EPOCH),),
    }
    return Heartbeat(**(fields | changes))


def active_beat(**changes: Any) -> Heartbeat:
    fenced = Publication(subscription="futures", epoch=EPOCH, fence=100, fence_epoch=EPOCH)
    return make_beat(publications=(fenced,), **changes)


def lost_beat(code: int, words: str, **changes: Any) -> Heartbeat:
    """The market-data front is gone."""
    front = Front(connected=False, logged_in=False, error_code=code, error_message=words)
    return make_beat(state=GatewayState.CONNECTING, market_data=front, **changes)


def refused_beat(code: int, words: str, **changes: Any) -> Heartbeat:
    """The market-data login is refused."""
    front = Front(connected=True, logged_in=False, error_code=code, error_message=words)
    blocked = code in (63, 75, 131, 140, 141, 143)
    state = GatewayState.BLOCKED if blocked else GatewayState.LOGGING_IN
    return make_beat(state=state, market_data=front, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the operator has of one account; health is judged by the rules themselves."""

    account: FeedAccount = field(default_factory=make_account)
    pod: PodView | None = field(default_factory=make_pod)
    life: PodLife | None = None
    beat: Heartbeat | None = field(default_factory=make_beat)
    heard_ago: float = 0.1
    state_since: float = LONG_AGO
    pod_seen_at: float = LONG_AGO
    node: NodeView | None = None
    named: bool = False
    leaving: FailoverReason | None = None
    held: bool = False
    listening: Listening = SURE
    peers: tuple[AccountSeen, ...] = ()
    was: Health | None = WAS_HEALTHY
    problem: Problem | None = None
    restarts: Restarts = field(default_factory=Restarts)
    decision: RestartDecision | None = None
    step: RestartStep | None = None
    block: Block | None = None
    market: MarketSeen = OPEN_MARKET
    written_at: datetime | None = None

    def observe(self) -> AccountSeen:
        return observe_account(
            self.account,
            pod=self.pod,
            life=self.life,
            node=self.node,
            heard=Heard(heartbeat=self.beat, at=NOW - self.heard_ago, state_since=self.state_since)
            if self.beat
            else None,
            livez=None,
            named_in={"futures": EPOCH} if self.named else {},
            leaving=self.leaving,
            held=self.held,
        )

    def judge(self) -> AccountCase:
        seen = self.observe()
        before = {seen.name: self.was} if self.was else {}
        health = assess_all([seen, *self.peers], self.listening, {}, before, now=NOW)[seen.name]
        return AccountCase(
            account=self.account,
            seen=seen,
            health=health,
            pod=self.pod,
            pod_seen_at=self.pod_seen_at,
            image=IMAGE,
            problem=self.problem,
            roles=find_roles(seen, health, [FUTURES], can_wake=self.problem is None and self.block is None),
            restarts=self.restarts,
            decision=self.decision,
            step=self.step,
            block=self.block,
            market=self.market,
            secret=SecretData(SECRETS),
            written_at=self.written_at,
        )

    def status(
        self, before: FeedAccountStatus | None = None, *, wall: datetime = WALL, now: float = NOW
    ) -> FeedAccountStatus:
        return build_account_status(self.judge(), before, wall=wall, now=now)

    def but(self, **changes: Any) -> Scene:
        return replace(self, **changes)


def quiet_peer(name: str = "ctp-b", **beat: Any) -> AccountSeen:
    """A hot account that is heard, and hears ctp-a or not."""
    heartbeat = make_beat(account=name, instance=f"{name}-1f2e3", **beat)
    return AccountSeen(name=name, market="CTP.Test", heard=Heard(heartbeat=heartbeat, at=NOW - 0.1))


def observe(**changes: Any) -> AccountSeen:
    fields: dict[str, Any] = {
        "pod": make_pod(),
        "life": None,
        "node": None,
        "heard": Heard(heartbeat=make_beat(), at=NOW),
        "livez": None,
        "named_in": {},
        "leaving": None,
        "held": False,
    }
    account = changes.pop("account", make_account())
    return observe_account(account, **(fields | changes))
