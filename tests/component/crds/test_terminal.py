"""What a person sees in the terminal, against golden files. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.component.crds.statuses import account_status, subscription_status
from tests.unit.resources.cases import account, subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.component.conftest import ApiServer
    from tests.component.crds.conftest import Namespace

EXPLAINED = {
    "feedaccount": ("feedaccount", "--recursive"),
    "feedsubscription": ("feedsubscription", "--recursive"),
    "feedaccount.spec.priority": ("feedaccount.spec.priority",),
    "feedaccount.spec.ctp": ("feedaccount.spec.ctp",),
    "feedsubscription.spec.publish": ("fs.spec.publish",),
    "feedsubscription.status.failovers": ("fs.status.failovers",),
}
AGE = re.compile(r"(?<= )\d+[smhdy](\d+[smhdy])?( *)(?= |$)", re.MULTILINE)


def without_age(table: str) -> str:
    """`<age>` in the place of every time span; the columns stay where they are."""
    return AGE.sub(lambda age: "<age>".ljust(len(age[0])), table)


@pytest.mark.parametrize("name", EXPLAINED)
def test_kubectl_explain(crds: ApiServer, golden: Callable[[str, str], None], name: str) -> None:
    answer = crds.kubectl("explain", *EXPLAINED[name], check=True)

    golden(f"explain-{name}.txt", answer.stdout)


@pytest.fixture
def a_morning(namespace: Namespace) -> Namespace:
    """Two accounts, of which the operator has seen one, and a subscription."""
    other = account() | {"metadata": {"name": "ctp-b"}}
    for made in (account(), other, subscription()):
        namespace.done("create", "--filename=-", stdin=made)
    for kind, name, status in (
        ("feedaccount", "ctp-a", account_status()),
        ("feedsubscription", "futures", subscription_status()),
    ):
        patch = json.dumps({"status": status.dump()})
        namespace.done("patch", kind, name, "--subresource=status", "--type=merge", f"--patch={patch}")
    return namespace


@pytest.mark.parametrize("resource", ["fa", "fs"])
@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
def test_kubectl_get(
    a_morning: Namespace, golden: Callable[[str, str], None], resource: str, *, wide: bool
) -> None:
    shown = a_morning.done("get", resource, *(["-o", "wide"] if wide else []))

    golden(f"get-{resource}{'-wide' if wide else ''}.txt", without_age(shown))


def test_the_category_lists_both_kinds(a_morning: Namespace) -> None:
    names = a_morning.done("get", "mds", "-o", "name").split()

    assert names == [
        "feedaccount.mds.dev/ctp-a",
        "feedaccount.mds.dev/ctp-b",
        "feedsubscription.mds.dev/futures",
    ]


def test_kubectl_wait_sees_the_condition(a_morning: Namespace) -> None:
    said = a_morning.done("wait", "--for=condition=Ready", "fa/ctp-a", "fs/futures", "--timeout=5s")

    assert said.count("condition met") == 2
