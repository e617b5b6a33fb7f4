"""Health: what a gateway says is believed at once. What it does not say: test_silence.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.health import HealthState, find_fault
from mds_protocol.failover.logins import LOGIN_ANSWERS, LoginAnswer, classify_login
from mds_protocol.failover.observed import Heard, Standby, hear
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Front, GatewayState, SessionState
from tests.unit.failover.builders import (
    LONG_AGO,
    NOW,
    SURE,
    judge,
    make_account,
    make_exchange,
    make_health,
    make_heartbeat,
    pod,
)

if TYPE_CHECKING:
    from mds_protocol.failover.observed import AccountSeen

HEALTHY, UNHEALTHY, UNKNOWN = HealthState.HEALTHY, HealthState.UNHEALTHY, HealthState.UNKNOWN


# --- what a gateway says -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beat", "reason"),
    [
        pytest.param({}, AccountReason.STREAMING, id="all-is-well"),
        pytest.param({"state": GatewayState.DRAINING}, AccountReason.DRAINING, id="sigterm"),
        pytest.param({"state": GatewayState.BLOCKED}, AccountReason.BLOCKED, id="blocked"),
        pytest.param(
            {
                "state": GatewayState.BLOCKED,
                "market_data": Front(connected=True, logged_in=False, error_code=3, refused=3, gave_up=True),
            },
            AccountReason.LOGIN_REFUSED,
            id="refused-often-enough",
        ),
        pytest.param(
            {"market_data": Front(connected=False, logged_in=False, error_code=3, refused=1)},
            AccountReason.LOGIN_REFUSED,
            id="refused-and-hung-up",
        ),
        pytest.param(
            {"trade": Front(connected=True, logged_in=False, error_code=3, refused=3, gave_up=True)},
            AccountReason.STREAMING,
            id="trade-refused-often-enough-while-ticks-come",
        ),
        pytest.param(
            {"market_data": Front(connected=False, logged_in=False, error_code=4097)},
            AccountReason.FRONT_LOST,
            id="front-lost",
        ),
        pytest.param(
            {"state": GatewayState.CONNECTING, "market_data": Front(connected=False, logged_in=False)},
            AccountReason.STARTING,
            id="not-yet-connected",
        ),
        pytest.param(
            {"market_data": Front(connected=True, logged_in=False)}, AccountReason.STARTING, id="logging-in"
        ),
        pytest.param(
            {"market_data": Front(connected=True, logged_in=False, error_code=8)},
            AccountReason.LOGIN_REFUSED,
            id="login-refused-for-now",
        ),
        pytest.param(
            {"market_data": Front(connected=True, logged_in=False, error_code=75)},
            AccountReason.BLOCKED,
            id="login-refused-for-good",
        ),
        pytest.param(
            {"trade": Front(connected=False, logged_in=False, error_code=4097)},
            AccountReason.STREAMING,
            id="trading-front-lost-is-no-fault",
        ),
        pytest.param({"oldest_unacked_ms": 999}, AccountReason.STREAMING, id="ack-just-in-time"),
        pytest.param({"oldest_unacked_ms": 1000}, AccountReason.PUBLISH_STALLED, id="no-ack-for-a-second"),
        pytest.param({"state": GatewayState.SUBSCRIBING}, AccountReason.STARTING, id="first-subscription"),
    ],
)
def test_what_the_gateway_says_is_believed_at_once(beat: dict[str, Any], reason: AccountReason) -> None:
    health = judge(make_account(beat=beat))

    assert health.reason is reason
    assert (health.state is HEALTHY) == (reason is AccountReason.STREAMING)


def test_new_contracts_on_a_healthy_account_are_no_fault() -> None:
    account = make_account(beat={"state": GatewayState.SUBSCRIBING})

    assert judge(account, before=make_health()).state is HEALTHY


def test_a_fault_names_its_code() -> None:
    fault = find_fault(make_heartbeat(market_data=Front(connected=False, logged_in=False, error_code=8193)))

    assert fault is not None
    assert "8193" in fault.detail


@pytest.mark.parametrize("code", [63, 75, 131, 140, 141, 143])
def test_a_login_that_a_retry_makes_worse_stops(code: int) -> None:
    assert classify_login(code) is LoginAnswer.STOP


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (7, LoginAnswer.RETRY),
        (8, LoginAnswer.RETRY),
        (90, LoginAnswer.RETRY),
        (60, LoginAnswer.FAIL_OVER),
        (3, LoginAnswer.INSPECT),
        (12345, LoginAnswer.INSPECT),
    ],
)
def test_other_login_codes_do_not_stop(code: int, answer: LoginAnswer) -> None:
    assert classify_login(code) is answer
    assert len(LOGIN_ANSWERS) == 11


# --- what a person asked for, and memory -------------------------------------------------------------------


def test_disabled_and_sleeping_accounts_are_not_mourned() -> None:
    assert judge(make_account(enabled=False, heard_ago=None)).reason is AccountReason.DISABLED
    assert judge(make_account(enabled=False, kept=True)).reason is AccountReason.STREAMING
    assert judge(make_account(standby=Standby.COLD, pod=None, heard_ago=None)).reason is AccountReason.COLD
    assert judge(make_account(standby=Standby.COLD)).state is HEALTHY


def test_the_clock_of_a_state_survives_an_unknown_in_between() -> None:
    deaf = replace(SURE, echo_at=None)
    once = judge(make_account(), before=make_health(since=LONG_AGO), listening=deaf)
    unsure = judge(make_account(), before=once, listening=deaf)
    again = judge(make_account(), before=unsure)

    assert (unsure.state, unsure.since) == (UNKNOWN, NOW)
    assert (again.state, again.since) == (HEALTHY, LONG_AGO)


def test_the_clock_starts_anew_when_the_state_changed() -> None:
    draining = make_account(beat={"state": GatewayState.DRAINING})

    assert judge(draining, before=make_health(since=LONG_AGO)).since == NOW


@pytest.mark.parametrize(
    ("probe_age_ms", "probing"), [(2399, True), (2400, False), (None, False)], ids=["fresh", "old", "never"]
)
def test_a_probe_counts_while_it_is_fresh(probe_age_ms: int | None, *, probing: bool) -> None:
    account = make_account(heard_ago=0.1, beat={"probe_age_ms": probe_age_ms})

    assert judge(account).is_probing is probing


@pytest.mark.parametrize(("instance", "kept"), [("a-12345", "new"), ("a-00000", "old")], ids=["own", "other"])
def test_a_heartbeat_of_a_replaced_pod_is_not_kept(instance: str, kept: str) -> None:
    old = Heard(heartbeat=make_heartbeat(sequence=1), at=LONG_AGO)
    heard = hear(old, make_heartbeat(instance=instance), pod="a-12345", now=NOW)

    assert heard is not None
    assert heard.at == {"new": NOW, "old": LONG_AGO}[kept]


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        pytest.param({}, LONG_AGO, id="the same state"),
        pytest.param({"state": GatewayState.LOGGING_IN}, NOW, id="another state"),
        pytest.param({"sequence": 1}, NOW, id="the same state of another process"),
    ],
)
def test_a_state_lasts_since_it_was_first_heard(changes: dict[str, Any], since: float) -> None:
    first = hear(None, make_heartbeat(sequence=7), pod="a-12345", now=LONG_AGO)
    heard = hear(first, make_heartbeat(**{"sequence": 8, **changes}), pod="a-12345", now=NOW)

    assert heard is not None
    assert heard.state_since == since


@pytest.mark.parametrize(
    ("trade", "reason"),
    [
        pytest.param(Front(connected=True, logged_in=False, error_code=3), "LoginRefused", id="refused"),
        pytest.param(Front(connected=True, logged_in=False, error_code=63), "Blocked", id="blocked"),
        pytest.param(Front(connected=True, logged_in=False, error_code=4096), "LoginRefused", id="last-code"),
        pytest.param(Front(connected=True, logged_in=False, error_code=4097), "Starting", id="disconnect"),
        pytest.param(Front(connected=False, logged_in=False, error_code=3), "LoginRefused", id="hung-up"),
        pytest.param(Front(connected=False, logged_in=False, error_code=4097), "Starting", id="lost"),
        pytest.param(Front(connected=True, logged_in=True), "Starting", id="logged-in"),
    ],
)
def test_a_trading_login_that_is_refused_explains_why_market_data_waits(trade: Front, reason: str) -> None:
    waits = Front(connected=True, logged_in=False)
    account = make_account(beat={"state": GatewayState.LOGGING_IN, "market_data": waits, "trade": trade})

    assert judge(account).reason == reason


@pytest.mark.parametrize(
    "account",
    [
        make_account(beat={"state": state, "market_data": front})
        for state in GatewayState
        for front in (
            Front(connected=False, logged_in=False),
            Front(connected=False, logged_in=False, error_code=4097),
            Front(connected=True, logged_in=False, error_code=3),
            Front(connected=True, logged_in=False, error_code=63),
        )
    ]
    + [
        make_account(heard_ago=9.0, pod=None),
        make_account(heard_ago=9.0, pod=pod(node_ready=False)),
        make_account(heard_ago=9.0, pod=pod(died_at=NOW)),
        make_account(heard_ago=None, pod=None, standby=Standby.COLD),
    ],
)
def test_every_way_to_be_unhealthy_is_a_reason_to_move(account: AccountSeen) -> None:
    health = judge(account)

    assert health.state is UNHEALTHY
    assert FailoverReason(health.reason.value)


def test_the_session_of_a_stale_exchange_is_part_of_the_judgement() -> None:
    behind = make_account(beat={"exchanges": {"SHFE": make_exchange(20_000, session=SessionState.CLOSED)}})

    assert judge(behind, before=make_health(behind={"SHFE": LONG_AGO})).state is HEALTHY
