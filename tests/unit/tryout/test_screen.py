from __future__ import annotations

import pytest

from mds_protocol.failover.timings import SILENCE_S
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.heartbeat import Counters, Front, GatewayState, Heartbeat, Publication
from mds_tryout import directing
from mds_tryout.deciding import Move
from mds_tryout.directing import Heard
from mds_tryout.screen import AccountRow, Role, build_row

FRONT = Front(connected=True, logged_in=True)
ROUTE = directing.build_route(2, Move("broker-a", FailoverReason.DRILL), ("broker-a", "broker-b"))


def make_heard(at_s: float, *, received: int = 0, fence_epoch: int | None = None) -> Heard:
    fence = None if fence_epoch is None else 40
    publication = Publication(subscription="all", epoch=2, fence=fence, fence_epoch=fence_epoch)
    return Heard(
        at_s,
        Heartbeat(
            namespace="try",
            account="broker-a",
            instance="broker-a-try",
            sequence=1,
            state=GatewayState.STREAMING,
            market_data=FRONT,
            trade=FRONT,
            publications=(publication,),
            counters=Counters(received=received),
        ),
    )


def make_row(
    *heard: Heard, name: str = "broker-a", now_s: float = 10.0, is_running: bool = True
) -> AccountRow:
    return build_row(name, heard, ROUTE, now_s, is_running=is_running)


@pytest.mark.parametrize(
    ("name", "fence_epoch", "role"),
    [
        pytest.param("broker-a", None, Role.TAKING_OVER, id="named, without a fence"),
        pytest.param("broker-a", 1, Role.TAKING_OVER, id="named, with the fence of an older epoch"),
        pytest.param("broker-a", 2, Role.ACTIVE, id="named, and its fence is stored"),
        pytest.param("broker-b", None, Role.STANDBY, id="not named"),
    ],
)
def test_an_account_is_active_when_its_fence_is_stored(
    name: str, fence_epoch: int | None, role: Role
) -> None:
    assert make_row(make_heard(9.9, fence_epoch=fence_epoch), name=name).role is role


@pytest.mark.parametrize(
    ("age_s", "health"), [(SILENCE_S - 0.01, "streaming"), (SILENCE_S, "silent 0.7 s")], ids=["fresh", "old"]
)
def test_an_account_is_silent_when_three_heartbeats_are_missing(age_s: float, health: str) -> None:
    assert make_row(make_heard(0.0), now_s=age_s).health == health


def test_a_dead_process_is_told_at_once_whatever_it_said_last() -> None:
    row = make_row(make_heard(9.9, fence_epoch=2), is_running=False)

    assert (row.health, row.role, row.market_data) == ("dead", Role.NONE, False)


def test_an_account_that_was_never_heard_is_starting() -> None:
    assert make_row().health == "starting"


def test_ticks_a_second_are_what_heartbeats_grew_by() -> None:
    assert make_row(
        make_heard(9.0, received=100), make_heard(9.8, received=180)
    ).ticks_per_s == pytest.approx(100)


def test_a_restarted_account_has_no_negative_rate() -> None:
    assert make_row(make_heard(9.0, received=100), make_heard(9.8, received=3)).ticks_per_s == 0
