"""What a reconcile writes where the world changed since it was judged; a list is the API server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_operator.account_work import AccountWork
from mds_operator.domain.seen import SecretData
from mds_protocol.failover.observed import Listening
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.reasons import RestartReason
from mds_protocol.wire.events import HealthChange, decode_event
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.core.builders import Scene, account_body, known, make_route, pod_body

if TYPE_CHECKING:
    from mds_operator.adapters.kube.events import EventPoster, News
    from mds_operator.adapters.kube.objects import Kube
    from mds_operator.domain.seen import Key
    from tests.unit.operator.core.builders import FakeOffice

ENDED = {"exitCode": 0, "reason": "Completed", "finishedAt": "2027-01-05T01:59:00Z"}
KEYS = {"userID": b"00123", "password": b"hunter2"}


@dataclass(slots=True)
class Api:
    written: list[dict[str, Any]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def read_secret(self, key: Key) -> SecretData:
        del key
        return SecretData(KEYS)

    async def apply_pod(self, body: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Scheduled and not running yet."""
        if dry_run:
            return body
        self.made.append(body["metadata"]["name"])
        made = pod_body(self.made[-1], phase="Pending", containerStatuses=[])
        made["metadata"]["annotations"] = body["metadata"]["annotations"]
        return made

    async def delete_pod(self, key: Key, *, uid: str, grace_s: int | None) -> None:
        del key, uid, grace_s

    async def apply_status(self, plural: str, kind: str, key: Key, status: dict[str, Any]) -> None:
        del plural, kind, key
        self.written.append(status)

    async def post_event(self, news: News, **times: Any) -> None:
        del times
        self.told.append(news.reason)


class Room:
    """One account, named by a route, whose pod streams; the operator hears itself."""

    def __init__(self) -> None:
        self.scene, self.api = Scene(), Api()
        self.desk = self.scene.desk
        self.desk.office.kube = cast("Kube", self.api)
        self.desk.office.events = cast("EventPoster", self.api)
        self.work = AccountWork(self.desk)
        self.desk.take_account(account_body())
        self.desk.take_pod(pod_body())
        self.desk.on_route("all", known(make_route()))
        self.scene.pass_time(20)
        self.scene.beat()

    def judge(self) -> None:
        now = self.scene.office.now()
        self.desk.listening = Listening(since=now - 100, echo_at=now)
        self.desk.judge()

    async def reconcile(self) -> dict[str, Any]:
        await self.work.reconcile("ctp-a")
        return self.api.written[-1]


@pytest.fixture
def room() -> Room:
    room = Room()
    room.judge()
    return room


async def end_pod(room: Room) -> None:
    """As `kubectl delete pod` does: told to go, its container ends, it is gone; each is judged."""
    body = pod_body()
    body["metadata"]["deletionTimestamp"] = "2027-01-05T01:58:00Z"
    room.desk.take_pod(body)
    room.scene.beat(state=GatewayState.DRAINING, sequence=8)
    room.judge()
    assert (await room.reconcile())["reason"] == "Restarting"
    body["status"] = {"phase": "Running", "containerStatuses": [{"state": {"terminated": ENDED}}]}
    room.desk.take_pod(body)
    room.scene.pass_time(1)
    room.judge()
    assert (await room.reconcile())["reason"] == "Restarting"
    room.desk.drop_pod("ctp-a-11111")


async def test_a_status_is_written_of_the_pod_that_was_judged(room: Room) -> None:
    await room.reconcile()
    await end_pod(room)
    before = await room.reconcile()  # makes the next pod, which nobody has judged

    assert room.api.made
    assert before["podName"] == "ctp-a-11111"
    room.judge()
    after = await room.reconcile()
    assert (after["podName"], after["reason"]) == (room.api.made[0], "Starting")
    assert set(room.api.told) <= {"Unused", "Restarting", "Starting"}


async def test_a_change_of_health_is_told_once_with_its_reason(room: Room) -> None:
    await room.reconcile()
    lost = Front(connected=False, logged_in=False, error_code=4097)
    for _ in range(2):
        room.scene.pass_time(1)
        room.scene.beat(market_data=lost, state=GatewayState.CONNECTING)
        room.judge()
        await room.reconcile()

    [event] = cast("FakeOffice", room.desk.office).said
    assert isinstance(event, HealthChange)
    assert (event.name, event.before, event.after, event.reason) == (
        "ctp-a",
        "Healthy",
        "Unhealthy",
        "FrontLost",
    )
    assert (event.account, event.instance) == ("ctp-a", "ctp-a-11111")
    assert decode_event(event.encode()) == event


async def test_restarts_are_pods_in_the_place_of_another(room: Room) -> None:
    assert (await room.reconcile())["restarts"]["count"] == 0
    await end_pod(room)
    await room.reconcile()
    room.judge()

    assert (await room.reconcile())["restarts"]["count"] == 1


async def test_a_pod_of_an_account_that_was_disabled_is_no_restart(room: Room) -> None:
    room.desk.take_account(account_body(enabled=False))
    room.desk.drop_pod("ctp-a-11111")
    room.judge()
    assert (await room.reconcile())["phase"] == "Stopped"
    room.desk.take_account(account_body())
    await room.reconcile()
    room.judge()

    assert (await room.reconcile())["restarts"]["count"] == 0
    assert room.api.made


async def test_a_replaced_pod_is_counted_by_its_reason(room: Room) -> None:
    await room.reconcile()
    record = room.desk.accounts["ctp-a"]
    record.decision = RestartDecision(restart=True, reason=RestartReason.UNHEALTHY)

    await room.reconcile()

    assert +record.tally.restarts == {"Unhealthy": 1}
