"""Routes: what may follow what, and what a compare-and-set without an answer came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.routing import (
    Stamp,
    Written,
    close,
    fenced_epoch,
    is_legal,
    next_route,
    promote,
    resolve,
)
from mds_protocol.resources.reasons import FailoverReason
from tests.unit.failover.builders import (
    EPOCH,
    SUBSCRIPTION,
    UID,
    decide,
    make_account,
    make_active_account,
    make_candidate,
    make_route,
    make_subscription,
    unhealthy,
)

if TYPE_CHECKING:
    from mds_protocol.wire.route import Route

STAMP = Stamp(nonce="n1", decided_at_ns=1_767_578_400_000_000_000)
A, B = make_candidate("a"), make_candidate("b")
BAD_A = make_candidate("a", unhealthy())


def test_a_move_names_the_account_in_the_next_epoch() -> None:
    route = make_route(candidates="ab")
    after = next_route(decide(BAD_A, B, route=route), route, UID, STAMP)

    assert after is not None
    assert (after.named, after.epoch, after.reason, after.nonce) == (
        "b",
        EPOCH + 1,
        FailoverReason.FRONT_LOST,
        "n1",
    )


def test_an_amendment_keeps_account_epoch_and_reason() -> None:
    route = make_route(candidates="ab", paused=True)
    after = next_route(decide(A, B, route=route), route, UID, STAMP)

    assert after is not None
    assert (after.named, after.epoch, after.reason, after.paused) == ("a", EPOCH, "FirstElection", False)


def test_staying_writes_nothing() -> None:
    route = make_route(candidates="ab")

    assert next_route(decide(A, B, route=route), route, UID, STAMP) is None


def test_the_first_route_has_epoch_one() -> None:
    after = next_route(decide(A, B, no_route=True), None, UID, STAMP)

    assert after is not None
    assert (after.epoch, after.candidates) == (1, ("a", "b"))


def test_after_a_lost_bucket_the_epoch_is_above_every_stored_fence() -> None:
    accounts = [make_active_account("a"), make_account("b")]
    decision = decide(A, B, no_route=True)
    after = next_route(decision, None, UID, STAMP, least_epoch=fenced_epoch(SUBSCRIPTION, accounts))

    assert after is not None
    assert after.epoch == EPOCH + 1


def test_closing_names_nobody_in_the_next_epoch_once() -> None:
    closed = close(make_route(), STAMP)

    assert closed is not None
    assert (closed.named, closed.epoch, closed.closed) == (None, EPOCH + 1, True)
    assert close(closed, STAMP) is None


def test_reopening_without_anybody_healthy_takes_the_namesakes_account_away() -> None:
    route = make_route(uid="uid-0")
    after = next_route(decide(BAD_A, route=route), route, UID, STAMP)

    assert after is not None
    assert (after.named, after.epoch, after.uid) == (None, EPOCH + 1, UID)


def test_reopening_a_closed_route_goes_on_counting() -> None:
    route = close(make_route(), STAMP)
    after = next_route(decide(A, B, route=route), route, UID, STAMP)

    assert after is not None
    assert (after.named, after.epoch, after.closed) == ("a", EPOCH + 2, False)


@pytest.mark.parametrize(
    ("before", "after", "legal"),
    [
        pytest.param(None, make_route(epoch=1), True, id="first"),
        pytest.param(None, make_route(epoch=0), False, id="epoch-zero"),
        pytest.param(make_route(), make_route("b", epoch=6), True, id="move"),
        pytest.param(make_route(), make_route("b"), False, id="move-within-an-epoch"),
        pytest.param(make_route(), make_route(paused=True), True, id="amend"),
        pytest.param(make_route(), make_route(epoch=4), False, id="epoch-goes-back"),
        pytest.param(make_route(), make_route(None, epoch=6, closed=True), True, id="close"),
        pytest.param(make_route(), make_route("a", epoch=6, closed=True), False, id="closed-but-named"),
        pytest.param(make_route(), make_route(closed=True), False, id="closed-within-an-epoch"),
    ],
)
def test_one_route_may_follow_another(before: Route | None, after: Route, *, legal: bool) -> None:
    assert is_legal(before, after) is legal


def test_promotion_is_a_legal_move() -> None:
    after = promote(make_route(), "b", STAMP)

    assert is_legal(make_route(), after)
    assert (after.named, after.reason) == ("b", FailoverReason.OPERATOR_GONE)


@pytest.mark.parametrize(
    ("before", "read", "expected"),
    [
        pytest.param("n0", "n1", Written.MINE, id="my-nonce-stands"),
        pytest.param("n0", "n0", Written.NOT_YET, id="the-old-value-stands"),
        pytest.param("n0", "n2", Written.LOST, id="another-nonce-stands"),
        pytest.param(None, None, Written.NOT_YET, id="still-nothing"),
        pytest.param(None, "n2", Written.LOST, id="another-was-first"),
        pytest.param("n0", None, Written.LOST, id="the-entry-vanished"),
    ],
)
def test_a_write_without_an_answer_is_resolved_by_its_nonce(
    before: str | None, read: str | None, expected: Written
) -> None:
    def route(nonce: str | None) -> Any:
        return None if nonce is None else make_route(nonce=nonce)

    assert resolve("n1", route(before), route(read)) is expected


def test_a_paused_subscription_that_is_made_anew_stays_unnamed() -> None:
    route = make_route(None, epoch=6, closed=True)
    decision = decide(A, subscription=make_subscription(paused=True), route=route)
    after = next_route(decision, route, UID, STAMP)

    assert after is not None
    assert (after.named, after.closed, after.paused, after.epoch) == (None, False, True, 6)
