from __future__ import annotations

import pytest

from mds_demo import seen
from tests.unit.demo.resources import account, condition, subscription


def test_an_account_is_read_as_kubectl_shows_it() -> None:
    found = seen.parse_account(account())

    assert (found.name, found.ready, found.role, found.health) == ("ctp-a", "True", "Active", "Healthy")
    assert (found.priority, found.reason, found.restarts) == (100, "Active", 2)
    assert (found.phase, found.pod, found.message) == ("Streaming", "ctp-a-1f3c9", "Active, in a sentence.")


def test_an_account_without_a_status_is_empty_and_not_well() -> None:
    found = seen.parse_account({"metadata": {"name": "ctp-a"}, "spec": {"priority": 90}})

    assert (found.priority, found.ready, found.health, found.restarts) == (90, "", "", 0)
    assert not found.is_well


@pytest.mark.parametrize(
    ("ready", "health", "is_well"),
    [
        pytest.param("True", "Healthy", True, id="ready and healthy"),
        pytest.param("False", "Healthy", False, id="not ready"),
        pytest.param("True", "Unknown", False, id="ready, but nobody knows"),
    ],
)
def test_an_account_is_well_if_it_is_ready_and_healthy(ready: str, health: str, *, is_well: bool) -> None:
    resource = account(health=health, conditions=[condition("Ready", ready)])

    assert seen.parse_account(resource).is_well is is_well


def test_a_subscription_is_read_as_kubectl_shows_it() -> None:
    found = seen.parse_subscription(subscription())

    assert (found.ready, found.active, found.next, found.reason) == ("True", "ctp-a", "ctp-b", "Active")
    assert (found.coverage, found.failovers, found.epoch) == ("320/320", 3, 4)


@pytest.mark.parametrize("status", ["True", "False", "Unknown"])
def test_only_a_true_condition_is_redundancy(status: str) -> None:
    resource = subscription(conditions=[condition("Redundant", status)])

    assert seen.parse_subscription(resource).is_redundant is (status == "True")


def test_a_subscription_without_a_status_is_empty() -> None:
    found = seen.parse_subscription({"metadata": {"name": "futures"}, "spec": {}})

    assert (found.ready, found.active, found.epoch, found.is_redundant) == ("", "", 0, False)
