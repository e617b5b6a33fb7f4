"""Fencing: what a gateway may do for a subscription, whatever it believes about the route."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.failover.fencing import (
    Fence,
    WriterAction,
    WriterSeen,
    decide_writing,
    may_fence,
    note_leaving,
    note_resuming,
    resolve_fence,
)
from mds_protocol.resources.reasons import WriterReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import EPOCH, NOW, make_route


def make_fence(epoch: int = EPOCH, account: str = "a", nonce: str = "f1", sequence: int = 100) -> Fence:
    return Fence(epoch, account, nonce, sequence)


OWN = make_fence()


def make_writer(**changes: Any) -> WriterSeen:
    """A, active in epoch 5."""
    fields: dict[str, Any] = {
        "account": "a",
        "route": make_route("a"),
        "route_read_at": NOW - 0.5,
        "stored": OWN,
        "own": OWN,
    }
    return WriterSeen(**(fields | changes))


def answer(**changes: Any) -> tuple[WriterAction, WriterReason]:
    decision = decide_writing(make_writer(**changes), now=NOW)
    return decision.action, decision.reason


LOST = {"route": make_route("b", epoch=6)}
HEIR = {"own": None, "is_replaceable": True}
"""A new process, which finds the fence of the one before it, and another account that could go on."""


@pytest.mark.parametrize(
    ("writer", "action", "reason"),
    [
        pytest.param({}, WriterAction.PUBLISH, WriterReason.FENCED, id="active"),
        pytest.param(
            {"route": make_route("a", paused=True)},
            WriterAction.PUBLISH,
            WriterReason.FENCED,
            id="paused-publishes-on",
        ),
        pytest.param(
            {"route": make_route("b", epoch=4)},
            WriterAction.PUBLISH,
            WriterReason.FENCED,
            id="an-old-read-takes-nothing",
        ),
        pytest.param(
            {"route": None}, WriterAction.PUBLISH, WriterReason.FENCED, id="a-lost-bucket-takes-nothing"
        ),
        pytest.param(LOST, WriterAction.PUBLISH, WriterReason.LEAVING, id="route-lost-just-now"),
        pytest.param(
            LOST | {"leaving_since": NOW - 2.9},
            WriterAction.PUBLISH,
            WriterReason.LEAVING,
            id="lost-under-3-s-ago",
        ),
        pytest.param(
            LOST | {"leaving_since": NOW - 3.0}, WriterAction.STOP, WriterReason.LEFT, id="lost-3-s-ago"
        ),
        pytest.param({"is_stopping": True}, WriterAction.PUBLISH, WriterReason.LEAVING, id="sigterm"),
        pytest.param(
            {"is_stopping": True, "leaving_since": NOW - 3.0},
            WriterAction.STOP,
            WriterReason.LEFT,
            id="sigterm-3-s-ago",
        ),
        pytest.param(
            {"route": make_route(None, epoch=6, closed=True)},
            WriterAction.STOP,
            WriterReason.CLOSED,
            id="closed",
        ),
        pytest.param(
            {"route": make_route("a", epoch=7)},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="named-anew-later",
        ),
        pytest.param({"refused_at": NOW - 0.1}, WriterAction.READ_ROUTE, WriterReason.REFUSED, id="refused"),
        pytest.param(
            {"refused_at": NOW - 0.5},
            WriterAction.READ_ROUTE,
            WriterReason.REFUSED,
            id="refused-as-it-was-read",
        ),
        pytest.param(
            {"refused_at": NOW - 0.6, "stored": None},
            WriterAction.WRITE_FENCE,
            WriterReason.FENCE_GONE,
            id="refused-but-still-named",
        ),
        pytest.param(
            LOST | {"refused_at": NOW - 0.6},
            WriterAction.STOP,
            WriterReason.NOT_NAMED,
            id="refused-and-route-lost",
        ),
        pytest.param(
            {"refused_at": NOW - 0.6, "stored": make_fence(epoch=6, account="b", sequence=200)},
            WriterAction.READ_ROUTE,
            WriterReason.ROUTE_OLD,
            id="refused-by-an-epoch-that-the-route-does-not-show-yet",
        ),
        pytest.param(
            {"refused_at": NOW - 0.6, "stored": make_fence(nonce="f2", sequence=200)},
            WriterAction.STOP,
            WriterReason.SUPERSEDED,
            id="a-newer-process-of-this-account",
        ),
        pytest.param(
            {"refused_at": NOW - 0.6, "is_stopping": True},
            WriterAction.STOP,
            WriterReason.NOT_NAMED,
            id="refused-at-the-end",
        ),
        pytest.param({"own": None}, WriterAction.WRITE_FENCE, WriterReason.NAMED, id="named-without-a-fence"),
        pytest.param(HEIR, WriterAction.STAND_BY, WriterReason.RESUMING, id="heir-of-a-process-before"),
        pytest.param(
            HEIR | {"resuming_since": NOW - 3.9},
            WriterAction.STAND_BY,
            WriterReason.RESUMING,
            id="heir-for-under-4-s",
        ),
        pytest.param(
            HEIR | {"resuming_since": NOW - 4.0},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="heir-that-nobody-relieved-in-4-s",
        ),
        pytest.param(
            HEIR | {"is_replaceable": False},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="heir-without-relief",
        ),
        pytest.param(
            HEIR | {"has_claimed": True},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="the-same-process-after-a-cut",
        ),
        pytest.param(
            HEIR | {"stored": make_fence(epoch=4)},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="named-in-an-epoch-that-nobody-published",
        ),
        pytest.param(
            HEIR | {"stored": None}, WriterAction.WRITE_FENCE, WriterReason.NAMED, id="the-stream-is-empty"
        ),
        pytest.param(
            HEIR | {"route": make_route("a", paused=True)},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="heir-of-a-paused-feed-that-cannot-move",
        ),
        pytest.param(
            HEIR | {"route": make_route("a", mode=Mode.MANUAL)},
            WriterAction.WRITE_FENCE,
            WriterReason.NAMED,
            id="heir-of-a-feed-that-only-a-person-moves",
        ),
        pytest.param(HEIR | LOST, WriterAction.STAND_BY, WriterReason.NOT_NAMED, id="heir-that-was-relieved"),
        pytest.param({"own": None} | LOST, WriterAction.STAND_BY, WriterReason.NOT_NAMED, id="standby"),
        pytest.param(
            {"own": None, "is_stopping": True},
            WriterAction.STAND_BY,
            WriterReason.NOT_NAMED,
            id="a-stopping-one-takes-nothing",
        ),
        pytest.param(
            {"own": None, "route": make_route(None, closed=True)},
            WriterAction.STAND_BY,
            WriterReason.CLOSED,
            id="closed-standby",
        ),
        pytest.param(
            {"own": None, "stored": make_fence(epoch=6, account="b")},
            WriterAction.READ_ROUTE,
            WriterReason.ROUTE_OLD,
            id="named-by-a-route-that-is-overtaken",
        ),
    ],
)
def test_a_writer_may(writer: dict[str, Any], action: WriterAction, reason: WriterReason) -> None:
    assert answer(**writer) == (action, reason)


@pytest.mark.parametrize(("stored", "over"), [(None, 0), (make_fence(epoch=4, account="b", sequence=90), 90)])
def test_a_fence_is_written_over_the_stored_one(stored: Fence | None, over: int) -> None:
    assert decide_writing(make_writer(own=None, stored=stored), now=NOW).over == over


@pytest.mark.parametrize(
    ("route", "stored", "allowed"),
    [
        pytest.param(make_route("a"), None, True, id="the-first"),
        pytest.param(make_route("a"), make_fence(4, "b"), True, id="over-an-older-epoch"),
        pytest.param(make_route("a"), make_fence(5, "a"), True, id="over-its-own"),
        pytest.param(make_route("a"), make_fence(5, "b"), False, id="not-over-another-of-the-same-epoch"),
        pytest.param(make_route("a"), make_fence(6, "b"), False, id="not-over-a-later-epoch"),
        pytest.param(make_route("b"), make_fence(4, "b"), False, id="not-for-another"),
        pytest.param(make_route("a", closed=True), None, False, id="not-on-a-closed-route"),
        pytest.param(None, None, False, id="not-without-a-route"),
    ],
)
def test_an_account_may_store_a_fence(route: Any, stored: Fence | None, *, allowed: bool) -> None:
    assert may_fence("a", route, stored) is allowed


@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        pytest.param({}, None, id="not-leaving"),
        pytest.param(LOST, NOW, id="begins-now"),
        pytest.param(LOST | {"leaving_since": NOW - 1.0}, NOW - 1.0, id="goes-on"),
        pytest.param({"leaving_since": NOW - 1.0}, None, id="ends-when-the-route-is-its-own-again"),
        pytest.param(LOST | {"own": None, "leaving_since": NOW - 1.0}, None, id="a-standby-leaves-nothing"),
    ],
)
def test_the_time_of_leaving_is_noted_once(writer: dict[str, Any], expected: float | None) -> None:
    assert note_leaving(make_writer(**writer), now=NOW) == expected


@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        pytest.param({}, None, id="publishes"),
        pytest.param(HEIR, NOW, id="begins-now"),
        pytest.param(HEIR | {"resuming_since": NOW - 1.0}, NOW - 1.0, id="goes-on"),
        pytest.param(HEIR | LOST | {"resuming_since": NOW - 1.0}, None, id="ends-when-it-is-relieved"),
    ],
)
def test_the_time_of_resuming_is_noted_once(writer: dict[str, Any], expected: float | None) -> None:
    assert note_resuming(make_writer(**writer), now=NOW) == expected


def test_a_fence_write_without_an_answer_is_resolved_by_its_nonce() -> None:
    assert resolve_fence("f1", OWN) == OWN
    assert resolve_fence("f2", OWN) is None
    assert resolve_fence("f1", None) is None
