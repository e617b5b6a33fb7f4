"""Moves as a person reads them, whoever decided them and however often the operator began anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mds_operator.domain.history import (
    KEPT,
    History,
    find_detection,
    find_predecessor,
    find_taken,
    name_cause,
    note_fences,
    note_gap,
    note_route,
    recall,
)
from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from tests.unit.failover.builders import (
    NOW,
    SUBSCRIPTION,
    UNKNOWN,
    make_account,
    make_active,
    make_health,
    make_route,
    unhealthy,
)
from tests.unit.operator.subscriptions.builders import WALL

DECIDED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
"""As the routes of the builders say."""


def follow(*routes: tuple[int, str | None], start: History | None = None) -> History:
    """The routes as (epoch, account), seen one after the other."""
    history = start or History()
    for epoch, named in routes:
        history = note_route(history, make_route(named, epoch=epoch, reason="Silent"))
    return history


def tell(history: History) -> list[tuple[int, str | None, str | None]]:
    return [(move.epoch, move.from_account, move.to_account) for move in history.moves]


def test_the_first_account_is_a_record_and_no_failover() -> None:
    history = follow((1, "a"))

    assert tell(history) == [(1, None, "a")]
    assert (history.failovers, history.last_failover) == (0, None)


def test_a_move_between_two_accounts_is_a_failover() -> None:
    history = follow((1, "a"), (2, "b"))

    assert tell(history) == [(2, "a", "b"), (1, None, "a")]
    assert (history.failovers, history.last_failover) == (1, DECIDED)


@pytest.mark.parametrize(
    ("routes", "failovers"),
    [
        pytest.param([(1, "a"), (1, "a")], 0, id="seen twice"),
        pytest.param([(1, "a"), (2, "a")], 0, id="named anew after itself"),
        pytest.param([(1, "a"), (2, None)], 0, id="closed"),
        pytest.param([(1, "a"), (2, None), (3, "b")], 0, id="closed and opened again"),
        pytest.param([(1, "a"), (2, "b"), (1, "a")], 1, id="an old route read late"),
        pytest.param([(1, "a"), (2, "b"), (3, "a")], 2, id="there and back"),
        pytest.param([(1, "a"), (5, "b")], 1, id="moves that nobody saw"),
    ],
)
def test_only_moves_from_one_account_to_another_count(routes: Any, failovers: int) -> None:
    assert follow(*routes).failovers == failovers


def test_a_self_promotion_is_read_from_the_route() -> None:
    promoted = make_route("b", epoch=2, reason=FailoverReason.OPERATOR_GONE)
    move = note_route(follow((1, "a")), promoted).newest

    assert move is not None
    assert (move.from_account, move.to_account, move.reason) == ("a", "b", "OperatorGone")
    assert (move.detected_at, move.decided_at) == (None, DECIDED)


def test_the_last_ten_are_kept_and_all_are_counted() -> None:
    history = follow(*((epoch, "ab"[epoch % 2]) for epoch in range(1, KEPT + 3)))

    assert [move.epoch for move in history.moves] == list(range(KEPT + 2, 2, -1))
    assert history.failovers == KEPT + 1


def test_a_restarted_operator_goes_on_where_the_one_before_ended() -> None:
    before = follow((1, "a"), (2, "b"))
    status = FeedSubscriptionStatus(
        failovers=before.moves, failover_count=before.failovers, last_failover_time=before.last_failover
    )
    recalled = recall(FeedSubscriptionStatus.model_validate_json(status.model_dump_json()))

    assert recalled == before
    assert follow((2, "b"), start=recalled) == before
    assert tell(follow((3, "a"), start=recalled))[0] == (3, "b", "a")
    assert recall(None) == History()


# --- when it was noticed


def test_who_decided_says_when_it_was_noticed_also_after_the_watch_did() -> None:
    seen = follow((1, "a"), (2, "b"))
    route = make_route("b", epoch=2, reason="Silent")
    told = note_route(seen, route, detected_at=DECIDED)

    assert told.newest is not None
    assert told.newest.detected_at == DECIDED
    assert note_route(told, route, detected_at=WALL) is told


@pytest.mark.parametrize(
    ("reason", "health", "ago_s"),
    [
        pytest.param(FailoverReason.SILENT, unhealthy(AccountReason.SILENT, since=NOW - 2), 2.0, id="health"),
        pytest.param(FailoverReason.STALE, unhealthy(AccountReason.STALE, since=NOW - 9), 9.0, id="stale"),
        pytest.param(FailoverReason.PRIORITY_EDITED, make_health(), 0.0, id="an edit"),
        pytest.param(FailoverReason.DRAINING, unhealthy(AccountReason.DRAINING), 0.0, id="a farewell"),
        pytest.param(FailoverReason.SILENT, UNKNOWN, 0.0, id="health unknown"),
        pytest.param(FailoverReason.SILENT, None, 0.0, id="account gone"),
    ],
)
def test_a_fault_is_noticed_when_health_turns_an_edit_when_it_is_seen(
    reason: FailoverReason, health: Any, ago_s: float
) -> None:
    assert find_detection(reason, health, now=NOW, wall=WALL) == WALL - timedelta(seconds=ago_s)


# --- when it was done


@pytest.mark.parametrize(
    ("account", "epoch", "is_done"),
    [
        pytest.param("b", 2, True, id="its fence"),
        pytest.param("b", 1, False, id="its fence of an older epoch"),
        pytest.param("a", 2, False, id="another account's"),
    ],
)
def test_a_move_is_done_when_the_new_account_is_heard_with_its_fence(
    account: str,
    epoch: int,
    is_done: bool,  # noqa: FBT001 - a column
) -> None:
    moving = follow((1, "a"), (2, "b"))
    heard = make_account(account, beat={"publications": (make_active(epoch),)})
    done = note_fences(moving, SUBSCRIPTION, [heard], wall=WALL)

    assert done.newest is not None
    assert done.newest.active_at == (WALL if is_done else None)
    assert note_fences(done, SUBSCRIPTION, [heard], wall=WALL + timedelta(seconds=9)) is done or not is_done


def test_the_gap_is_added_to_its_move() -> None:
    moved = note_gap(follow((1, "a"), (2, "b"), (3, "a")), 2, 640)

    assert [move.gap_ms for move in moved.moves] == [None, 640, None]
    assert note_gap(moved, 99, 1) is moved


# --- what may be told


def take(history: History, account: str, epoch: int) -> History:
    """The account is heard with the fence of that epoch."""
    heard = make_account(account, beat={"publications": (make_active(epoch),)})
    return note_fences(history, SUBSCRIPTION, [heard], wall=WALL)


def test_only_who_was_heard_to_publish_is_told_and_is_a_predecessor() -> None:
    history = take(follow((1, "a")), "a", 1)
    history = follow((2, "b"), (3, "c"), start=history)
    assert [move.epoch for move in find_taken(history, after=0)] == [1]

    history = take(history, "c", 3)
    assert [move.epoch for move in find_taken(history, after=0)] == [1, 3]
    assert [move.epoch for move in find_taken(history, after=1)] == [3]
    assert history.taken_epoch == 3
    assert find_predecessor(history, history.moves[0]) == "a"
    assert find_predecessor(history, history.moves[-1]) is None


@pytest.mark.parametrize(
    ("history", "reason", "cause"),
    [
        pytest.param(History(), "FirstElection", "FirstElection", id="nobody ever was"),
        pytest.param(follow((1, "a")), "FirstElection", "RouteLost", id="somebody was"),
        pytest.param(follow((1, "a")), "Silent", "Silent", id="another cause"),
        pytest.param(History(), "Reopened", "Reopened", id="a namesake"),
    ],
)
def test_where_somebody_was_named_before_there_is_no_first_election(
    history: History, reason: str, cause: str
) -> None:
    assert name_cause(history, FailoverReason(reason)) == cause
