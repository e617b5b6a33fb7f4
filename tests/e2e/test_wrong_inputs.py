"""What a tired engineer reads: each row of docs/troubleshooting.md that can be made, on a real cluster.

All of them are made at once, as most of the time is waiting.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.desks import (
    ACCOUNTS,
    RESTARTED_AT,
    Desk,
    build_subscription,
    is_active,
    is_hot,
    read_message,
)
from tests.e2e.kube import Kube, Object, read_condition
from tests.e2e.troubleshooting import Trouble, build_pattern, read_page
from tests.e2e.wrong_inputs import (
    DESK,
    ORPHAN,
    PASSWORD,
    QUOTA_DESK,
    ROWS,
    SERVED,
    WrongInput,
    name_pod,
)
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.installation import Installation

DOTTED = "ctp.a"
RIGHT = "the-right-one"


@pytest.fixture(scope="module")
def page() -> dict[str, Trouble]:
    return read_page()


@pytest.fixture(scope="module")
def desk(open_desk: Callable[[str], Desk]) -> Desk:
    opened = open_desk(DESK)
    prepare_quota(opened.kube)
    for row in ROWS:
        if row.refuse:
            opened.simulator.post(f"/accounts/{row.name}", refuse=row.refuse)
    for namespace in (DESK, QUOTA_DESK):
        opened.kube.apply(
            namespace,
            *(build_for(group, f"md.{namespace}-{group}") for group in (SERVED, ORPHAN)),
            *(
                one
                for row in ROWS
                if row.namespace == namespace and row is not PASSWORD
                for one in row.objects
            ),
        )
    break_what_runs(opened)
    return opened


def build_for(group: str, subject: str) -> Object:
    """Named as on the page: `futures` is the one that most accounts serve."""
    selector = {"matchLabels": {"group": group}}
    return build_subscription(
        "futures" if group == SERVED else group, subject, accounts={"selector": selector}
    )


def prepare_quota(kube: Kube) -> None:
    """No pod may be made there, and none that asks for the host's network."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "desk"},
        "spec": {"hard": {"pods": "0"}},
    }
    kube.apply(QUOTA_DESK, quota)
    kube.kubectl("label", "namespace", QUOTA_DESK, "pod-security.kubernetes.io/enforce=restricted")


def break_what_runs(desk: Desk) -> None:
    """Fronts and a Secret that are taken from accounts which were well."""
    desk.wait_for_account("is hot", "front-lost", is_hot)
    desk.wait_for_subscription("knows its contracts", "futures", knows_contracts)
    desk.simulator.post(f"/accounts/{PASSWORD.name}", password=RIGHT)
    desk.apply(*PASSWORD.objects)
    desk.simulator.post("/fronts/b/down")
    desk.wait_for_account("publishes", "trade-lost", is_active)
    desk.simulator.post("/fronts/trade-b/down")
    desk.wait_for_account("publishes", "orphan", is_active)
    desk.kube.delete("secrets", DESK, "orphan")


def knows_contracts(subscription: Object) -> bool:
    return bool(subscription.get("status", {}).get("contracts", {}).get("selected"))


@pytest.mark.slow("the first waits until all twenty-five accounts were looked at")
@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_it_says_what_the_page_says(desk: Desk, page: dict[str, Trouble], row: WrongInput) -> None:
    trouble = page[row.title]
    message = build_pattern(trouble.message, row.names, name_pod(row.name) | dict(row.differs))

    wait_until(
        f"{row.name} says {trouble.message}",
        lambda: read_message(desk.kube.read(ACCOUNTS, row.namespace, row.name)),
        message.fullmatch,
    )

    # Where a trouble changes nothing of the message, the condition alone tells that it was noticed.
    if trouble.condition is not None:
        kind, *told = trouble.condition
        wait_until(
            f"{row.name} says {trouble.condition}",
            lambda: read_condition(desk.kube.read(ACCOUNTS, row.namespace, row.name), kind),
            lambda condition: [condition.get("status"), condition.get("reason")] == told,
        )
    assert read_printed(desk.kube, row) == expect_printed(trouble, row)


def read_printed(kube: Kube, row: WrongInput) -> list[str]:
    """What a person sees, but for the name and AGE; RESTARTS not where a container dies again and again."""
    line = kube.kubectl("--namespace", row.namespace, "get", "fa", row.name, "--no-headers")
    *columns, restarts, _ = line.split()[1:]
    return columns if "ContainerDied" in columns else [*columns, restarts]


def expect_printed(trouble: Trouble, row: WrongInput) -> list[str]:
    ready, role, health, _, standby, paused, reason, restarts, _ = trouble.columns
    printed = [ready, role, health, row.priority, standby, paused, reason]
    return printed if reason == "ContainerDied" else [*printed, restarts]


@pytest.mark.slow("a container starts again, and a pod goes and comes")
def test_a_wrong_password_is_tried_three_times_whatever_begins_anew(desk: Desk) -> None:
    """The broker locks the login at the fifth. It is mended at the broker, so a person asks for a restart."""
    name = PASSWORD.name
    desk.wait_for_account("is not tried any more", name, lambda found: "tried 3 times" in read_message(found))
    desk.kill(name)
    wait_until("its next container is ready", lambda: desk.pod(name), is_back)
    found = desk.account(name)
    assert (found["status"]["health"], found["status"]["reason"]) == ("Healthy", "LoginRefused")
    assert read_condition(found, "Ready")["status"] == "False"

    desk.kube.delete("pods", DESK, desk.pod(name)["metadata"]["name"])
    desk.wait_for_account("has no pod and waits", name, waits_without_pod)
    assert desk.pods(name) == []
    assert desk.simulator.state()["wrong_passwords"] == {name: 3}

    desk.simulator.post(f"/accounts/{name}", password=PASSWORD.objects[0]["stringData"]["password"])
    desk.annotate(ACCOUNTS, name, RESTARTED_AT, f"{datetime.now(UTC):%FT%TZ}")
    desk.wait_until_hot(name)
    assert desk.simulator.state()["wrong_passwords"] == {}


def is_back(pod: Object) -> bool:
    """Ready is a gateway whose market data is logged in and subscribed."""
    containers = pod["status"].get("containerStatuses", [])
    return bool(containers) and all(one["restartCount"] and one["ready"] for one in containers)


def waits_without_pod(account: Object) -> bool:
    """The operator has looked at it since the pod went."""
    status = account["status"]
    return "podName" not in status and (status["reason"], status["role"]) == ("LoginRefused", "None")


def test_a_name_with_a_dot_is_refused_with_what_a_name_may_be(installation: Installation) -> None:
    account = WrongInput(DOTTED, "").objects[-1]

    told = installation.kube.run_kubectl(
        *("--namespace", DESK, "create", "--filename=-"), stdin=json.dumps(account)
    ).stderr

    assert "must be 1 to 40 lower-case letters, digits and '-'" in told
