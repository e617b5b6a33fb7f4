"""What the history says of a move that the operator decided itself."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

from mds_protocol.wire.heartbeat import Exchange, SessionState
from tests.unit.operator.core.builders import FakeOffice, account_body, fenced, make_route
from tests.unit.operator.core.test_bad_routes import Room

if TYPE_CHECKING:
    from datetime import datetime

    import pytest


async def test_a_move_is_noticed_before_it_is_decided_however_slow_the_machine_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room(make_route("ctp-a", epoch=5))
    room.desk.take_account(account_body("ctp-b", priority=200))
    begun, looks = room.scene.office.wall(), itertools.count()

    def wall(_: FakeOffice) -> datetime:
        """Each look takes 11 ms."""
        return begun + timedelta(milliseconds=11 * next(looks))

    monkeypatch.setattr(FakeOffice, "wall", wall)
    await room.judge()

    move = room.desk.subscriptions["all"].history.newest
    assert move is not None
    assert move.to_account == "ctp-b"
    assert move.detected_at is not None
    assert move.decided_at is not None
    assert move.detected_at <= move.decided_at


async def test_the_steps_of_a_move_are_measured_by_who_decides_it() -> None:
    room = Room(make_route("ctp-a", epoch=5))
    trading = {"SHFE": Exchange(session=SessionState.OPEN)}
    room.scene.beat("ctp-a", publications=(fenced(5),), exchanges=trading)
    await room.judge()
    room.desk.take_account(account_body("ctp-b", priority=200))
    await room.judge()

    assert sum(room.desk.steps.decision.counts) == 1
    assert sum(room.desk.steps.detection.counts) == 0, "a person's edit is no failure"
    assert room.desk.subscriptions["all"].tally.failovers["PriorityEdited"] == 1
