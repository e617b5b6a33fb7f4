"""What the operator may do, and what happens where it may not, or where NATS is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.component.chart.rights import RIGHTS, Where
from tests.e2e.desks import (
    Desk,
    build_account,
    build_secret,
    build_subscription,
    is_ready,
    read_message,
    read_reason,
)
from tests.e2e.ground import HOME
from tests.e2e.installation import NATS, OPERATOR
from tests.e2e.troubleshooting import build_pattern, read_page
from tests.kit.waiting import hold_for, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.installation import Installation
    from tests.e2e.kube import Kube

SERVED, DENIED = "desk-bare", "desk-denied"
NAME = "bare"
NATS_LOGIN = "mds-nats-gateway"
EVERYBODYS = frozenset({"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"})
"""What Kubernetes grants every account."""
A_WHILE_S = 3.0
ROW = re.compile(r"^(?P<resource>\S+) +\[(?P<urls>[^]]*)\] +\[(?P<names>[^]]*)\] +\[(?P<verbs>[^]]*)\]$")

type Granted = set[tuple[str, tuple[str, ...]]]


@pytest.fixture(scope="module")
def desk(open_desk: Callable[[str], Desk]) -> Desk:
    opened = open_desk(SERVED)
    opened.apply(build_secret(NAME), build_account(NAME), build_subscription("futures", "md.bare"))
    opened.wait_for_reason(NAME, "Active")
    return opened


@pytest.fixture(scope="module")
def denied(desk: Desk) -> Desk:
    """Its account logs in at the other desk's simulator; here it never comes so far."""
    return Desk(desk.kube, DENIED, desk.simulator)


# --- rights


def list_granted(kube: Kube, namespace: str) -> Granted:
    account = f"system:serviceaccount:{HOME}:{OPERATOR}"
    told = kube.kubectl("auth", "can-i", "--list", f"--as={account}", f"--namespace={namespace}")
    rows = [found for line in told.splitlines()[1:] if (found := ROW.match(line.strip()))]
    return {
        (found["resource"], tuple(found["verbs"].split()))
        for found in rows
        if found["resource"].partition(".")[0] not in EVERYBODYS
    }


def list_promised(*places: Where) -> Granted:
    return {(right.name, right.verbs) for right in RIGHTS if right.where in places}


@pytest.mark.parametrize(
    ("namespace", "places"),
    [
        pytest.param(SERVED, (Where.WATCHED, Where.CLUSTER), id="watched"),
        pytest.param(HOME, (Where.OWN, Where.CLUSTER), id="its own"),
        pytest.param("default", (Where.CLUSTER,), id="any other"),
    ],
)
def test_the_operator_may_do_what_the_page_says_and_no_more(
    installation: Installation, namespace: str, places: tuple[Where, ...]
) -> None:
    assert list_granted(installation.kube, namespace) == list_promised(*places)


# --- where they are missing


def expect_message(title: str, namespace: str, name: str) -> re.Pattern[str]:
    names = {"ctp-a": name, "namespace desk:": f"namespace {namespace}:", "mds-nats,": f"{NATS_LOGIN},"}
    return build_pattern(read_page()[title].message, names, {})


def wait_for_message(desk: Desk, title: str, name: str) -> None:
    pattern = expect_message(title, desk.namespace, name)
    wait_until(f"{name} says {pattern.pattern}", lambda: read_message(desk.account(name)), pattern.fullmatch)


def test_without_the_right_to_secrets_an_account_says_so(denied: Desk) -> None:
    role = denied.kube.read("roles", DENIED, OPERATOR)
    rules = [rule for rule in role["rules"] if "secrets" not in rule["resources"]]
    denied.kube.patch("roles", DENIED, OPERATOR, {"rules": rules})
    denied.apply(build_secret(NAME), build_account(NAME))

    wait_for_message(denied, "the operator may not read Secrets in the namespace", NAME)


def test_without_any_right_in_one_namespace_the_others_go_on(
    desk: Desk, denied: Desk, installation: Installation
) -> None:
    denied.kube.delete("rolebindings", DENIED, OPERATOR)
    installation.kill_operator()
    desk.edit(NAME, priority=300)

    desk.wait_until_observed(NAME)
    desk.wait_until_hot(NAME)
    assert denied.pods(NAME) == []


def test_an_upgrade_brings_the_rights_back(denied: Desk, installation: Installation) -> None:
    installation.upgrade({})

    wait_until("the account has a pod", lambda: denied.pods(NAME))
    denied.edit(NAME, enabled=False)
    denied.wait_for_reason(NAME, "Disabled")


# --- NATS


@pytest.mark.slow("Secrets are looked at every 5 s, and a pod starts")
def test_a_missing_login_to_nats_is_told_and_its_return_is_noticed(desk: Desk) -> None:
    secret = desk.kube.read("secrets", SERVED, NATS_LOGIN)
    desk.kube.delete("secrets", SERVED, NATS_LOGIN)
    other = "bare-second"
    desk.apply(build_secret(other), build_account(other, priority=50))

    wait_for_message(desk, "the Secret with the NATS credentials was not copied", other)
    kept = {
        key: value for key, value in secret["metadata"].items() if key in ("name", "labels", "annotations")
    }
    desk.apply(secret | {"metadata": kept})

    desk.wait_for_reason(other, "Standby")


@pytest.mark.slow("NATS stays away for some seconds and comes back")
def test_without_nats_everybody_is_left_alone(desk: Desk, installation: Installation) -> None:
    """It comes back empty here, as its store goes with its pod: all of it is made again."""
    before = desk.snapshot_pods(NAME)
    desk.kube.scale("statefulsets", HOME, NATS, 0)

    wait_for_message(desk, "NATS is down", NAME)
    hold_for("it is left alone", lambda: desk.account(NAME), is_deaf, for_s=A_WHILE_S)
    assert desk.snapshot_pods(NAME)[NAME][0] == before[NAME][0]

    desk.kube.scale("statefulsets", HOME, NATS, 1)
    installation.wait_until_ready()
    desk.wait_for_reason(NAME, "Active")
    desk.wait_for_subscription("is ready again", "futures", is_ready)


def is_deaf(account: dict[str, object]) -> bool:
    return read_reason(account) == "OperatorDeaf"
