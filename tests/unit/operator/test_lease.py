"""Who leads: the decision as a table, and what is written into the Lease."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.adapters.lease import (
    DURATION_S,
    RENEW_DEADLINE_S,
    LeaseMove,
    LeaseSeen,
    build_lease,
    decide_lease,
    see_lease,
)
from mds_operator.domain.seen import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 100.0
KEY = Key("mds", "mds-operator")
WALL = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def seen(holder: str, *, since: float = NOW) -> LeaseSeen:
    return LeaseSeen(holder, DURATION_S, "7", since)


DECISIONS = [
    pytest.param(seen(""), None, LeaseMove.TAKE, id="nobody holds it"),
    pytest.param(seen("other"), None, LeaseMove.WAIT, id="another holds it"),
    pytest.param(
        seen("other", since=NOW - 5.99), None, LeaseMove.WAIT, id="unchanged, not yet for its duration"
    ),
    pytest.param(seen("other", since=NOW - 6.0), None, LeaseMove.TAKE, id="unchanged for its duration"),
    pytest.param(seen("me"), None, LeaseMove.TAKE, id="taken, but the answer was lost"),
    pytest.param(seen("me"), NOW - 3.99, LeaseMove.RENEW, id="held, before the deadline"),
    pytest.param(seen("me"), NOW - 4.0, LeaseMove.YIELD, id="held, at the deadline"),
    pytest.param(seen("other"), NOW - 1.0, LeaseMove.YIELD, id="held, and taken by another"),
    pytest.param(seen(""), NOW - 1.0, LeaseMove.YIELD, id="held, and emptied by a person"),
]


@pytest.mark.parametrize(("lease", "renewed_at", "move"), DECISIONS)
def test_what_an_elector_does(lease: LeaseSeen, renewed_at: float | None, move: LeaseMove) -> None:
    assert decide_lease("me", lease, renewed_at=renewed_at, now=NOW) is move


def test_a_holder_yields_before_another_takes() -> None:
    assert RENEW_DEADLINE_S < DURATION_S


def found(version: str, holder: str = "other", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": version}, "spec": {"holderIdentity": holder, **spec}}


def test_a_lease_is_as_old_as_we_know_it() -> None:
    first = see_lease(None, found("7", leaseDurationSeconds=15), now=1.0)

    assert first == LeaseSeen("other", 15.0, "7", 1.0)
    assert see_lease(first, found("7", leaseDurationSeconds=15), now=9.0) is first
    assert see_lease(first, found("8", leaseDurationSeconds=15), now=9.0).since == 9.0


def test_times_in_a_lease_do_not_matter() -> None:
    old = found("7", renewTime="1999-01-01T00:00:00.000000Z", leaseDurationSeconds=6)

    assert decide_lease("me", see_lease(None, old, now=NOW), renewed_at=None, now=NOW) is LeaseMove.WAIT


TRANSITIONS = [
    pytest.param(None, "me", 0, id="the first holder"),
    pytest.param({"holderIdentity": "me", "leaseTransitions": 3}, "me", 3, id="a renewal"),
    pytest.param({"holderIdentity": "other", "leaseTransitions": 3}, "me", 4, id="another holder"),
    pytest.param({"holderIdentity": "me", "leaseTransitions": 3}, "", 3, id="a release"),
]


@pytest.mark.parametrize(("before", "holder", "count"), TRANSITIONS)
def test_transitions_are_counted(before: Mapping[str, Any] | None, holder: str, count: int) -> None:
    lease = {"metadata": {"resourceVersion": "7"}, "spec": before} if before else None

    built = build_lease(KEY, lease, holder=holder, duration_s=6, wall=WALL)

    assert built["spec"]["leaseTransitions"] == count
