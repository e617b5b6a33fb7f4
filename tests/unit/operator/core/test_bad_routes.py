"""What somebody else writes and is no route: the one before it stands on, is said again, and it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_operator.adapters.nats.bucket import Entry
from mds_operator.domain.acceptance import Acceptance
from mds_operator.domain.seen import Key
from mds_operator.routes import KnownRoute, read_route
from mds_operator.subscription_work import SubscriptionWork
from mds_protocol.failover.observed import Listening
from mds_protocol.resources.reasons import SubscriptionReason
from mds_protocol.wire.route import Route
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

if TYPE_CHECKING:
    from mds_operator.adapters.kube.events import News

WITHIN_S = 60.0
FORGED_NS = 2**63 - 1
KEY = "desk.all"
NAMES = ("ctp-a", "ctp-b")
ACCEPTED = Acceptance(
    reason=SubscriptionReason.ACCEPTED,
    message="",
    accounts=frozenset(NAMES),
    market="CTP.Test",
    selection=None,
)


@dataclass(slots=True)
class Events:
    posted: list[News] = field(default_factory=list)

    async def post_event(self, news: News, **_: object) -> None:
        self.posted.append(news)


class Room:
    """Two healthy accounts, ctp-a active in epoch 5, unless `route` says otherwise."""

    def __init__(self, route: Route | None, **subscription: Any) -> None:
        self.bucket, self.events = FakeBucket(), Events()
        self.scene = Scene(make_office(self.bucket))
        self.scene.office.events = cast("Any", self.events)
        self.scene.office.acceptances = {Key("desk", "all"): ACCEPTED}
        self.desk = self.scene.desk
        self.work = SubscriptionWork(self.desk)
        self.desk.take_subscription(subscription_body(**subscription))
        for name in NAMES:
            self.desk.take_account(account_body(name))
            self.desk.take_pod(pod_body(f"{name}-11111"))
            self.scene.beat(name, publications=(fenced(5),) if name == "ctp-a" else ())
        if route is not None:
            self.store(route.encode(), 3)

    def store(self, value: bytes, revision: int) -> None:
        """As somebody else writes it, and the bucket tells."""
        self.bucket.entries[KEY] = Entry(value, revision)
        self.desk.on_route("all", read_route(self.bucket.entries[KEY]))

    def forge(self, revision: int = 4, **changes: Any) -> None:
        self.store(make_route(decided_at_ns=FORGED_NS, **changes).encode(), revision)

    async def judge(self) -> None:
        """One round of the fast loop, and what it writes comes back."""
        now = self.scene.office.now()
        self.desk.listening = Listening(since=now - 100, echo_at=now)
        count = len(self.bucket.written)
        self.work.carry_out(self.desk.judge())
        begun = asyncio.all_tasks() - {asyncio.current_task()}
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*begun)
        if len(self.bucket.written) > count:
            self.desk.on_route("all", read_route(self.bucket.entries[KEY]))

    @property
    def stored(self) -> Route:
        return Route.decode(self.bucket.entries[KEY].value)


async def test_the_route_before_it_is_said_again_at_once() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.forge(named="ctp-b")

    await room.judge()

    assert [revision for _, _, revision in room.bucket.written] == [4]
    assert (room.stored.named, room.stored.epoch) == ("ctp-a", 5)


async def test_a_bad_route_moves_nothing_while_it_stands() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.forge(named="ctp-b", epoch=900)

    assert room.desk.routes["all"].route.named == "ctp-a"
    assert room.desk.judge().decisions["all"].account == "ctp-a"


async def test_the_epoch_goes_above_the_one_that_it_claims() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.forge(named="ctp-b", epoch=900)

    await room.judge()

    assert (room.stored.named, room.stored.epoch) == ("ctp-a", 901)
    assert room.desk.subscriptions["all"].history.failovers == 0


async def test_nothing_more_is_written_once_it_is_gone() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.forge()

    await room.judge()
    await room.judge()

    assert len(room.bucket.written) == 1
    assert room.desk.bad_routes == {}


async def test_a_decision_of_that_moment_is_written_over_it() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.forge(epoch=900)
    room.desk.take_account(account_body("ctp-a", enabled=False))

    await room.judge()

    assert (room.stored.named, room.stored.epoch) == ("ctp-b", 901)


async def test_an_operator_that_never_read_the_route_before_it_elects_above_it() -> None:
    room = Room(None)
    room.forge(epoch=900)

    await room.judge()

    assert (room.stored.named, room.stored.epoch) == ("ctp-a", 901)


async def test_a_paused_subscription_is_not_moved_either() -> None:
    room = Room(make_route("ctp-b", epoch=5, paused=True), paused=True)
    room.forge(named="ctp-a", epoch=6)

    await room.judge()

    assert (room.stored.named, room.stored.epoch, room.stored.paused) == ("ctp-b", 7, True)


async def test_a_route_that_is_unknown_and_paused_is_told_and_left() -> None:
    room = Room(None, paused=True)
    room.forge()

    await room.judge()

    assert room.bucket.written == []
    assert len(room.events.posted) == 1


async def test_each_bad_route_is_told_once_with_what_is_wrong_and_what_to_do() -> None:
    room = Room(make_route("ctp-a", epoch=5), paused=True)
    room.forge(revision=4)
    await room.judge()
    await room.judge()
    room.forge(revision=6)
    await room.judge()

    assert [news.reason for news in room.events.posted] == ["RouteUnreadable"] * 2
    message = room.events.posted[0].message
    for words in ("$.decided_at_ns", "mds-routes", "who else has their NATS login"):
        assert words in message


async def test_a_subscription_that_is_gone_has_its_route_closed_above_it() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.forge(epoch=900)
    room.desk.drop_subscription("all")

    assert await room.work.close_route("all")
    assert (room.stored.closed, room.stored.epoch) == (True, 901)


async def test_a_bad_route_of_one_subscription_leaves_the_others_alone() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.desk.on_route("other", KnownRoute(make_route("ctp-b"), 9))
    room.forge()

    await room.judge()

    assert {key for key, _, _ in room.bucket.written} == {KEY}
    assert room.desk.routes["other"].revision == 9


@pytest.mark.parametrize("value", [b"", b"{", b"null", b"\xff", b'{"v":2}'])
async def test_whatever_is_written_there_is_written_over(value: bytes) -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.store(value, 4)

    await room.judge()

    assert (room.stored.named, room.stored.epoch) == ("ctp-a", 5)
