"""What restarts a gateway, and what must not: edits, an operator that begins anew, an upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.desks import ACCOUNTS, Desk, build_account, build_secret, build_subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.installation import Installation
    from tests.e2e.kube import Object

A, B = "edit-a", "edit-b"
OTHER_SECRET = "edit-other"
EDITS = 50

ROLLING: dict[str, dict[str, Any]] = {
    "roll-front": {
        "ctp": {"tradeFronts": ["tcp://mds-sim-a:10201", "tcp://mds-sim-b:10201"]},
    },
    "roll-ref": {"credentialsSecretRef": {"name": OTHER_SECRET}},
    "roll-memory": {"pod": {"resources": {"limits": {"memory": "500Mi"}}}},
    "roll-label": {"pod": {"labels": {"team": "futures"}}},
}
"""By account: an edit that makes its pod anew."""

QUIET: dict[str, Any] = {
    "health": {"staleAfter": "11s"},
    "recovery": {"restartAfter": "31s", "cooldown": "61s", "maxPerHour": 5},
    "schedule": {"dailyRestarts": ["03:33"]},
    "limits": {"subscribeBatch": 400, "subscribePerSecond": 900},
}
"""What takes effect without a restart, at once."""


@pytest.fixture(scope="module")
def desk(open_desk: Callable[[str], Desk]) -> Desk:
    opened = open_desk("desk-edits")
    names = (A, B, *ROLLING)
    labels = {"group": "edits"}
    accounts = [build_account(name, priority=500 if name == A else 100) for name in names]
    for account in accounts[:2]:
        account["metadata"]["labels"] = labels
    opened.apply(
        *(build_secret(name) for name in names),
        build_secret(OTHER_SECRET),
        *accounts,
        build_subscription("edits", "md.edits", accounts={"selector": {"matchLabels": labels}}),
    )
    opened.wait_until_hot(*names)
    return opened


@pytest.fixture(scope="module")
def rolled(desk: Desk) -> dict[str, Object]:
    """The pods as they were when all rolling edits were made, together."""
    before = {name: desk.pod(name) for name in ROLLING}
    for name, spec in ROLLING.items():
        desk.edit(name, **spec)
    return before


def read_unowned(found: Object) -> Object:
    """What of an account is not the operator's: all but the status, and the version that it raises."""
    metadata = {key: value for key, value in found["metadata"].items() if key != "resourceVersion"}
    metadata["managedFields"] = [
        entry for entry in metadata["managedFields"] if entry.get("subresource") != "status"
    ]
    return {"metadata": metadata, "spec": found["spec"]}


def see_unowned(desk: Desk, name: str) -> Object:
    return read_unowned(desk.kube.read(ACCOUNTS, desk.namespace, name))


def see_publisher(desk: Desk) -> tuple[str, int]:
    status = desk.subscription("edits")["status"]
    return status["activeAccount"], status["epoch"]


def test_fifty_edits_of_a_priority_restart_nothing(desk: Desk) -> None:
    before = desk.snapshot_pods(A, B)

    for number in range(EDITS):
        desk.edit(B, priority=100 + number)
    desk.wait_until_observed(B)

    assert desk.snapshot_pods(A, B) == before


def test_what_is_not_in_the_pod_restarts_nothing(desk: Desk) -> None:
    before = desk.snapshot_pods(A)

    desk.edit(A, **QUIET)
    desk.edit(A, paused=True)
    desk.wait_until_observed(A)
    desk.edit(A, paused=False)
    desk.wait_until_observed(A)

    assert desk.snapshot_pods(A) == before


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in ROLLING])
def test_what_is_in_the_pod_makes_it_anew(desk: Desk, rolled: dict[str, Object], name: str) -> None:
    desk.wait_for_another_pod(name, rolled[name])

    desk.wait_until_hot(name)


def test_a_killed_operator_restarts_no_gateway_moves_nothing_and_leaves_metadata_alone(
    desk: Desk, installation: Installation
) -> None:
    pods, metadata, publisher = desk.snapshot_pods(A, B), see_unowned(desk, A), see_publisher(desk)

    installation.kill_operator()
    desk.edit(B, priority=70)
    desk.wait_until_observed(B)
    desk.wait_until_hot(A)

    assert desk.snapshot_pods(A, B) == pods
    assert see_unowned(desk, A) == metadata
    assert see_publisher(desk) == publisher


def test_an_upgrade_of_the_operator_restarts_no_gateway(desk: Desk, installation: Installation) -> None:
    pods, operator = desk.snapshot_pods(A, B), installation.operators[0]["metadata"]["uid"]

    installation.upgrade({"operator": {"podAnnotations": {"upgraded": "yes"}}})
    desk.edit(B, priority=60)
    desk.wait_until_observed(B)
    desk.wait_until_hot(A)

    assert installation.operators[0]["metadata"]["uid"] != operator
    assert desk.snapshot_pods(A, B) == pods
