"""A pod that has not spoken yet is young, not silent; one that never speaks does not stay young for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.health import Health, HealthState, assess
from mds_protocol.failover.observed import Heard, Livez, PodSeen, Surroundings, heard_from
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from tests.unit.failover.builders import (
    EPOCH,
    LONG_AGO,
    NOW,
    SUBSCRIPTION,
    SURE,
    make_account,
    make_active_account,
    make_heartbeat,
    make_publication,
)

if TYPE_CHECKING:
    from mds_protocol.failover.observed import AccountSeen, Listening

NAMED = {SUBSCRIPTION: EPOCH}
SHUT = {"livez": Livez.NO_ANSWER, "livez_asked_at": NOW}
OPEN = {"livez": Livez.ANSWERED, "livez_asked_at": NOW}
HEARS_NOTHING = make_account(
    "b", beat={"peer_age_ms": {"a": 9_000}, "publications": (make_publication(witness_asked_ms=100),)}
)
HEARS_IT = make_account("b", beat={"peer_age_ms": {"a": 100}})


def judge(account: AccountSeen, *peers: AccountSeen, listening: Listening = SURE) -> Health:
    around = Surroundings(peers=(account, *peers), listening=listening)
    return assess(account, around, None, now=NOW)


def unheard(age_s: float | None, *, named_in: dict[str, int] | None = None, **pod: Any) -> AccountSeen:
    """Never heard; its pod began so long ago, or before the observer looked."""
    began_at = None if age_s is None else NOW - age_s
    seen = PodSeen(name="a-12345", began_at=began_at, **pod)
    return make_account(heard_ago=None, pod=seen, named_in=named_in or {})


@pytest.mark.parametrize("named_in", [{}, NAMED], ids=["standby", "named"])
@pytest.mark.parametrize("pod", [{}, SHUT, OPEN], ids=["not asked", "its door is shut", "its door is open"])
@pytest.mark.parametrize("peers", [(), (HEARS_NOTHING,)], ids=["alone", "not heard by a peer"])
@pytest.mark.parametrize(
    ("age_s", "reason"),
    [
        pytest.param(0.0, AccountReason.STARTING, id="just begun"),
        pytest.param(0.71, AccountReason.STARTING, id="older than a silence"),
        pytest.param(119.9, AccountReason.STARTING, id="just before the bound"),
        pytest.param(120.0, AccountReason.SILENT, id="at the bound"),
    ],
)
def test_a_new_pod_starts_until_the_bound_whatever_witnesses_say(
    age_s: float, reason: AccountReason, peers: tuple[AccountSeen, ...], pod: Any, named_in: Any
) -> None:
    health = judge(unheard(age_s, named_in=named_in, **pod), *peers)

    assert (health.state, health.reason) == (HealthState.UNHEALTHY, reason)


def test_who_never_spoke_to_us_and_is_heard_by_a_peer_is_in_doubt() -> None:
    assert judge(unheard(120.0, named_in=NAMED), HEARS_IT).reason is AccountReason.SILENT_UNCONFIRMED


@pytest.mark.parametrize(
    ("pod", "reason"),
    [
        pytest.param({"died_at": NOW}, AccountReason.CONTAINER_DIED, id="its own container ended"),
        pytest.param({"node_ready": False}, AccountReason.NODE_LOST, id="its node is lost"),
    ],
)
def test_what_kubernetes_says_of_a_new_pod_counts_at_once(pod: Any, reason: AccountReason) -> None:
    assert judge(unheard(1.0, **pod)).reason is reason


@pytest.mark.parametrize(
    ("heard_ago", "reason"),
    [
        pytest.param(0.69, AccountReason.STREAMING, id="just before 700 ms"),
        pytest.param(0.71, AccountReason.SILENT, id="just after 700 ms"),
    ],
)
def test_a_new_pod_that_spoke_once_is_missed_like_any_other(heard_ago: float, reason: AccountReason) -> None:
    young = PodSeen(name="a-12345", began_at=NOW - 2.0)

    assert judge(make_active_account(heard_ago=heard_ago, pod=young), HEARS_NOTHING).reason is reason


@pytest.mark.parametrize(
    ("named_in", "peers", "reason"),
    [
        pytest.param({}, (), AccountReason.STARTING, id="no route names it"),
        pytest.param(NAMED, (), AccountReason.SILENT_UNCONFIRMED, id="named: it may publish unheard"),
        pytest.param(NAMED, (HEARS_NOTHING,), AccountReason.SILENT, id="named, and a peer confirms it"),
    ],
)
def test_an_observer_that_began_later_takes_only_a_standby_for_new(
    named_in: Any, peers: tuple[AccountSeen, ...], reason: AccountReason
) -> None:
    just_begun = replace(SURE, since=NOW - 0.8)

    assert judge(unheard(None, named_in=named_in), *peers, listening=just_begun).reason is reason


@pytest.mark.parametrize(
    ("listened_s", "reason"), [(119.9, AccountReason.STARTING), (120.0, AccountReason.SILENT)]
)
def test_no_pod_is_given_up_before_it_was_listened_to_for_as_long(
    listened_s: float, reason: AccountReason
) -> None:
    listening = replace(SURE, since=NOW - listened_s)

    assert judge(unheard(5_000.0), listening=listening).reason is reason
    assert judge(unheard(None), listening=listening).reason is reason


def test_the_end_of_a_pod_that_was_told_to_go_is_no_death() -> None:
    ended = PodSeen(name="a-12345", died_at=NOW)
    told = make_active_account(heard_ago=0.71, pod=ended, leaving=FailoverReason.DRAINING)
    planned = make_active_account(heard_ago=0.71, pod=ended, leaving=FailoverReason.PLANNED_RESTART)

    assert judge(told).reason is AccountReason.DRAINING
    assert judge(planned).reason is AccountReason.CONTAINER_DIED


def test_an_account_without_a_pod_waits_for_one() -> None:
    assert judge(make_account(heard_ago=None, pod=None)).reason is AccountReason.STARTING


@pytest.mark.parametrize(
    ("pod", "is_kept"),
    [
        pytest.param("a-12345", True, id="its present pod"),
        pytest.param("a-67890", False, id="the pod before"),
        pytest.param(None, True, id="the last word of a pod that is gone"),
    ],
)
def test_a_heartbeat_is_of(pod: str | None, *, is_kept: bool) -> None:
    heard = Heard(heartbeat=make_heartbeat(), at=LONG_AGO)

    assert heard_from(heard, pod) == (heard if is_kept else None)
