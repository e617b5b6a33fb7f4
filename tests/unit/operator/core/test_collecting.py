"""What objects that are gone leave in NATS: taken away after a minute, if a whole list has come since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_operator.adapters.nats.bucket import Entry, Lost
from mds_operator.collecting import ABSENT_S, LOOK_EVERY_S, Collecting
from mds_operator.subscription_work import SubscriptionWork
from mds_protocol.wire.route import Route
from tests.unit.operator.core.builders import (
    NOW,
    FakeBucket,
    Scene,
    account_body,
    known,
    make_office,
    make_route,
    subscription_body,
)

if TYPE_CHECKING:
    from collections import deque


@dataclass(slots=True)
class Watched:
    """When the namespace was last read whole."""

    complete_at: float = 0.0

    def is_known(self, namespace: str, since: float) -> bool:
        assert namespace == "desk"
        return self.complete_at > since


@dataclass(slots=True)
class Room:
    """Settings of ctp-a and a route of `all`, whose objects are both gone."""

    settings: FakeBucket = field(default_factory=lambda: FakeBucket(entries={"desk.ctp-a": Entry(b"{}", 4)}))
    routes: FakeBucket = field(
        default_factory=lambda: FakeBucket(entries={"desk.all": Entry(make_route().encode(), 3)})
    )
    watched: Watched = field(default_factory=Watched)
    scene: Scene = field(init=False)
    collecting: Collecting = field(init=False)

    def __post_init__(self) -> None:
        self.scene = Scene(make_office(self.routes, self.settings))
        desk = self.scene.desk
        desk.on_route("all", known(make_route()))
        self.collecting = Collecting(
            self.scene.office, {"desk": desk}, cast("Any", self.watched), {"desk": SubscriptionWork(desk)}
        )

    async def look(self, *, after: float, whole: bool = True) -> None:
        """`whole`: a list that was asked for just now came whole."""
        self.scene.pass_time(after)
        if whole:
            self.watched.complete_at = self.scene.office.now()
        await self.collecting.collect()

    @property
    def closed(self) -> bool:
        return Route.decode(self.routes.entries["desk.all"].value).closed


AGES = [
    pytest.param(ABSENT_S - 0.001, True, id="not for a minute yet"),
    pytest.param(ABSENT_S, False, id="for a minute"),
]


@pytest.mark.parametrize(("absent_s", "kept"), AGES)
async def test_what_is_absent_for_a_minute_is_collected(absent_s: float, *, kept: bool) -> None:
    room = Room()
    await room.look(after=0)
    await room.look(after=absent_s)

    assert bool(room.settings.entries) is kept
    assert room.closed is not kept


LISTS = [
    pytest.param(NOW, False, id="the list was asked for as the absence was noticed"),
    pytest.param(NOW + 0.001, True, id="a list was asked for since"),
]


@pytest.mark.parametrize(("complete_at", "collected"), LISTS)
async def test_absence_counts_only_by_a_whole_list_since(complete_at: float, *, collected: bool) -> None:
    room = Room(watched=Watched(complete_at))
    await room.look(after=0, whole=False)
    await room.look(after=10 * ABSENT_S, whole=False)

    assert bool(room.settings.entries) is not collected
    assert room.closed is collected


async def test_a_route_is_closed_and_not_deleted() -> None:
    room = Room()
    await room.look(after=0)
    await room.look(after=ABSENT_S)

    route = Route.decode(room.routes.entries["desk.all"].value)
    assert (route.named, route.epoch, route.closed) == (None, 6, True)


async def test_what_comes_back_in_time_begins_anew() -> None:
    room = Room()
    await room.look(after=0)
    room.scene.desk.take_account(account_body())
    room.scene.desk.take_subscription(subscription_body())
    await room.look(after=ABSENT_S - LOOK_EVERY_S)
    room.scene.desk.drop_account("ctp-a")
    room.scene.desk.drop_subscription("all")
    await room.look(after=LOOK_EVERY_S)
    await room.look(after=ABSENT_S - LOOK_EVERY_S)
    assert room.settings.entries
    assert not room.closed

    await room.look(after=LOOK_EVERY_S)
    assert not room.settings.entries
    assert room.closed


async def test_what_was_collected_and_comes_back_has_its_minute_again() -> None:
    room = Room()
    await room.look(after=0)
    await room.look(after=ABSENT_S)
    room.settings.entries["desk.ctp-a"] = Entry(b"{}", 9)
    await room.look(after=LOOK_EVERY_S)

    assert room.settings.entries


async def test_what_cannot_be_read_is_not_gone() -> None:
    room = Room()
    room.scene.desk.take_account(account_body(priority="high"))
    room.scene.desk.take_subscription(subscription_body(select="all"))
    await room.look(after=0)
    await room.look(after=ABSENT_S)

    assert room.settings.entries
    assert not room.closed


async def test_what_is_of_no_namespace_of_ours_is_left_alone() -> None:
    room = Room(settings=FakeBucket(entries={"elsewhere.ctp-a": Entry(b"{}", 4), "no key": Entry(b"{}", 5)}))
    await room.look(after=0)
    await room.look(after=ABSENT_S)

    assert len(room.settings.entries) == 2


async def test_a_write_that_was_lost_is_not_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    room = Room()
    answers: deque[Any] = room.routes.answers
    answers.append(Lost())
    await room.look(after=0)
    await room.look(after=ABSENT_S)
    assert "route of desk.all is closed" not in caplog.text

    await room.look(after=LOOK_EVERY_S)
    assert "route of desk.all is closed" in caplog.text
