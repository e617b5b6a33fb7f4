"""A desk of two accounts on a quiet morning, and what is planned for their pods."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mds_operator.account_work import AccountWork
from mds_operator.domain.acceptance import Acceptance
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.seen import Key
from mds_operator.planning import plan
from mds_protocol.failover.observed import Listening
from mds_protocol.resources.reasons import RestartReason, SubscriptionReason
from mds_protocol.wire.heartbeat import Front
from tests.unit.operator.core.builders import (
    Scene,
    account_body,
    fenced,
    known,
    make_route,
    pod_body,
    subscription_body,
)

NAMES = ("ctp-a", "ctp-b")
HASH = PodHash(spec="a" * 12, secrets="b" * 12, login="c" * 12)
ASKED = {"annotations": {"mds.dev/restartedAt": "2027-01-05T01:59:00Z"}}
ACCEPTED = Acceptance(
    reason=SubscriptionReason.ACCEPTED,
    message="",
    accounts=frozenset(NAMES),
    market="CTP.Test",
    selection=None,
)
DOWN = Front(connected=False, logged_in=False)


class Room:
    """Both accounts healthy, with old pods; ctp-a is active. `asked` are to be restarted."""

    def __init__(self, *asked: str) -> None:
        self.scene = Scene()
        self.desk = self.scene.desk
        self.work = AccountWork(self.desk)
        self.scene.office.acceptances = {Key("desk", "all"): ACCEPTED}
        self.desk.take_subscription(subscription_body())
        for name in NAMES:
            self.desk.take_account(account_body(name, metadata=ASKED if name in asked else None))
            self.take_pod(f"{name}-11111")
            self.desk.accounts[name].making = HASH
        self.desk.on_route("all", known(make_route()))
        self.beat()

    def take_pod(self, name: str, age: timedelta = timedelta(hours=1)) -> None:
        body = pod_body(name)
        body["metadata"]["creationTimestamp"] = (self.scene.office.wall() - age).isoformat()
        body["metadata"]["annotations"] = {"mds.dev/pod-hash": str(HASH)}
        self.desk.take_pod(body)

    def replace(self, account: str) -> None:
        """Its pod was told to go."""
        pod = self.desk.pod_of(account)
        assert pod is not None
        self.desk.note_replaced(pod)

    def beat(self, **changes: Any) -> None:
        """Both speak; what differs is said by ctp-b."""
        self.scene.beat("ctp-a", publications=(fenced(5),))
        self.scene.beat("ctp-b", **changes)

    def plan(self) -> dict[str, tuple[bool, RestartReason] | None]:
        now = self.scene.office.now()
        self.desk.listening = Listening(since=now - 100, echo_at=now)
        self.desk.judge()
        self.scene.asked.clear()
        plan(self.desk, self.work)
        steps = {name: record.step for name, record in self.desk.accounts.items()}
        return {name: (step.restart, step.reason) if step else None for name, step in steps.items()}
