"""The life of an account: applied, hurt, disabled, with a broken Secret, blocked, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e import lives
from tests.e2e.desks import (
    ACCOUNTS,
    Desk,
    build_account,
    build_secret,
    build_subscription,
    describe_run,
    is_ready,
    read_reason,
)
from tests.e2e.kube import read_condition
from tests.kit.waiting import hold_for, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.heartbeats import Listener
    from tests.e2e.installation import Installation

NAME, BLOCKED = "life", "life-blocked"
AUTHENTICATION_FAILED = 63
A_WHILE_S = 3.0
"""Long enough for an operator that looks ten times a second to do what it must not."""


@pytest.fixture(scope="module")
def desk(open_desk: Callable[[str], Desk]) -> Desk:
    opened = open_desk("desk-life")
    opened.apply(build_subscription("life", "md.life"))
    return opened


def test_an_applied_account_becomes_a_pod_that_is_ready(desk: Desk, heartbeats: Listener) -> None:
    took = lives.apply(desk, heartbeats, NAME)

    assert took.first_heartbeat < took.ready
    owner = desk.pod(NAME)["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("FeedAccount", NAME, True)


def test_a_killed_container_comes_back_in_its_pod(desk: Desk, heartbeats: Listener) -> None:
    uid, started = describe_run(desk.pod(NAME))

    lives.kill_container(desk, heartbeats, NAME)

    wait_until(  # the kubelet writes it down later than the gateway speaks
        "the kubelet says that it began once more",
        lambda: describe_run(desk.pod(NAME)),
        lambda run: run == (uid, started + 1),
    )


def test_a_deleted_pod_is_made_anew(desk: Desk, heartbeats: Listener) -> None:
    before = desk.pod(NAME)

    lives.delete_pod(desk, heartbeats, NAME)

    assert desk.wait_for_another_pod(NAME, before)["metadata"]["name"] != before["metadata"]["name"]


def test_a_disabled_account_has_no_pod_and_is_not_unwell(desk: Desk) -> None:
    desk.edit(NAME, enabled=False)

    found = desk.wait_for_reason(NAME, "Disabled")
    wait_until("the pod is gone", lambda: desk.pods(NAME), lambda pods: not pods)
    assert is_ready(found)


def test_an_enabled_account_has_a_pod_again(desk: Desk) -> None:
    desk.edit(NAME, enabled=True)

    desk.wait_for_reason(NAME, "Active")
    assert len(desk.pods(NAME)) == 1


def test_a_spoilt_secret_is_told_and_stops_nothing(desk: Desk) -> None:
    before = describe_run(desk.pod(NAME))
    desk.set_secret(NAME, authCode="01234567890123456")

    found = desk.wait_for_account(
        "says that its Secret is wrong",
        NAME,
        lambda account: read_condition(account, "Accepted").get("reason") == "CredentialsInvalid",
    )

    assert read_reason(found) == "Active"
    assert describe_run(desk.pod(NAME)) == before


@pytest.mark.slow("Secrets are looked at every 5 s, and pods go and come")
def test_a_corrected_secret_with_another_login_makes_the_pod_anew(desk: Desk) -> None:
    before = desk.pod(NAME)

    desk.set_secret(NAME, authCode="0001")

    desk.wait_for_another_pod(NAME, before)
    desk.wait_for_reason(NAME, "Active")


@pytest.mark.slow("Secrets are looked at every 5 s, and pods go and come")
def test_a_blocked_account_gets_no_pod_until_its_login_is_another(desk: Desk) -> None:
    desk.simulator.post(f"/accounts/{BLOCKED}", refuse=AUTHENTICATION_FAILED)
    desk.apply(build_secret(BLOCKED), build_account(BLOCKED))
    desk.wait_for_reason(BLOCKED, "Blocked")
    desk.kube.delete("pods", desk.namespace, desk.pod(BLOCKED)["metadata"]["name"])
    wait_until("the pod is gone", lambda: desk.pods(BLOCKED), lambda pods: not pods)
    desk.simulator.post(f"/accounts/{BLOCKED}", refuse=0)

    hold_for("no pod is made", lambda: desk.pods(BLOCKED), lambda pods: not pods, for_s=A_WHILE_S)
    desk.set_secret(BLOCKED, authCode="0001")

    desk.wait_for_reason(BLOCKED, "Standby")


def test_without_an_operator_an_account_is_deleted_and_takes_its_pod_along(
    desk: Desk, installation: Installation
) -> None:
    """Nobody who is not there is waited for: how long it takes, tests.bench.accounts says."""
    lives.delete_without_operator(installation, desk, BLOCKED)

    assert desk.kube.find(ACCOUNTS, desk.namespace, BLOCKED) is None
    assert desk.pods(BLOCKED) == []
