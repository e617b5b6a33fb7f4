"""When an account's status changes, and when it must not: each write is heard by everybody who watches."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mds_operator.domain.account_status import COUNTS_EVERY, HICCUP_S
from mds_protocol.resources.feedaccount import Restarts
from tests.unit.operator.accounts.builders import (
    DEAF,
    NOW,
    WALL,
    Scene,
    active_beat,
    lost_beat,
    make_beat,
    make_pod,
)

ACTIVE = Scene(named=True, beat=active_beat())
SOON = WALL + timedelta(seconds=10)


def test_health_since_stays_until_the_state_changes() -> None:
    first = ACTIVE.status()

    same = ACTIVE.but(beat=active_beat(subscribed=601)).status(first, wall=SOON)
    fell = Scene(beat=lost_beat(4097, "")).status(first, wall=SOON)

    assert same.health_since == WALL.replace(microsecond=0)
    assert fell.health_since == SOON.replace(microsecond=0)


@pytest.mark.parametrize(
    ("age", "subscribed"),
    [(COUNTS_EVERY - timedelta(seconds=1), 600), (COUNTS_EVERY, 601)],
    ids=["within a minute", "after it"],
)
def test_counts_alone_are_written_once_a_minute(age: timedelta, subscribed: int) -> None:
    more = Scene(beat=make_beat(subscribed=601), written_at=WALL)

    status = more.status(Scene().status(), wall=WALL + age)

    assert status.subscribed == subscribed


def test_counts_follow_at_once_where_anything_else_changed() -> None:
    before = Scene().status()

    status = ACTIVE.but(beat=active_beat(subscribed=601), written_at=WALL).status(before, wall=SOON)

    assert status.subscribed == 601


@pytest.mark.parametrize(
    ("age_s", "reason"), [(HICCUP_S - 0.1, "Standby"), (HICCUP_S, "OperatorDeaf")], ids=["short", "long"]
)
def test_a_doubt_of_a_moment_is_no_news(age_s: float, reason: str) -> None:
    deaf = Scene(listening=DEAF)

    status = deaf.status(Scene().status(), wall=SOON, now=NOW + age_s)

    assert status.reason == reason


def test_a_short_doubt_hides_no_edit_and_no_other_pod() -> None:
    before, deaf = Scene().status(), Scene(listening=DEAF)
    edited = before.model_copy(update={"observed_generation": 2})

    assert deaf.status(edited).observed_generation == 3
    assert deaf.but(pod=make_pod(name="ctp-a-00000"), beat=None).status(before).pod_name == "ctp-a-00000"


def test_what_restarts_remember_is_written_also_in_a_moment_of_doubt() -> None:
    remembered = Restarts(count=1, answered="2027-01-04T00:00:00Z")

    status = Scene(listening=DEAF, restarts=remembered).status(Scene().status())

    assert status.restarts == remembered


@pytest.mark.parametrize(
    "beat",
    [
        pytest.param({"oldest_unacked_ms": 1_700}, id="the age of what is not acknowledged"),
        pytest.param({"sequence": 99}, id="the heartbeat's number"),
        pytest.param({"probe_age_ms": 900}, id="the age of a probe"),
    ],
)
def test_a_figure_that_moves_by_itself_writes_no_status(beat: dict[str, int]) -> None:
    stalled = active_beat(oldest_unacked_ms=1_500, last_publish_error="timeout")
    first = ACTIVE.but(beat=stalled).status()
    moved = {"oldest_unacked_ms": 1_500, "last_publish_error": "timeout", **beat}

    assert ACTIVE.but(beat=active_beat(**moved)).status(first, wall=SOON) == first
