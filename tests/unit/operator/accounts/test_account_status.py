"""What the status says and when it changes; the sentences themselves are in docs/troubleshooting.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mds_operator.domain.account_readiness import PROBE_GRACE_S
from mds_operator.domain.account_status import COUNTS_EVERY, HICCUP_S, build_account_status
from mds_operator.domain.seen import NodeView
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.feedaccount import FeedAccountStatus, Phase, Restarts, Role, SubscriptionRole
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.accounts.builders import (
    CLOSED,
    DEAF,
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
SOON = WALL + timedelta(seconds=10)
NEW = Health(state=HealthState.UNHEALTHY, reason=AccountReason.STARTING, since=NOW - 1.0)
LONG = replace(NEW, since=LONG_AGO)
NOT_YET = Front(connected=False, logged_in=False)
CONNECTED = Front(connected=True, logged_in=False)


def condition(status: FeedAccountStatus, kind: str) -> tuple[str, str] | None:
    return next(
        ((entry.status.value, entry.reason) for entry in status.conditions if entry.type == kind), None
    )


# --- what it says


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


@pytest.mark.parametrize(
    ("trade", "words"),
    [
        pytest.param(Front(connected=True, logged_in=False, error_code=63), "refused: 63", id="refused"),
        pytest.param(Front(connected=True, logged_in=False), "under way", id="not answered yet"),
    ],
)
def test_a_trading_login_that_is_missing_shows_in_logged_in_and_stops_no_ticks(
    trade: Front, words: str
) -> None:
    status = ACTIVE.but(beat=active_beat(trade=trade)).status()

    assert condition(status, "Connected") == ("True", "Connected")
    assert condition(status, "LoggedIn") == ("False", "LoginRefused" if trade.error_code else "Starting")
    assert condition(status, "Ready") == ("True", "Active")
    assert words in (status.message or "")


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


# --- when it changes


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


def test_the_fronts_last_words_stand_until_the_login() -> None:
    status = Scene(beat=lost_beat(8193, "no heartbeat came")).status()

    assert status.fronts is not None
    assert status.fronts.market_data is not None
    assert status.fronts.market_data.last_error == "no heartbeat came"
    assert Scene(beat=make_beat(market_data=UP)).status().fronts != status.fronts
