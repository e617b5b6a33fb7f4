"""Health: what a gateway says is believed at once, what it does not say needs a second witness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.health import Health, HealthState, assess, assess_all, find_fault
from mds_protocol.failover.logins import LOGIN_ANSWERS, LoginAnswer, classify_login
from mds_protocol.failover.observed import Heard, Listening, Livez, PodSeen, Standby, Surroundings, hear
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import Front, GatewayState, SessionState
from tests.unit.failover.builders import (
    EPOCH,
    LONG_AGO,
    NOW,
    SURE,
    make_account,
    make_active_account,
    make_exchange,
    make_health,
    make_heartbeat,
    make_publication,
)

if TYPE_CHECKING:
    from mds_protocol.failover.observed import AccountSeen

HEALTHY, UNHEALTHY, UNKNOWN = HealthState.HEALTHY, HealthState.UNHEALTHY, HealthState.UNKNOWN


def judge(account: AccountSeen, *peers: AccountSeen, before: Health | None = None, **seen: Any) -> Health:
    around = Surroundings(peers=(account, *peers), listening=seen.pop("listening", SURE), **seen)
    return assess(account, around, before, now=NOW)


def pod(**changes: Any) -> PodSeen:
    return PodSeen(name="a-12345", **changes)


def peer_that_hears(
    age_ms: int | None, tick_age_ms: int | None = None, *, asked: int | None = 100, **more: Any
) -> Any:
    publication = make_publication(
        epoch=more.pop("epoch", EPOCH), witness_asked_ms=asked, witnessed_tick_age_ms=tick_age_ms
    )
    return make_account("b", beat={"peer_age_ms": {"a": age_ms}, "publications": (publication,)}, **more)


# --- what a gateway says -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beat", "reason"),
    [
        pytest.param({}, AccountReason.STREAMING, id="all-is-well"),
        pytest.param({"state": GatewayState.DRAINING}, AccountReason.DRAINING, id="sigterm"),
        pytest.param({"state": GatewayState.BLOCKED}, AccountReason.BLOCKED, id="blocked"),
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


# --- silence -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard_ago", "reason"),
    [
        pytest.param(0.69, AccountReason.STREAMING, id="just-before-700-ms"),
        pytest.param(0.71, AccountReason.SILENT_UNCONFIRMED, id="just-after-700-ms"),
        pytest.param(600.0, AccountReason.SILENT_UNCONFIRMED, id="after-ten-minutes"),
    ],
)
def test_silence_alone_is_unknown_however_long(heard_ago: float, reason: AccountReason) -> None:
    assert judge(make_active_account(heard_ago=heard_ago)).reason is reason


@pytest.mark.parametrize(
    ("deaf_for_s", "back_since_s", "reason"),
    [
        pytest.param(20.0, 2.9, AccountReason.STREAMING, id="after-an-outage-it-may-be-on-its-way-back"),
        pytest.param(20.0, 3.1, AccountReason.SILENT, id="after-an-outage-it-did-not-come-back"),
        pytest.param(2.1, 2.9, AccountReason.STREAMING, id="a-short-outage"),
        pytest.param(1.9, 0.8, AccountReason.SILENT, id="a-busy-moment-excuses-nobody"),
    ],
)
def test_who_was_cut_off_with_us_gets_time_to_return(
    deaf_for_s: float, back_since_s: float, reason: AccountReason
) -> None:
    account = make_active_account(heard_ago=back_since_s + deaf_for_s)
    listening = replace(SURE, since=NOW - back_since_s)

    assert judge(account, peer_that_hears(700), listening=listening).reason is reason


@pytest.mark.parametrize(
    ("witness", "reason"),
    [
        pytest.param(peer_that_hears(700, None), AccountReason.SILENT, id="hears-nothing-and-finds-nothing"),
        pytest.param(peer_that_hears(700, 700), AccountReason.SILENT, id="finds-only-an-old-tick"),
        pytest.param(peer_that_hears(700, 699), AccountReason.SILENT_UNCONFIRMED, id="finds-a-fresh-tick"),
        pytest.param(peer_that_hears(699), AccountReason.SILENT_UNCONFIRMED, id="heard-it-just-now"),
        pytest.param(peer_that_hears(None), AccountReason.SILENT_UNCONFIRMED, id="never-heard-it"),
        pytest.param(peer_that_hears(700, asked=None), AccountReason.SILENT_UNCONFIRMED, id="did-not-ask"),
        pytest.param(peer_that_hears(700, asked=1000), AccountReason.SILENT, id="asked-lately"),
        pytest.param(peer_that_hears(700, asked=1001), AccountReason.SILENT_UNCONFIRMED, id="asked-long-ago"),
        pytest.param(
            peer_that_hears(700, epoch=4), AccountReason.SILENT_UNCONFIRMED, id="asked-for-another-epoch"
        ),
        pytest.param(peer_that_hears(700, heard_ago=0.69), AccountReason.SILENT, id="is-heard-itself"),
        pytest.param(
            peer_that_hears(700, heard_ago=0.71), AccountReason.SILENT_UNCONFIRMED, id="is-silent-itself"
        ),
        pytest.param(
            peer_that_hears(700, standby=Standby.COLD), AccountReason.SILENT_UNCONFIRMED, id="is-not-hot"
        ),
    ],
)
def test_a_peer_confirms_a_silence_when_it(witness: AccountSeen, reason: AccountReason) -> None:
    assert judge(make_active_account(heard_ago=0.8), witness).reason is reason


def test_one_peer_that_hears_the_account_outweighs_one_that_does_not() -> None:
    deaf, hearing = peer_that_hears(900), replace(peer_that_hears(100), name="c")

    assert judge(make_active_account(heard_ago=0.8), deaf, hearing).state is UNKNOWN


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        pytest.param({"died_at": NOW - 0.7}, AccountReason.CONTAINER_DIED, id="container-ended-since"),
        pytest.param(
            {"died_at": NOW - 0.9}, AccountReason.SILENT_UNCONFIRMED, id="container-ended-before-it-spoke"
        ),
        pytest.param({"node_ready": False}, AccountReason.NODE_LOST, id="node-not-ready"),
        pytest.param(
            {"livez": Livez.NO_ANSWER, "livez_asked_at": NOW - 0.7},
            AccountReason.SILENT,
            id="livez-does-not-answer",
        ),
        pytest.param(
            {"livez": Livez.NO_ANSWER, "livez_asked_at": NOW - 0.9},
            AccountReason.SILENT_UNCONFIRMED,
            id="livez-was-asked-before",
        ),
        pytest.param(
            {"livez": Livez.ANSWERED, "livez_asked_at": NOW},
            AccountReason.SILENT_UNCONFIRMED,
            id="livez-answers",
        ),
    ],
)
def test_without_a_peer_kubernetes_or_livez_confirm(seen: dict[str, Any], reason: AccountReason) -> None:
    assert judge(make_active_account(heard_ago=0.8, pod=pod(**seen))).reason is reason


def test_with_a_peer_livez_does_not_count() -> None:
    account = make_active_account(heard_ago=0.8, pod=pod(livez=Livez.NO_ANSWER, livez_asked_at=NOW))

    assert judge(account, peer_that_hears(700, 100)).state is UNKNOWN


def test_a_dead_container_that_is_heard_again_lives() -> None:
    assert judge(make_active_account(pod=pod(died_at=NOW - 0.2))).state is HEALTHY


@pytest.mark.parametrize(
    ("listening", "state"),
    [
        pytest.param(SURE, HEALTHY, id="hears-itself"),
        pytest.param(replace(SURE, echo_at=NOW - 0.49), HEALTHY, id="echo-just-in-time"),
        pytest.param(replace(SURE, echo_at=NOW - 0.5), UNKNOWN, id="echo-late"),
        pytest.param(replace(SURE, echo_at=None), UNKNOWN, id="no-echo-yet"),
        pytest.param(replace(SURE, loop_late_s=0.29), HEALTHY, id="loop-almost-late"),
        pytest.param(replace(SURE, loop_late_s=0.3), UNKNOWN, id="loop-late"),
        pytest.param(replace(SURE, since=NOW - 0.7), HEALTHY, id="listens-long-enough"),
        pytest.param(replace(SURE, since=NOW - 0.69), UNKNOWN, id="began-to-listen-just-now"),
    ],
)
def test_who_does_not_hear_itself_judges_nobody(listening: Listening, state: HealthState) -> None:
    assert judge(make_account(), listening=listening).state is state


@pytest.mark.parametrize(("late_by", "since"), [(0.49, LONG_AGO), (0.5, NOW)], ids=["in-time", "late"])
def test_a_late_echo_starts_the_listening_anew(late_by: float, since: float) -> None:
    assert replace(SURE, echo_at=NOW - late_by).heard_echo(NOW).since == since


def silent_at(*heard_ago: float, hot: int = 0, **changes: Any) -> list[AccountSeen]:
    silent = [make_account(f"s{i}", heard_ago=ago, **changes) for i, ago in enumerate(heard_ago)]
    return silent + [make_account(f"h{i}") for i in range(hot)]


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        pytest.param(silent_at(0.8, 0.9, hot=1), AccountReason.MASS_SILENCE, id="two-of-three"),
        pytest.param(
            silent_at(0.8, 0.9, hot=2), AccountReason.SILENT_UNCONFIRMED, id="half-is-not-more-than-half"
        ),
        pytest.param(silent_at(0.8), AccountReason.SILENT_UNCONFIRMED, id="one-of-one-is-not-two"),
        pytest.param(silent_at(0.8, 1.8, hot=1), AccountReason.MASS_SILENCE, id="within-a-second"),
        pytest.param(silent_at(0.8, 1.81, hot=1), AccountReason.SILENT_UNCONFIRMED, id="a-second-apart"),
        pytest.param(
            silent_at(0.8, 0.8, 3600.0, hot=1), AccountReason.MASS_SILENCE, id="long-dead-ones-do-not-count"
        ),
    ],
)
def test_mass_silence_condemns_nobody(accounts: list[AccountSeen], expected: AccountReason) -> None:
    assert assess_all(accounts, SURE, {}, {}, now=NOW)["s0"].reason is expected


def test_in_a_mass_silence_a_peer_is_not_enough_but_livez_is() -> None:
    mass = frozenset("a")
    denied = make_active_account(heard_ago=0.8, pod=pod(livez=Livez.NO_ANSWER, livez_asked_at=NOW))

    assert judge(make_active_account(heard_ago=0.8), peer_that_hears(900), mass_silence=mass).state is UNKNOWN
    assert judge(denied, mass_silence=mass).reason is AccountReason.SILENT


# --- what a person asked for, and memory -------------------------------------------------------------------


def test_disabled_and_sleeping_accounts_are_not_mourned() -> None:
    assert judge(make_account(enabled=False, heard_ago=None)).reason is AccountReason.DISABLED
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
    ("trade", "reason"),
    [
        pytest.param(Front(connected=True, logged_in=False, error_code=3), "LoginRefused", id="refused"),
        pytest.param(Front(connected=True, logged_in=False, error_code=63), "Blocked", id="blocked"),
        pytest.param(Front(connected=True, logged_in=False, error_code=4096), "LoginRefused", id="last-code"),
        pytest.param(Front(connected=True, logged_in=False, error_code=4097), "Starting", id="disconnect"),
        pytest.param(Front(connected=False, logged_in=False, error_code=3), "Starting", id="not-connected"),
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
