"""An operator's memory with a clock that a test moves, and what the watches and NATS bring to it.

It is NOW and WALL; namespace `desk`, accounts ctp-a and ctp-b, subscription `all`. A test says what differs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from mds_operator.adapters.nats.bucket import Entry, Written
from mds_operator.desk import Desk
from mds_operator.manifests.installation import Installation
from mds_operator.office import Office
from mds_operator.routes import KnownRoute
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.feedsubscription import FeedSubscription
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat, Publication
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import DEFAULT

if TYPE_CHECKING:
    from mds_operator.adapters.nats.bucket import Bucket, Outcome
    from mds_protocol.wire.events import AnyEvent

NOW = 10_000.0
WALL = datetime(2027, 1, 5, 2, 0, tzinfo=UTC)
CREATED = "2027-01-05T01:00:00Z"
INSTALLATION = Installation(
    gateway_image="mds.local/gateway:1",
    pull_policy="IfNotPresent",
    default_resources={},
    nats_url="nats://nats:4222",
    nats_credentials_secret=None,
    subject_prefix="mds",
    follow_front_clock=True,
)


@dataclass(slots=True)
class FakeBucket:
    """Holds what a test puts in; answers writes as a test scripted, else as the only writer sees it."""

    entries: dict[str, Entry] = field(default_factory=dict)
    is_complete: bool = True
    answers: deque[Outcome] = field(default_factory=deque)
    leader: deque[Entry | Exception | None] = field(default_factory=deque)
    written: list[tuple[str, bytes, int | None]] = field(default_factory=list)
    deleted: list[tuple[str, int]] = field(default_factory=list)

    async def compare_and_set(self, key: str, value: bytes, revision: int | None) -> Outcome:
        self.written.append((key, value, revision))
        if self.answers:
            return self.answers.popleft()
        self.entries[key] = Entry(value, (revision or 0) + 1)
        return Written((revision or 0) + 1)

    async def read_leader(self, key: str) -> Entry | None:
        found = self.leader.popleft() if self.leader else self.entries.get(key)
        if isinstance(found, Exception):
            raise found
        return found

    async def delete(self, key: str, revision: int) -> Outcome:
        self.deleted.append((key, revision))
        del self.entries[key]
        return Written(revision + 1)

    def as_bucket(self) -> Bucket:
        return cast("Bucket", self)


@dataclass(slots=True, kw_only=True)
class FakeOffice(Office):
    """No way out: what it would send to Kubernetes fails the test."""

    moment: float = NOW
    said: list[AnyEvent] = field(default_factory=list)

    async def tell(self, event: AnyEvent) -> None:
        self.said.append(event)

    def now(self) -> float:
        return self.moment

    def wall(self) -> datetime:
        return WALL + timedelta(seconds=self.moment - NOW)


def make_office(routes: FakeBucket | None = None, settings: FakeBucket | None = None) -> FakeOffice:
    nothing = cast("Any", None)
    return FakeOffice(
        installation=INSTALLATION,
        subjects=DEFAULT,
        kube=nothing,
        events=nothing,
        control=nothing,
        reading=nothing,
        routes=(routes or FakeBucket()).as_bucket(),
        settings=(settings or FakeBucket()).as_bucket(),
    )


@dataclass(slots=True)
class Scene:
    """A desk, and what it asked for."""

    office: FakeOffice = field(default_factory=make_office)
    asked: list[tuple[str, str]] = field(default_factory=list)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk("desk", self.office, lambda kind, name: self.asked.append((kind.KIND.name, name)))

    def pass_time(self, seconds: float) -> None:
        self.office.moment += seconds

    def hear_echo(self) -> None:
        self.desk.on_echo(self.office.now())

    def beat(self, account: str = "ctp-a", **changes: Any) -> bool:
        return self.desk.on_heartbeat(make_beat(account, **changes), self.office.now())


def account_body(name: str = "ctp-a", *, uid: str = "", metadata: Any = None, **spec: Any) -> dict[str, Any]:
    """As the API server gives it. `status` is what it holds."""
    status = spec.pop("status", None)
    ctp = {"brokerID": "9999", "environment": "Test", "marketDataFronts": ["tcp://front:10211"]}
    fields = {"gateway": "CTP", "ctp": ctp, "credentialsSecretRef": {"name": name}}
    return _body("FeedAccount", name, uid, metadata, fields | spec) | ({"status": status} if status else {})


def subscription_body(
    name: str = "all", *, uid: str = "", metadata: Any = None, **spec: Any
) -> dict[str, Any]:
    return _body("FeedSubscription", name, uid, metadata, {"select": [{}]} | spec)


def _body(kind: str, name: str, uid: str, metadata: Any, spec: dict[str, Any]) -> dict[str, Any]:
    own = {
        "name": name,
        "namespace": "desk",
        "uid": uid or f"uid-{name}",
        "generation": 1,
        "resourceVersion": "1",
        "creationTimestamp": CREATED,
    }
    return {
        "apiVersion": "mds.dev/v1alpha1",
        "kind": kind,
        "metadata": own | (metadata or {}),
        "spec": spec,
    }


def pod_body(name: str = "ctp-a-11111", *, owner: str = "", **status: Any) -> dict[str, Any]:
    """A pod of the account before its last '-'."""
    account = name.rsplit("-", 1)[0]
    return {
        "metadata": {
            "name": name,
            "namespace": "desk",
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "creationTimestamp": CREATED,
            "labels": {"mds.dev/account": account},
            "ownerReferences": [
                {
                    "apiVersion": "mds.dev/v1alpha1",
                    "kind": "FeedAccount",
                    "name": account,
                    "controller": True,
                    "uid": owner or f"uid-{account}",
                }
            ],
        },
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running", "containerStatuses": [{"ready": True, "state": {"running": {}}}]}
        | status,
    }


def make_account(name: str = "ctp-a", **spec: Any) -> FeedAccount:
    return FeedAccount.read(account_body(name, **spec))


def make_subscription(name: str = "all", **spec: Any) -> FeedSubscription:
    return FeedSubscription.read(subscription_body(name, **spec))


def make_beat(account: str = "ctp-a", **changes: Any) -> Heartbeat:
    fields: dict[str, Any] = {
        "namespace": "desk",
        "account": account,
        "instance": f"{account}-11111",
        "sequence": 7,
        "state": GatewayState.STREAMING,
        "market_data": Front(connected=True, logged_in=True),
        "probe_age_ms": 500,
    }
    return Heartbeat(**(fields | changes))


def fenced(epoch: int, subscription: str = "all") -> Publication:
    return Publication(subscription=subscription, epoch=epoch, fence=100, fence_epoch=epoch)


def make_route(named: str | None = "ctp-a", epoch: int = 5, **changes: Any) -> Route:
    fields: dict[str, Any] = {
        "uid": "uid-all",
        "epoch": epoch,
        "named": named,
        "candidates": ("ctp-a", "ctp-b"),
        "reason": "FirstElection",
        "nonce": "n0",
        "decided_at_ns": 1_799_110_800_000_000_000,
    }
    return Route(**(fields | changes))


def known(route: Route, revision: int = 3) -> KnownRoute:
    return KnownRoute(route, revision)
