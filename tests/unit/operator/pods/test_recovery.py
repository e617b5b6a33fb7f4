"""What an operator that begins anew still knows: restarts of the last hour, and the login that is blocked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mds_operator.domain import recovery
from mds_operator.domain.recovery import LoginSeen, read_login, update_block
from mds_protocol.failover.restarts import Block
from mds_protocol.resources.feedaccount import Recovery, Restarts
from mds_protocol.resources.reasons import RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat
from tests.unit.operator.pods.builders import HASH, NOW, WALL, make_account, make_pod

SPEC = Recovery()
UP = Front(connected=True, logged_in=True)


def ago(seconds: float) -> datetime:
    return WALL - timedelta(seconds=seconds)


def refused(code: int | None) -> Front:
    return Front(connected=True, logged_in=False, error_code=code)


def make_heartbeat(**changes: Any) -> Heartbeat:
    fields: dict[str, Any] = {
        "namespace": "desk",
        "account": "ctp-a",
        "instance": "ctp-a-11111",
        "sequence": 1,
        "state": GatewayState.STREAMING,
        "market_data": UP,
    }
    return Heartbeat(**(fields | changes))


def test_restarts_of_the_status_are_recalled_by_this_clock_oldest_first() -> None:
    known = Restarts(recent=(ago(10), ago(500)))

    recalled = recovery.recall(SPEC, known, now=NOW, wall=WALL)

    assert recalled.recent == (NOW - 500, NOW - 10)
    assert (recalled.restart_after_s, recalled.cooldown_s, recalled.max_per_hour) == (30, 60, 6)


def test_a_restart_ahead_of_this_clock_counts_as_now() -> None:
    known = Restarts(recent=(ago(-300),))

    assert recovery.recall(SPEC, known, now=NOW, wall=WALL).recent == (NOW,)


def test_a_restart_for_health_counts_in_the_budget_and_cools_down() -> None:
    noted = recovery.note_restart(Restarts(count=4), RestartReason.UNHEALTHY, SPEC, wall=WALL)

    assert noted.recent == (WALL,)
    assert noted.last_reason == "Unhealthy"
    assert noted.cooldown_until == WALL + timedelta(seconds=60)


@pytest.mark.parametrize(
    "reason", [RestartReason.SCHEDULED, RestartReason.REQUESTED, RestartReason.SPEC_CHANGED]
)
def test_a_planned_restart_is_named_and_costs_no_budget(reason: RestartReason) -> None:
    before = Restarts(count=4, recent=(ago(10),), cooldown_until=ago(-50))

    noted = recovery.note_restart(before, reason, SPEC, wall=WALL)

    assert noted == before.model_copy(update={"last_reason": str(reason)})


def test_the_second_restart_cools_down_twice_as_long() -> None:
    noted = recovery.note_restart(Restarts(recent=(ago(100),)), RestartReason.UNHEALTHY, SPEC, wall=WALL)

    assert noted.recent == (WALL, ago(100))
    assert noted.cooldown_until == WALL + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("looks", "count", "of_the_pod"),
    [
        pytest.param([("a", 0)], 0, 0, id="runs for the first time"),
        pytest.param([("a", 0), ("a", 1), ("a", 1)], 1, 1, id="started again, seen twice"),
        pytest.param([("a", 1), ("b", 0), ("b", 2)], 3, 2, id="in two pods"),
        pytest.param([("a", 2), ("a", 0), ("a", 2)], 2, 2, id="its status was empty for a moment"),
    ],
)
def test_what_the_kubelet_starts_again_is_counted_once(
    looks: list[tuple[str, int]], count: int, of_the_pod: int
) -> None:
    restarts, counted_pod = Restarts(), None
    for name, number in looks:
        restarts = recovery.note_containers(restarts, make_pod(name, restarts=number), counted_pod)
        counted_pod = name

    assert (restarts.count, restarts.pod_restarts) == (count, of_the_pod)


def test_an_operator_that_begins_counts_on_from_the_status() -> None:
    noted = recovery.note_containers(Restarts(), make_pod(restarts=2), None)
    read = recovery.read_restarts(make_account(status={"restarts": recovery.note_successor(noted).dump()}))

    assert recovery.note_containers(read, make_pod(restarts=3), make_pod().name).count == 4


@pytest.mark.parametrize(
    ("age", "recent", "cools"),
    [
        pytest.param(59, 1, True, id="cools-down"),
        pytest.param(60, 1, False, id="has-cooled-down"),
        pytest.param(3599, 1, False, id="within-the-hour"),
        pytest.param(3600, 0, False, id="an-hour-ago"),
    ],
)
def test_what_is_over_is_forgotten(age: float, recent: int, *, cools: bool) -> None:
    known = Restarts(count=1, recent=(ago(age),), cooldown_until=ago(age - 60))

    fresh = recovery.refresh(known, SPEC, wall=WALL)

    assert (len(fresh.recent), fresh.cooldown_until is not None) == (recent, cools)
    assert fresh.count == 1


def test_status_holds_no_more_restarts_than_it_may() -> None:
    known = Restarts(recent=tuple(ago(n) for n in range(1, 61)))

    noted = recovery.note_restart(known, RestartReason.UNHEALTHY, SPEC, wall=WALL)

    assert len(noted.recent) == 60
    assert noted.recent[0] == WALL


def test_what_was_noted_survives_a_restart_of_the_operator() -> None:
    noted = recovery.note_restart(Restarts(), RestartReason.UNHEALTHY, SPEC, wall=WALL)
    noted = recovery.note_answer(noted, "2027-01-05T00:30:00Z")

    read = recovery.read_restarts(make_account(status={"restarts": noted.dump()}))

    assert read == noted
    assert recovery.recall(SPEC, read, now=5.0, wall=WALL).recent == (5.0,)


def test_an_account_without_status_was_never_restarted() -> None:
    assert recovery.read_restarts(make_account()) == Restarts()
    assert recovery.note_answer(Restarts(answered="x"), None).answered == "x"


# --- the blocked login


@pytest.mark.parametrize(
    ("changes", "blocked", "logged_in"),
    [
        pytest.param({}, None, True, id="logged-in"),
        pytest.param({"market_data": refused(75)}, 75, False, id="market-data-refused"),
        pytest.param({"market_data": refused(7)}, None, False, id="a-retry-may-help"),
        pytest.param({"market_data": refused(None)}, None, False, id="not-yet"),
        pytest.param({"trade": refused(63)}, 63, False, id="trade-refused-while-ticks-come"),
        pytest.param({"trade": UP}, None, True, id="both"),
        pytest.param({"trade": refused(3)}, None, False, id="trade-refused-and-tried-again"),
        pytest.param(
            {"trade": Front(connected=True, logged_in=False, error_code=3, gave_up=True)},
            3,
            False,
            id="trade-refused-often-enough-while-ticks-come",
        ),
        pytest.param(
            {"state": GatewayState.BLOCKED, "market_data": refused(999)},
            999,
            False,
            id="it-says-so-with-a-code",
        ),
        pytest.param(
            {"state": GatewayState.BLOCKED, "market_data": refused(None)}, 0, False, id="it-says-so"
        ),
        pytest.param(
            {"market_data": Front(connected=True, logged_in=True, error_code=75)},
            None,
            True,
            id="an-old-code",
        ),
    ],
)
def test_a_gateway_tells_whether_its_login_is_blocked(
    changes: dict[str, Any], blocked: int | None, *, logged_in: bool
) -> None:
    seen = read_login(HASH, make_heartbeat(**changes))

    assert seen == LoginSeen(login=HASH.login, blocked=blocked, logged_in=logged_in)


BLOCK = Block(75, "old")
SAYS_BLOCKED = LoginSeen(login="old", blocked=75)
QUIET = LoginSeen(login="old")
WELL = LoginSeen(login="old", logged_in=True)


@pytest.mark.parametrize(
    ("before", "seen", "wanted", "after"),
    [
        pytest.param(None, SAYS_BLOCKED, "old", BLOCK, id="begins"),
        pytest.param(None, SAYS_BLOCKED, "new", BLOCK, id="begins-with-what-the-pod-was-made-with"),
        pytest.param(BLOCK, None, "old", BLOCK, id="outlives-the-pod"),
        pytest.param(BLOCK, QUIET, "old", BLOCK, id="outlives-a-container"),
        pytest.param(BLOCK, None, None, BLOCK, id="outlives-an-unreadable-secret"),
        pytest.param(BLOCK, None, "new", None, id="ends-with-another-login"),
        pytest.param(BLOCK, WELL, "old", None, id="ends-with-a-login-that-is-taken"),
        pytest.param(None, QUIET, "old", None, id="none"),
    ],
)
def test_a_block_lasts_until_the_login_is_another(
    before: Block | None, seen: LoginSeen | None, wanted: str | None, after: Block | None
) -> None:
    assert update_block(before, seen, wanted) == after


def test_a_block_survives_in_status() -> None:
    noted = recovery.note_block(Restarts(count=2), Block(75, HASH.login))

    read = recovery.read_restarts(make_account(status={"restarts": noted.dump()}))

    assert recovery.read_block(read) == Block(75, HASH.login)
    assert recovery.read_block(recovery.note_block(read, None)) is None
    assert read.count == 2


@pytest.mark.parametrize("text", [None, "", "75", "75 xyz", "x 0123456789ab", "75 0123456789ab more"])
def test_what_is_no_block_blocks_nothing(text: str | None) -> None:
    assert recovery.read_block(Restarts(block=text)) is None
