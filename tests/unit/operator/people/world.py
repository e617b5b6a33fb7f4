"""A desk at work, but for Kubernetes and NATS: what a person edits, and what becomes of it.

Subscription `all`, accounts ctp-a (priority 100, publishes in epoch 5) and ctp-b (90); both are healthy.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from mds_operator.account_work import AccountWork
from mds_operator.adapters.nats.bucket import Entry
from mds_operator.domain.acceptance import judge_subscriptions
from mds_operator.domain.claims import ContractTable
from mds_operator.domain.pod_case import Action
from mds_operator.domain.pods import decide_pods
from mds_operator.routes import read_route
from mds_operator.subscription_work import SubscriptionWork
from mds_protocol.resources.feedsubscription import FeedSubscription, FeedSubscriptionStatus
from mds_protocol.wire.heartbeat import Exchange, SessionState
from mds_protocol.wire.subjects import encode_key
from tests.unit.operator.core.builders import (
    FakeBucket,
    Scene,
    account_body,
    fenced,
    make_office,
    make_route,
    pod_body,
    subscription_body,
)
from tests.unit.operator.subscriptions.builders import CONTRACTS, STREAMS, TODAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.adapters.kube.events import News
    from mds_operator.domain.pod_case import PodPlan
    from mds_protocol.resources.conditions import Condition
    from mds_protocol.wire.route import Route

FEED = "all"
PRIORITIES = {"ctp-a": 100, "ctp-b": 90}
TABLES = {"CTP.Test": ContractTable(CONTRACTS, TODAY)}
EXCHANGES = {
    "SHFE": Exchange(session=SessionState.OPEN, tick_age_ms=50, contracts=2),
    "DCE": Exchange(session=SessionState.OPEN, tick_age_ms=50, contracts=1),
}
STEPS = 4
"""More than any edit needs until nothing happens any more."""


@dataclass(slots=True)
class Told:
    """In the place of the API server: takes statuses and Events."""

    statuses: list[dict[str, Any]] = field(default_factory=list)
    events: list[News] = field(default_factory=list)

    async def apply_status(self, plural: str, _kind: str, _key: object, status: dict[str, Any]) -> None:
        if plural == FeedSubscription.KIND.plural:
            self.statuses.append(status)

    async def post_event(self, news: News, **_: Any) -> None:
        self.events.append(news)


class Desk:
    """Everything about one feed; `edit` is what a person applies, `settle` what follows from it."""

    def __init__(self) -> None:
        self.bucket, self.told = FakeBucket(), Told()
        self.bucket.entries[encode_key("desk", FEED)] = Entry(make_route().encode(), 1)
        self.accounts: dict[str, dict[str, Any]] = {
            name: {"priority": priority} for name, priority in PRIORITIES.items()
        }
        self.subscription: dict[str, Any] = {}
        self.dead: set[str] = set()
        """Accounts whose container ended."""
        self.begin()

    def begin(self) -> None:
        """An operator that knows nothing but what stands in Kubernetes and in NATS."""
        office = make_office(routes=self.bucket)
        office.kube = office.events = cast("Any", self.told)
        office.has_judged = True
        self.scene = Scene(office)
        self.desk = self.scene.desk
        self._subscriptions = SubscriptionWork(self.desk)
        self._pods = AccountWork(self.desk)
        self._apply()
        for name in self.accounts:
            self.desk.take_pod(pod_body(f"{name}-11111"))
        self._take_route()
        self._listen()

    @property
    def status(self) -> FeedSubscriptionStatus:
        return FeedSubscriptionStatus.model_validate_json(json.dumps(self.told.statuses[-1]))

    @property
    def pods(self) -> set[str]:
        return {pod.account for pod in self.desk.pods.values()}

    @property
    def route(self) -> Route:
        return self.desk.routes[FEED].route

    def condition(self, kind: str) -> Condition | None:
        return next((entry for entry in self.status.conditions if entry.type == kind), None)

    def say(self, kind: str) -> tuple[str, str]:
        """Status and reason of a condition; `-` where it is absent."""
        found = self.condition(kind)
        return (found.status.value, found.reason) if found else ("-", "-")

    def read(self, kind: str = "Ready") -> str:
        found = self.condition(kind)
        return (found.message or "") if found else ""

    def edit(
        self, subscription: Mapping[str, Any] | None = None, accounts: Mapping[str, Any] | None = None
    ) -> None:
        """At once, and the Events from here on count. What is None is as nobody had set it."""
        self.told.events.clear()
        self.subscription |= subscription or {}
        for name, spec in (accounts or {}).items():
            self.accounts[name] |= spec
        self._apply()

    def delete(self, account: str) -> None:
        """Its pod goes with it."""
        del self.accounts[account]
        self.desk.drop_account(account)
        self.drop_pod(account)
        self._judge_acceptance()

    def mend(self, account: str) -> None:
        """Its container runs again, for long enough to be trusted with the feed."""
        self.dead.discard(account)
        for _ in range(11):
            self._listen()
            self.desk.judge()

    def lose(self, account: str) -> None:
        """Its container ended, and the kubelet says so."""
        self.dead.add(account)
        ended = {"exitCode": 137, "reason": "Error", "finishedAt": "2027-01-05T02:00:01Z"}
        said = {"ready": False, "state": {"running": {}}, "lastState": {"terminated": ended}}
        self.desk.take_pod(pod_body(f"{account}-11111", containerStatuses=[said]))
        self._listen()

    def plan(self, account: str) -> PodPlan:
        case = self._pods.build_case(self.desk.accounts[account])
        return decide_pods(case, now=self.scene.office.now())

    def drop_pod(self, account: str) -> None:
        for name in [pod.name for pod in self.desk.pods.values() if pod.account == account]:
            self.desk.drop_pod(name)

    def forget_routes(self) -> None:
        """An operator that has not read them yet."""
        self.bucket.is_complete = False
        self.desk.on_route(FEED, None)

    async def settle(self) -> None:
        """Until nothing happens any more; pods are looked at first, so none is kept by luck."""
        for _ in range(STEPS):
            self.scene.pass_time(0.1)
            self._beat()
            for name in self.accounts:
                if self.plan(name).action is Action.DELETE:
                    self.drop_pod(name)
            self._subscriptions.carry_out(self.desk.judge())
            await self._finish_writing()
            await self._subscriptions.reconcile(FEED)

    # --- inside

    def _listen(self) -> None:
        """For a second: so long the operator takes to be sure, of itself and of a silence."""
        for _ in range(10):
            self.scene.pass_time(0.1)
            self._beat()

    def _apply(self) -> None:
        spec = {key: value for key, value in self.subscription.items() if value is not None}
        status = {"status": self.told.statuses[-1]} if self.told.statuses else {}
        self.desk.take_subscription(subscription_body(FEED, **spec) | status)
        for name, fields in self.accounts.items():
            self.desk.take_account(account_body(name, **fields))
        self._judge_acceptance()

    def _judge_acceptance(self) -> None:
        self.scene.office.acceptances = judge_subscriptions(
            [entry.subscription for entry in self.desk.subscriptions.values()],
            [entry.account for entry in self.desk.accounts.values()],
            STREAMS,
            TABLES,
        )

    def _beat(self) -> None:
        """Whoever has a pod speaks; whoever is named has stored its fence, and holds none before that."""
        self.scene.hear_echo()
        route = self.route
        for name in self.pods & self.accounts.keys() - self.dead:
            named = (fenced(route.epoch, FEED),) if name == route.named else ()
            self.scene.beat(name, exchanges=EXCHANGES, publications=named)

    async def _finish_writing(self) -> None:
        for _ in range(3):  # nothing that it waits for takes longer here
            await asyncio.sleep(0)
        self._take_route()

    def _take_route(self) -> None:
        self.desk.on_route(FEED, read_route(self.bucket.entries[encode_key("desk", FEED)]))
