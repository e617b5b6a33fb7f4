"""What the status says; the sentences themselves are in docs/troubleshooting.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mds_operator.domain.account_readiness import PROBE_GRACE_S
from mds_operator.domain.account_status import build_account_status
from mds_operator.domain.seen import NodeView
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.feedaccount import FeedAccountStatus, Phase, Role, SubscriptionRole
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.accounts.builders import (
    CLOSED,
    EPOCH,
    LONG_AGO,
    NOW,
    POD,
    UP,
    WALL,
    Scene,
    active_beat,
    crashed,
    lost_beat,
    make_account,
    make_beat,
    make_pod,
    refused_beat,
    waiting,
)

ACTIVE = Scene(named=True, beat=active_beat())
NEW = Health(state=HealthState.UNHEALTHY, reason=AccountReason.STARTING, since=NOW - 1.0)
LONG = replace(NEW, since=LONG_AGO)
NOT_YET = Front(connected=False, logged_in=False)
CONNECTED = Front(connected=True, logged_in=False)


def condition(status: FeedAccountStatus, kind: str) -> tuple[str, str] | None:
    return next(
        ((entry.status.value, entry.reason) for entry in status.conditions if entry.type == kind), None
    )


def test_an_active_account_shows_all_that_is_known_of_it() -> None:
    status = ACTIVE.status()

    assert (status.phase, status.role, status.reason) == (Phase.STREAMING, Role.ACTIVE, "Active")
    assert (status.pod_name, status.node_name, status.trading_day) == (POD, "node-1", "20270104")
    assert status.subscriptions == (SubscriptionRole(name="futures", role=Role.ACTIVE, epoch=EPOCH),)
    assert (status.contracts, status.subscribed, status.observed_generation) == (5000, 600, 3)
    assert status.fronts is not None
    assert status.fronts.market_data is not None
    assert status.fronts.market_data.logged_in


def test_what_a_person_wrote_and_nobody_can_read_is_said_and_changes_nothing_else() -> None:
    case = replace(ACTIVE.judge(), remark="annotation mds.dev/restartedAt is 'soon', which is no time")
    status = build_account_status(case, None, wall=WALL, now=NOW)

    assert (status.reason, condition(status, "Ready")) == ("Active", ("True", "Active"))
    assert (status.message or "").endswith("annotation mds.dev/restartedAt is 'soon', which is no time.")


def test_conditions_come_in_the_order_in_which_an_account_comes_up() -> None:
    assert [entry.type for entry in ACTIVE.status().conditions] == [
        "Accepted",
        "Connected",
        "LoggedIn",
        "Streaming",
        "Ready",
    ]


@pytest.mark.parametrize(
    ("scene", "phase"),
    [
        pytest.param(Scene(pod=None, beat=None, was=None), Phase.PENDING, id="no pod yet"),
        pytest.param(Scene(pod=waiting("ContainerCreating"), beat=None), Phase.PENDING, id="being created"),
        pytest.param(
            Scene(beat=make_beat(state=GatewayState.CONNECTING, market_data=NOT_YET), was=None),
            Phase.CONNECTING,
            id="no front yet",
        ),
        pytest.param(
            Scene(beat=make_beat(state=GatewayState.LOGGING_IN, market_data=CONNECTED), was=None),
            Phase.LOGGING_IN,
            id="no login yet",
        ),
        pytest.param(
            Scene(beat=make_beat(state=GatewayState.SUBSCRIBING), was=None), Phase.SUBSCRIBING, id="contracts"
        ),
        pytest.param(Scene(), Phase.STREAMING, id="all is well"),
        pytest.param(Scene(beat=refused_beat(75, "")), Phase.BLOCKED, id="blocked"),
        pytest.param(Scene(pod=make_pod(leaving=True)), Phase.RESTARTING, id="the pod is going"),
        pytest.param(Scene(beat=make_beat(state=GatewayState.DRAINING)), Phase.RESTARTING, id="SIGTERM came"),
        pytest.param(Scene(pod=None), Phase.RESTARTING, id="the pod is gone"),
        pytest.param(Scene(pod=crashed(1), beat=None), Phase.PENDING, id="the container crashed"),
        pytest.param(
            Scene(account=make_account(enabled=False), pod=None, beat=None), Phase.STOPPED, id="disabled"
        ),
        pytest.param(
            Scene(account=make_account(standby="Cold"), pod=None, beat=None, was=None),
            Phase.STOPPED,
            id="asleep",
        ),
    ],
)
def test_the_phase_says_how_far_the_gateway_is(scene: Scene, phase: Phase) -> None:
    assert scene.status().phase is phase


@pytest.mark.parametrize(
    ("scene", "ready", "reason"),
    [
        pytest.param(ACTIVE, "True", "Active", id="publishes"),
        pytest.param(Scene(), "True", "Standby", id="stands by"),
        pytest.param(Scene(account=make_account("ctp-z")), "True", "Unused", id="nobody wants it"),
        pytest.param(ACTIVE.but(market=CLOSED), "True", "MarketClosed", id="at night"),
        pytest.param(
            Scene(account=make_account(enabled=False), pod=None, beat=None), "True", "Disabled", id="disabled"
        ),
        pytest.param(
            Scene(account=make_account(standby="Cold"), pod=None, beat=None, was=None),
            "True",
            "Cold",
            id="asleep",
        ),
        pytest.param(Scene(pod=None, beat=None, was=None), "False", "Starting", id="no pod yet"),
        pytest.param(ACTIVE.but(pod=make_pod(leaving=True)), "True", "Active", id="going, but it publishes"),
        pytest.param(Scene(pod=None), "False", "Restarting", id="the pod is gone"),
    ],
)
def test_ready_is_whether_it_does_now_all_that_is_asked_of_it(scene: Scene, ready: str, reason: str) -> None:
    status = scene.status()

    assert condition(status, "Ready") == (ready, reason)
    assert status.reason == reason


NIGHT = Scene(market=CLOSED, was=LONG)
DOUBTED = MarketSeen(open=False, opens_in_s=3600.0, called_open_at=WALL)


@pytest.mark.parametrize(
    ("scene", "ready", "reason"),
    [
        pytest.param(NIGHT.but(beat=lost_beat(4097, "")), "True", "MarketClosed", id="front down"),
        pytest.param(
            NIGHT.but(beat=lost_beat(4097, ""), market=MarketSeen(open=False, opens_in_s=900.0)),
            "False",
            "FrontLost",
            id="front down 15 minutes before the opening",
        ),
        pytest.param(
            NIGHT.but(beat=lost_beat(4097, ""), market=MarketSeen(open=False, opens_in_s=901.0)),
            "True",
            "MarketClosed",
            id="front down a second earlier",
        ),
        pytest.param(
            NIGHT.but(beat=lost_beat(4097, ""), market=DOUBTED),
            "Unknown",
            "MarketUnknown",
            id="front down where the calendar closes what a front called open",
        ),
        pytest.param(ACTIVE.but(market=DOUBTED), "True", "Active", id="the same, it streams"),
        pytest.param(NIGHT.but(beat=refused_beat(7, "")), "True", "MarketClosed", id="not initialised"),
        pytest.param(NIGHT.but(beat=refused_beat(3, "")), "False", "LoginRefused", id="wrong password"),
        pytest.param(NIGHT.but(beat=refused_beat(75, "")), "False", "Blocked", id="locked"),
        pytest.param(
            NIGHT.but(beat=make_beat(state=GatewayState.CONNECTING, market_data=NOT_YET)),
            "True",
            "MarketClosed",
            id="no answer for long",
        ),
        pytest.param(
            NIGHT.but(beat=make_beat(state=GatewayState.CONNECTING, market_data=NOT_YET), was=NEW),
            "False",
            "Starting",
            id="just begun",
        ),
        pytest.param(NIGHT.but(pod=crashed(1), beat=None), "False", "ContainerDied", id="crashed"),
        pytest.param(NIGHT.but(beat=make_beat(probe_age_ms=None)), "True", "MarketClosed", id="no probe"),
    ],
)
def test_at_night_a_front_that_is_down_is_no_fault_and_all_else_is(
    scene: Scene, ready: str, reason: str
) -> None:
    assert condition(scene.status(), "Ready") == (ready, reason)


@pytest.mark.parametrize(
    ("beat", "reason"),
    [
        pytest.param({"trade": Front(connected=True, logged_in=False, error_code=3)}, "LoginRefused", id="3"),
        pytest.param({"trade": Front(connected=True, logged_in=False)}, "Starting", id="not answered yet"),
        pytest.param({"trade": NOT_YET}, "Starting", id="no trading front yet"),
        pytest.param(
            {"market_data": Front(connected=True, logged_in=False, error_code=4097)},
            "Starting",
            id="connected again, the number is that of the old connection",
        ),
    ],
)
def test_while_market_data_waits_for_its_login_the_reason_is_that_of_trading(
    beat: dict[str, object], reason: str
) -> None:
    scene = Scene(
        beat=make_beat(**{"state": GatewayState.LOGGING_IN, "market_data": CONNECTED, **beat}), was=NEW
    )

    assert scene.status().reason == reason


@pytest.mark.parametrize(
    ("age_s", "reason"), [(PROBE_GRACE_S - 0.1, "Starting"), (PROBE_GRACE_S, "ProbeFailing")]
)
def test_a_standby_has_a_moment_for_its_first_test_message(age_s: float, reason: str) -> None:
    was = Health(state=HealthState.HEALTHY, reason=AccountReason.STREAMING, since=NOW - age_s)

    assert Scene(beat=make_beat(probe_age_ms=None), was=was).status().reason == reason


def test_a_spent_budget_comes_before_the_fault_but_not_before_what_a_person_must_mend() -> None:
    spent = RestartDecision(restart=False, reason=RestartReason.BUDGET_SPENT)

    assert Scene(beat=lost_beat(4097, ""), decision=spent).status().reason == "BudgetSpent"
    assert Scene(pod=waiting("ErrImagePull"), beat=None, decision=spent).status().reason == "ImageUnavailable"


@pytest.mark.parametrize(
    ("scene", "stalled"),
    [
        pytest.param(Scene(beat=refused_beat(75, "")), ("True", "Blocked"), id="blocked"),
        pytest.param(Scene(beat=refused_beat(3, "")), None, id="refused, tried again"),
        pytest.param(Scene(), None, id="well"),
    ],
)
def test_stalled_stands_only_while_nothing_but_a_person_helps(
    scene: Scene, stalled: tuple[str, str] | None
) -> None:
    assert condition(scene.status(), "Stalled") == stalled


def test_a_lost_trading_front_shows_in_connected_alone() -> None:
    status = ACTIVE.but(beat=active_beat(trade=NOT_YET)).status()

    assert condition(status, "Connected") == ("False", "TradeFrontLost")
    assert condition(status, "LoggedIn") == ("True", "LoggedIn")
    assert condition(status, "Ready") == ("True", "Active")


def test_a_trading_login_under_way_shows_in_logged_in_and_stops_no_ticks() -> None:
    trade = Front(connected=True, logged_in=False)
    status = ACTIVE.but(beat=active_beat(trade=trade)).status()

    assert condition(status, "Connected") == ("True", "Connected")
    assert condition(status, "LoggedIn") == ("False", "Starting")
    assert condition(status, "Ready") == ("True", "Active")
    assert "under way" in (status.message or "")


def test_an_account_for_market_data_alone_lacks_no_trading_front() -> None:
    status = ACTIVE.but(beat=active_beat(trade=None)).status()

    assert condition(status, "Connected") == ("True", "Connected")
    assert condition(status, "LoggedIn") == ("True", "LoggedIn")
    assert status.fronts is not None
    assert status.fronts.trade is None


def test_of_a_process_in_doubt_nothing_is_stated() -> None:
    status = ACTIVE.but(heard_ago=5.0).status()

    for kind in ("Connected", "LoggedIn", "Streaming", "Ready"):
        assert condition(status, kind) == ("Unknown", "SilentUnconfirmed")


def test_of_a_process_that_is_gone_no_connection_stands_in_the_status() -> None:
    lost = NodeView("node-1", is_ready=False, changed_at=NOW)
    status = ACTIVE.but(heard_ago=5.0, node=lost).status()

    assert condition(status, "Connected") == ("False", "NodeLost")
    assert (status.fronts, status.subscribed, status.phase) == (None, None, Phase.PENDING)


def test_an_image_that_is_pulled_in_vain_reads_the_same_in_each_pause() -> None:
    image = 'Back-off pulling image "a:b": '
    pods = [
        waiting("ErrImagePull", "not found"),
        waiting("ImagePullBackOff", f"{image}ErrImagePull: not found"),
    ]

    assert len({Scene(pod=pod, beat=None, was=None).status().message for pod in pods}) == 1


# --- words of others


def test_a_broker_that_repeats_the_login_does_not_carry_it_into_the_status() -> None:
    words = "用户 00123 密码 hunter2hunter2 (client_mds_1/A1B2C3D4) 000123x"

    dumped = str(Scene(beat=refused_beat(3, words)).status().dump())

    assert "用户 *** 密码 *** (***/***) 000123x" in dumped
    assert "hunter2" not in dumped


def test_a_brokers_long_and_broken_words_leave_room_for_the_remedy() -> None:
    status = Scene(beat=refused_beat(75, "坏\x00" * 2000)).status()

    assert status.message is not None
    assert len(status.message) <= 1024
    assert status.message.isprintable()
    assert "restartedAt" in status.message


def test_a_trading_day_that_is_none_does_not_break_the_status() -> None:
    assert Scene(beat=make_beat(trading_day="2027-01-04\n")).status().trading_day == "2027-01…"


def test_of_very_many_subscriptions_the_published_ones_are_listed() -> None:
    case = ACTIVE.judge()
    many = [SubscriptionRole(name=f"a{number:03}", role=Role.STANDBY) for number in range(100)]
    crowded = replace(case, roles=(*many, *case.roles))

    status = build_account_status(crowded, None, wall=WALL, now=NOW)

    assert len(status.subscriptions) == 64
    assert set(case.roles) <= set(status.subscriptions)


def test_the_fronts_last_words_stand_until_the_login() -> None:
    status = Scene(beat=lost_beat(8193, "no heartbeat came")).status()

    assert status.fronts is not None
    assert status.fronts.market_data is not None
    assert status.fronts.market_data.last_error == "no heartbeat came"
    assert Scene(beat=make_beat(market_data=UP)).status().fronts != status.fronts
