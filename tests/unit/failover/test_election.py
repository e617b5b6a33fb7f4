"""Election: who is next, when the feed moves, and every reason why it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mds_protocol.failover.election import Action
from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.failover.order import candidates_of
from mds_protocol.failover.standing import Candidate, is_better, stand
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    LONG_AGO,
    NOW,
    UNKNOWN,
    decide,
    make_account,
    make_candidate,
    make_health,
    make_publication,
    make_route,
    make_subscription,
    stale,
    unhealthy,
)

SLEEPING = {"standby": Standby.COLD, "pod": None, "heard_ago": None}
ASLEEP = unhealthy(AccountReason.COLD, is_probing=False)
SILENT_PROBE = make_health(is_probing=False)
A = make_candidate("a")
B = make_candidate("b")
C = make_candidate("c")
BAD_A = make_candidate("a", unhealthy())
BAD_B = make_candidate("b", unhealthy())
NIGHT = MarketSeen(open=False, opens_in_s=901.0)


def moved(*candidates: Candidate, **changes: Any) -> tuple[str | None, FailoverReason]:
    """Whom the feed moves to, or None, and why."""
    decision = decide(*candidates, **changes)
    return (decision.account if decision.action is Action.MOVE else None), decision.reason


# --- order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subscription", "accounts", "expected"),
    [
        pytest.param({}, [{"name": "b"}, {"name": "a"}], "ab", id="name-decides-last"),
        pytest.param({}, [{"name": "a"}, {"name": "b", "priority": 101}], "ba", id="priority-before-name"),
        pytest.param(
            {"order": ("c",)},
            [{"name": "b", "priority": 900}, {"name": "c"}],
            "cb",
            id="order-before-priority",
        ),
        pytest.param(
            {"order": ("c",), "pinned": "b"}, [{"name": "c"}, {"name": "b"}], "bc", id="pinned-before-order"
        ),
        pytest.param(
            {"order": ("c",)},
            [{"name": "c", "standby": Standby.COLD}, {"name": "b", "priority": 1}],
            "bc",
            id="hot-before-cold",
        ),
        pytest.param(
            {}, [{"name": "a", "priority": 0}, {"name": "b", "priority": 1}], "b", id="priority-0-never"
        ),
        pytest.param({}, [{"name": "a", "enabled": False}, {"name": "b"}], "b", id="disabled-never"),
        pytest.param({}, [{"name": "z"}, {"name": "b"}], "b", id="only-selected"),
        pytest.param(
            {}, [{"name": "a", "paused": True}, {"name": "b"}], "ab", id="a-paused-one-keeps-its-place"
        ),
    ],
)
def test_the_order_is(subscription: dict[str, Any], accounts: list[dict[str, Any]], expected: str) -> None:
    ordered = candidates_of(make_subscription(**subscription), [make_account(**each) for each in accounts])

    assert "".join(account.name for account in ordered) == expected


# --- the first election ------------------------------------------------------------------------------------


def test_the_first_healthy_account_in_order_is_named_first() -> None:
    assert moved(BAD_A, B, C, no_route=True) == ("b", FailoverReason.FIRST_ELECTION)


def test_the_first_election_waits_for_no_probe() -> None:
    assert moved(make_candidate("a", SILENT_PROBE), no_route=True) == ("a", FailoverReason.FIRST_ELECTION)


@pytest.mark.parametrize(
    ("better", "healthy_for", "to", "reason"),
    [
        pytest.param(AccountReason.STARTING, 4.9, None, FailoverReason.BETTER_AWAITED, id="almost-ready"),
        pytest.param(AccountReason.STARTING, 5.0, "b", FailoverReason.FIRST_ELECTION, id="waited-for"),
        pytest.param(AccountReason.FRONT_LOST, 0.0, "b", FailoverReason.FIRST_ELECTION, id="broken"),
    ],
)
def test_the_first_election_waits_a_moment_for_who_comes_first(
    better: AccountReason, healthy_for: float, to: str | None, reason: FailoverReason
) -> None:
    first_up = make_candidate("b", make_health(since=NOW - healthy_for))

    assert moved(make_candidate("a", unhealthy(better)), first_up, no_route=True) == (to, reason)


def test_the_first_election_does_not_wait_for_who_comes_later() -> None:
    just_up = make_candidate("a", make_health(since=NOW))
    starting = make_candidate("b", unhealthy(AccountReason.STARTING))

    assert moved(just_up, starting, no_route=True) == ("a", FailoverReason.FIRST_ELECTION)


def test_without_a_healthy_account_nobody_is_named() -> None:
    decision = decide(BAD_A, no_route=True)

    assert (decision.action, decision.account) == (Action.STAY, None)
    assert decision.reason is FailoverReason.NOBODY_AVAILABLE


@pytest.mark.parametrize(
    "before", [{"closed": True, "named": None}, {"uid": "uid-0"}], ids=["closed", "namesake"]
)
def test_a_subscription_made_anew_is_elected_anew(before: dict[str, Any]) -> None:
    assert moved(A, B, route=make_route(**before)) == ("a", FailoverReason.REOPENED)


# --- unplanned ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason",
    [
        AccountReason.STARTING,
        AccountReason.FRONT_LOST,
        AccountReason.LOGIN_REFUSED,
        AccountReason.BLOCKED,
        AccountReason.PUBLISH_STALLED,
        AccountReason.SILENT,
        AccountReason.CONTAINER_DIED,
        AccountReason.NODE_LOST,
        AccountReason.STALE,
        AccountReason.DRAINING,
    ],
)
def test_an_unhealthy_account_is_replaced_with_its_own_reason(reason: AccountReason) -> None:
    failed = make_candidate("a", unhealthy(reason, stale=frozenset({"SHFE"})))

    assert moved(failed, B) == ("b", FailoverReason(reason.value))


@pytest.mark.parametrize(
    ("others", "to", "reason"),
    [
        pytest.param([B, C], "b", FailoverReason.FRONT_LOST, id="the-next-in-order"),
        pytest.param([BAD_B, C], "c", FailoverReason.FRONT_LOST, id="the-next-that-is-healthy"),
        pytest.param(
            [make_candidate("b", UNKNOWN), C], "c", FailoverReason.FRONT_LOST, id="not-an-unknown-one"
        ),
        pytest.param(
            [make_candidate("b", SILENT_PROBE), C], "c", FailoverReason.FRONT_LOST, id="only-a-probing-one"
        ),
        pytest.param(
            [make_candidate("b", SILENT_PROBE)], None, FailoverReason.NOBODY_PROBING, id="none-probes"
        ),
        pytest.param([make_candidate("b", paused=True)], None, FailoverReason.NOBODY_AVAILABLE, id="paused"),
        pytest.param(
            [make_candidate("b", enabled=False)], None, FailoverReason.NOBODY_AVAILABLE, id="disabled"
        ),
        pytest.param(
            [make_candidate("b", priority=0)], None, FailoverReason.NOBODY_AVAILABLE, id="priority-0"
        ),
        pytest.param(
            [make_candidate("b", leaving=FailoverReason.DRILL)],
            None,
            FailoverReason.NOBODY_AVAILABLE,
            id="leaving",
        ),
        pytest.param([BAD_B], None, FailoverReason.NOBODY_AVAILABLE, id="unhealthy"),
    ],
)
def test_when_the_front_is_lost_the_feed_goes_to(
    others: list[Candidate], to: str | None, reason: FailoverReason
) -> None:
    assert moved(BAD_A, *others) == (to, reason)


@pytest.mark.parametrize(
    ("market", "to"),
    [
        pytest.param(MarketSeen(open=True), "b", id="open"),
        pytest.param(MarketSeen(open=False, opens_in_s=900.0), "b", id="opens-in-15-minutes"),
        pytest.param(NIGHT, None, id="opens-later"),
        pytest.param(MarketSeen(open=False), None, id="closed"),
    ],
)
def test_a_closed_market_never_fails_over(market: MarketSeen, to: str | None) -> None:
    reason = FailoverReason.FRONT_LOST if to else FailoverReason.MARKET_CLOSED

    assert moved(BAD_A, B, subscription=make_subscription(market=market)) == (to, reason)


def test_unknown_never_elects_away_not_even_for_an_edit() -> None:
    unsure = make_candidate("a", UNKNOWN)

    assert moved(unsure, make_candidate("b", priority=900)) == (None, FailoverReason.HOLD_UNKNOWN)


# --- staleness ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "other", "to", "reason"),
    [
        pytest.param(["SHFE"], [], "b", FailoverReason.STALE, id="better-on-one"),
        pytest.param(
            ["SHFE", "DCE"], ["DCE"], "b", FailoverReason.STALE, id="better-on-one-equal-on-the-other"
        ),
        pytest.param(["SHFE"], ["SHFE"], None, FailoverReason.NOBODY_BETTER, id="equally-stale"),
        pytest.param(["SHFE"], ["DCE"], None, FailoverReason.NOBODY_BETTER, id="worse-on-another"),
        pytest.param(["SHFE"], ["SHFE", "DCE"], None, FailoverReason.NOBODY_BETTER, id="worse"),
    ],
)
def test_staleness_moves_only_to_an_account_better_on_one_and_worse_on_none(
    named: list[str], other: list[str], to: str | None, reason: FailoverReason
) -> None:
    candidate = make_candidate("b", stale(*other) if other else None)

    assert moved(make_candidate("a", stale(*named)), candidate) == (to, reason)


def test_staleness_where_the_subscription_does_not_trade_is_no_fault_to_it() -> None:
    subscription = make_subscription(exchanges=frozenset({"CFFEX"}))

    assert moved(make_candidate("a", stale("SHFE")), B, subscription=subscription) == (
        None,
        FailoverReason.IN_ORDER,
    )


def test_a_dead_account_gives_way_to_a_partly_stale_one_if_no_other_is_healthy() -> None:
    partly = make_candidate("b", stale("GFEX"))

    assert moved(BAD_A, partly, C) == ("c", FailoverReason.FRONT_LOST)
    assert moved(BAD_A, partly) == ("b", FailoverReason.FRONT_LOST)


def test_a_dead_account_is_not_better_than_a_stale_one() -> None:
    subscription = make_subscription()
    dead, partly, well = (
        stand(each, subscription) for each in (BAD_A, make_candidate("b", stale("GFEX")), C)
    )

    assert not is_better(dead, partly)
    assert not is_better(partly, well)
    assert is_better(well, partly)


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


# --- takeover ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named_for", "to", "reason"),
    [(2.9, None, FailoverReason.FENCE_AWAITED), (3.0, "b", FailoverReason.TAKEOVER_STALLED)],
    ids=["just-before", "just-after"],
)
def test_who_stores_no_fence_in_time_is_replaced(
    named_for: float, to: str | None, reason: FailoverReason
) -> None:
    assert moved(make_candidate("a", active=False), B, since=NOW - named_for) == (to, reason)


@pytest.mark.parametrize(
    ("lost_for", "to", "reason"),
    [(2.9, None, FailoverReason.FENCE_AWAITED), (3.0, "b", FailoverReason.TAKEOVER_STALLED)],
    ids=["just-before", "just-after"],
)
def test_who_lost_its_fence_with_its_connection_has_as_long_for_another(
    lost_for: float, to: str | None, reason: FailoverReason
) -> None:
    assert moved(make_candidate("a", active=False), B, fence_lost_at=NOW - lost_for) == (to, reason)


def test_a_new_process_that_leaves_the_feed_to_another_is_replaced_at_once() -> None:
    beat = {"publications": (make_publication(resuming=True),)}
    heir = make_candidate("a", active=False, beat=beat)

    assert moved(heir, B, since=NOW) == ("b", FailoverReason.CONTAINER_DIED)
    assert moved(heir, since=NOW)[1] is FailoverReason.NOBODY_AVAILABLE


def test_no_voluntary_move_begins_before_the_fence_is_stored() -> None:
    raised = make_candidate("b", priority=900)

    assert moved(make_candidate("a", active=False), raised, since=NOW)[1] is FailoverReason.FENCE_AWAITED


# --- amending and the rest of a decision -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        pytest.param({}, Action.STAY, id="as-it-is"),
        pytest.param({"paused": True}, Action.AMEND, id="no-longer-paused"),
        pytest.param({"mode": Mode.MANUAL}, Action.AMEND, id="no-longer-manual"),
        pytest.param({"candidates": ("a", "b")}, Action.AMEND, id="an-account-was-added-behind"),
        pytest.param({"candidates": ("a", "c", "b")}, Action.AMEND, id="two-behind-were-swapped"),
    ],
)
def test_a_route_is_amended_when_it_no_longer_says_what_people_wrote(
    changes: dict[str, Any], action: Action
) -> None:
    assert decide(A, B, C, route=make_route(**changes)).action is action


def test_the_next_account_is_the_one_that_could_take_over_now() -> None:
    assert decide(A, make_candidate("b", SILENT_PROBE), C).next_account == "c"
    assert decide(A, BAD_B).next_account is None
    assert decide(BAD_A, B, C).next_account == "c"


# --- cold accounts -----------------------------------------------------------------------------------------


def cold(name: str, **changes: Any) -> Candidate:
    return make_candidate(name, changes.pop("health", ASLEEP), **(SLEEPING | changes))


def awake(name: str, health: Any = None, **changes: Any) -> Candidate:
    return make_candidate(name, health, standby=Standby.COLD, **changes)


@pytest.mark.parametrize(
    ("candidates", "wake"),
    [
        pytest.param([A, cold("c")], "", id="not-while-a-hot-one-is-healthy"),
        pytest.param([BAD_A, cold("c"), cold("d")], "c", id="the-next-one-when-no-hot-one-is"),
        pytest.param([BAD_A, cold("c", paused=True), cold("d")], "d", id="not-a-paused-one"),
        pytest.param([BAD_A, cold("c", priority=0)], "", id="not-one-of-priority-0"),
        pytest.param(
            [BAD_A, awake("c", unhealthy(since=NOW - 59.0)), cold("d")],
            "c",
            id="a-starting-one-is-waited-for",
        ),
        pytest.param(
            [BAD_A, awake("c", unhealthy(since=NOW - 60.0)), cold("d")],
            "cd",
            id="a-failed-one-is-not-waited-for",
        ),
        pytest.param(
            [make_candidate("a", make_health(since=NOW - 299.0)), awake("c")],
            "c",
            id="awake-until-failback-after",
        ),
        pytest.param(
            [make_candidate("a", make_health(since=NOW - 300.0)), awake("c")], "", id="then-it-sleeps-again"
        ),
        pytest.param([make_candidate("a", UNKNOWN), cold("c")], "", id="nobody-is-woken-on-a-guess"),
        pytest.param(
            [make_candidate("a", unhealthy(), paused=True), cold("c")], "", id="nor-for-a-held-route"
        ),
    ],
)
def test_a_decision_says_which_cold_accounts_to_wake(candidates: list[Candidate], wake: str) -> None:
    assert "".join(decide(*candidates).wake) == wake


def test_nobody_is_woken_at_night_when_all_fronts_are_down() -> None:
    assert decide(BAD_A, cold("c"), subscription=make_subscription(market=NIGHT)).wake == ()


def test_a_pinned_cold_account_is_woken_and_then_takes_over() -> None:
    pinned = make_subscription(pinned="c")

    assert decide(A, cold("c"), subscription=pinned).wake == ("c",)
    assert moved(A, awake("c"), subscription=pinned) == ("c", FailoverReason.PINNED)


def test_a_cold_account_that_is_active_stays_awake_and_gives_back_later() -> None:
    active = awake("c", active=True)
    back = make_candidate("a", make_health(since=NOW - 10.0), active=False)
    route = make_route("c", "ac")

    decision = decide(back, active, route=route)

    assert (decision.reason, decision.wake) == (FailoverReason.FAILBACK_WAITING, ("c",))
    later = replace(back, health=make_health(since=LONG_AGO))
    assert moved(later, active, route=route) == ("a", FailoverReason.FAILBACK)


def test_a_cold_account_whose_pod_is_gone_is_replaced() -> None:
    gone = make_candidate("c", ASLEEP, standby=Standby.COLD, pod=None, active=True)

    assert moved(B, gone, route=make_route("c", "bc")) == ("b", FailoverReason.COLD)
