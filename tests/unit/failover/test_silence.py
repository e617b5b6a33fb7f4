"""Silence: it takes a second witness to condemn an account, and nobody does who does not hear itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.health import HealthState, assess_all
from mds_protocol.failover.observed import Listening, Livez, Standby
from mds_protocol.resources.reasons import AccountReason
from tests.unit.failover.builders import (
    EPOCH,
    LONG_AGO,
    NOW,
    SURE,
    judge,
    make_account,
    make_active_account,
    make_publication,
    pod,
)

if TYPE_CHECKING:
    from mds_protocol.failover.observed import AccountSeen

HEALTHY, UNKNOWN = HealthState.HEALTHY, HealthState.UNKNOWN


def peer_that_hears(
    age_ms: int | None, tick_age_ms: int | None = None, *, asked: int | None = 100, **more: Any
) -> Any:
    publication = make_publication(
        epoch=more.pop("epoch", EPOCH), witness_asked_ms=asked, witnessed_tick_age_ms=tick_age_ms
    )
    return make_account("b", beat={"peer_age_ms": {"a": age_ms}, "publications": (publication,)}, **more)


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
