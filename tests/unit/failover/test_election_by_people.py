"""Election: what a person edits moves the feed, and what a person holds does not move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.election import Action
from mds_protocol.failover.order import choose_pin
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    NOW,
    UNKNOWN,
    decide,
    make_candidate,
    make_health,
    make_route,
    make_subscription,
    unhealthy,
)
from tests.unit.failover.candidates import BAD_A, BAD_B, NIGHT, SILENT_PROBE, A, B, C, moved

if TYPE_CHECKING:
    from mds_protocol.failover.standing import Candidate

# --- planned -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        pytest.param({"enabled": False}, FailoverReason.ACCOUNT_DISABLED, id="disabled"),
        pytest.param({"priority": 0}, FailoverReason.PRIORITY_ZERO, id="priority-0"),
        pytest.param(
            {"leaving": FailoverReason.PLANNED_RESTART}, FailoverReason.PLANNED_RESTART, id="restart"
        ),
        pytest.param({"leaving": FailoverReason.DRILL}, FailoverReason.DRILL, id="drill"),
    ],
)
def test_an_account_that_has_to_go_is_replaced_also_at_night_and_without_a_probe(
    named: dict[str, Any], reason: FailoverReason
) -> None:
    going = make_candidate("a", **named)
    night = make_subscription(market=NIGHT)

    assert moved(going, make_candidate("b", SILENT_PROBE), subscription=night) == ("b", reason)
    assert moved(going, make_candidate("b", SILENT_PROBE), C, subscription=night) == ("c", reason)
    assert moved(going, BAD_B, subscription=night) == (None, FailoverReason.NOBODY_AVAILABLE)


def test_a_deleted_account_is_replaced() -> None:
    assert moved(B, C, route=make_route("a")) == ("b", FailoverReason.ACCOUNT_DELETED)


def test_an_account_that_the_selector_left_is_replaced() -> None:
    assert moved(A, B, subscription=make_subscription(accounts=frozenset("bc"))) == (
        "b",
        FailoverReason.ACCOUNT_DELETED,
    )


@pytest.mark.parametrize(
    ("health", "to", "reason"),
    [
        pytest.param(make_health(since=NOW), "b", FailoverReason.PRIORITY_EDITED, id="healthy-just-now"),
        pytest.param(SILENT_PROBE, None, FailoverReason.NOBODY_PROBING, id="probe-fails"),
        pytest.param(unhealthy(), None, FailoverReason.IN_ORDER, id="unhealthy"),
        pytest.param(UNKNOWN, None, FailoverReason.IN_ORDER, id="unknown"),
    ],
)
def test_an_edited_priority_moves_at_once(health: Any, to: str | None, reason: FailoverReason) -> None:
    raised = make_candidate("b", health, priority=101)

    assert moved(A, raised, route=make_route(candidates="ab")) == (to, reason)


def test_an_edit_waits_for_its_account_and_then_moves_at_once() -> None:
    waiting = decide(A, make_candidate("b", unhealthy(), priority=101), route=make_route(candidates="ab"))
    later = make_candidate("b", make_health(since=NOW), priority=101)

    assert waiting.candidates == ("a", "b")
    assert moved(A, later, route=make_route(candidates=waiting.candidates))[0] == "b"


def test_a_new_account_that_comes_first_takes_over_when_it_is_healthy() -> None:
    new = make_candidate("b", make_health(since=NOW), priority=500)

    assert moved(A, new, route=make_route(candidates="a")) == ("b", FailoverReason.PRIORITY_EDITED)


@pytest.mark.parametrize(
    ("healthy_for", "to", "reason"),
    [
        (299.9, None, FailoverReason.FAILBACK_WAITING),
        (300.0, "a", FailoverReason.FAILBACK),
    ],
    ids=["just-before", "just-after"],
)
def test_health_that_came_back_waits_for_failback_after(
    healthy_for: float, to: str | None, reason: FailoverReason
) -> None:
    back = make_candidate("a", make_health(since=NOW - healthy_for))

    assert moved(back, make_candidate("b", active=True), route=make_route("b")) == (to, reason)


def test_a_failback_needs_a_succeeding_probe_and_permission() -> None:
    active = make_candidate("b", active=True)
    manual = make_subscription(failback=Mode.MANUAL)

    assert (
        moved(make_candidate("a", SILENT_PROBE), active, route=make_route("b"))[1]
        is FailoverReason.NOBODY_PROBING
    )
    assert moved(A, active, route=make_route("b"), subscription=manual) == (None, FailoverReason.FAILBACK_OFF)


def test_an_edit_behind_the_active_does_not_turn_a_failback_into_an_edit() -> None:
    """A failed and came back; meanwhile D was added at the end."""
    back = make_candidate("a", make_health(since=NOW))
    active, added = make_candidate("b", active=True), make_candidate("d", priority=1)

    assert moved(back, active, added, route=make_route("b", "ab")) == (None, FailoverReason.FAILBACK_WAITING)


def test_an_edit_that_waits_does_not_turn_a_failback_into_an_edit_either() -> None:
    """A came back; meanwhile D was put first, and is not healthy yet."""
    back = make_candidate("a", make_health(since=NOW))
    active, added = make_candidate("b", active=True), make_candidate("d", unhealthy(), priority=900)

    assert moved(back, active, added, route=make_route("b", "ab")) == (None, FailoverReason.FAILBACK_WAITING)


def test_a_pinned_account_comes_first_at_once() -> None:
    pinned = make_subscription(pinned="c")

    assert moved(A, B, C, subscription=pinned) == ("c", FailoverReason.PINNED)


@pytest.mark.parametrize(
    ("healthy_for", "to", "reason"),
    [
        pytest.param(9.9, None, FailoverReason.FAILBACK_WAITING, id="just-back"),
        pytest.param(10.0, "a", FailoverReason.PINNED, id="steady"),
    ],
)
@pytest.mark.parametrize("failback", list(Mode))
def test_a_pin_moves_the_feed_to_who_came_first_all_along(
    failback: Mode, healthy_for: float, to: str | None, reason: FailoverReason
) -> None:
    back = make_candidate("a", make_health(since=NOW - healthy_for))
    pinned = make_subscription(pinned="a", failback=failback)

    found = moved(back, make_candidate("b", active=True), route=make_route("b", "ab"), subscription=pinned)
    assert found == (to, reason)


def test_a_pin_does_not_hold_the_feed_at_a_broken_account() -> None:
    pinned = make_subscription(pinned="a")

    assert moved(BAD_A, B, subscription=pinned) == ("b", FailoverReason.FRONT_LOST)


# --- held by a person --------------------------------------------------------------------------------------

PAUSED_A = make_candidate("a", unhealthy(), paused=True)
DELETED_A = B


@pytest.mark.parametrize(
    ("subscription", "candidates", "reason"),
    [
        pytest.param(
            {"paused": True}, [BAD_A, B], FailoverReason.PAUSED, id="paused-subscription-dead-account"
        ),
        pytest.param(
            {"paused": True, "pinned": "b"}, [A, B], FailoverReason.PAUSED, id="paused-before-pinned"
        ),
        pytest.param({"paused": True}, [DELETED_A], FailoverReason.PAUSED, id="paused-before-deleted"),
        pytest.param({}, [PAUSED_A, B], FailoverReason.ACCOUNT_PAUSED, id="paused-account-dead"),
        pytest.param(
            {"pinned": "b"}, [PAUSED_A, B], FailoverReason.ACCOUNT_PAUSED, id="paused-account-before-pinned"
        ),
        pytest.param({"mode": Mode.MANUAL}, [BAD_A, B], FailoverReason.MANUAL, id="manual-dead-account"),
        pytest.param(
            {"mode": Mode.MANUAL},
            [A, make_candidate("b", priority=900)],
            FailoverReason.MANUAL,
            id="manual-ignores-priorities",
        ),
        pytest.param(
            {"mode": Mode.MANUAL, "pinned": "b"},
            [A, BAD_B],
            FailoverReason.MANUAL,
            id="manual-pin-to-a-broken-one",
        ),
        pytest.param(
            {"mode": Mode.MANUAL, "pinned": "a"}, [BAD_A, B], FailoverReason.MANUAL, id="manual-pinned-here"
        ),
    ],
)
def test_what_a_person_holds_does_not_move(
    subscription: dict[str, Any], candidates: list[Candidate], reason: FailoverReason
) -> None:
    assert moved(*candidates, subscription=make_subscription(**subscription), route=make_route("a")) == (
        None,
        reason,
    )


def test_in_manual_mode_the_pin_moves_it_without_a_probe_and_at_night() -> None:
    subscription = make_subscription(mode=Mode.MANUAL, pinned="b", market=NIGHT)

    assert moved(BAD_A, make_candidate("b", SILENT_PROBE), subscription=subscription) == (
        "b",
        FailoverReason.PINNED,
    )


def test_a_paused_account_is_written_into_its_route_so_that_no_standby_takes_it() -> None:
    decision = decide(PAUSED_A, B)

    assert (decision.action, decision.paused) == (Action.AMEND, True)


# --- who would take over, where nobody may

HOLDS = (FailoverReason.PAUSED, FailoverReason.ACCOUNT_PAUSED, FailoverReason.MANUAL)


@pytest.mark.parametrize(
    ("subscription", "account", "holds"),
    [
        pytest.param({}, {}, (), id="nothing"),
        pytest.param({"paused": True}, {}, HOLDS[:1], id="paused"),
        pytest.param({}, {"paused": True}, HOLDS[1:2], id="account-paused"),
        pytest.param({"mode": Mode.MANUAL}, {}, HOLDS[2:], id="Manual"),
        pytest.param({"paused": True, "mode": Mode.MANUAL}, {"paused": True}, HOLDS, id="all"),
    ],
)
@pytest.mark.parametrize("named", [{}, {"priority": 0}, {"enabled": False}], ids=["able", "zero", "disabled"])
def test_nobody_is_next_where_a_person_holds_the_feed(
    subscription: dict[str, Any], account: dict[str, Any], named: dict[str, Any], holds: Any
) -> None:
    decision = decide(
        make_candidate("a", **(account | named)), B, subscription=make_subscription(**subscription)
    )
    moves = not holds and bool(named)

    assert decision.holds == holds
    assert decision.successor == (None if moves else "b")
    assert decision.next_account == (None if moves or holds else "b")


def test_after_a_manual_pin_the_feed_is_held_again() -> None:
    decision = decide(A, B, subscription=make_subscription(mode=Mode.MANUAL, pinned="b"))

    assert (decision.account, decision.holds, decision.next_account) == ("b", HOLDS[2:], None)


@pytest.mark.parametrize(
    ("asked", "before", "may_publish", "pin"),
    [
        pytest.param(None, "b", False, None, id="taken back"),
        pytest.param("c", None, True, "c", id="set"),
        pytest.param("c", "b", True, "c", id="edited"),
        pytest.param("x", "b", False, "b", id="names nobody: the one before it stands"),
        pytest.param("x", None, False, None, id="names nobody, and there was none"),
        pytest.param("b", "b", False, "b", id="became unable"),
    ],
)
def test_a_pin_counts_if_it_names_somebody_who_may_publish(
    asked: str | None, before: str | None, may_publish: Any, pin: str | None
) -> None:
    assert choose_pin(asked, before, may_publish=may_publish) == pin
