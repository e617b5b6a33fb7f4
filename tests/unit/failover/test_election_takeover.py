"""Election: what follows a route that was written, and what it says when nothing moves."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.failover.election import Action
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    NOW,
    decide,
    make_candidate,
    make_publication,
    make_route,
)
from tests.unit.failover.candidates import BAD_A, BAD_B, SILENT_PROBE, A, B, C, moved

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
