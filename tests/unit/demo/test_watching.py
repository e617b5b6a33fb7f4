"""When all is well again, which is what the tour waits for."""

from __future__ import annotations

from typing import Any

import pytest

from mds_demo import seen
from mds_demo.errors import DemoError
from mds_demo.kubectl import Kubectl
from mds_demo.watching import Watch
from mds_tryout.journal import Journal, Note
from tests.unit.demo.resources import account, condition, subscription
from tests.unit.tryout.builders import make_tick

STANDBY: dict[str, Any] = {"role": "Standby", "reason": "Standby"}


def make_watch(
    *, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **status: Any
) -> Watch:
    notes: list[Note] = []
    watch = Watch(Kubectl({}, "mds"), Journal(0.0, notes.append))
    for each in (account("ctp-a", **(first or {})), account("ctp-b", **(STANDBY | (second or {})))):
        found = seen.parse_account(each)
        watch.accounts[found.name] = found
    watch.subscription = seen.parse_subscription(subscription(**status))
    watch.count.add(make_tick(1, account="ctp-a"), 1.0)
    return watch


def test_all_is_well_with_one_active_and_one_standby() -> None:
    assert make_watch().is_whole()


@pytest.mark.parametrize(
    "different",
    [
        pytest.param({"activeAccount": "ctp-b"}, id="the stream has another publisher than the status"),
        pytest.param({"conditions": [condition("Redundant", "False")]}, id="nobody could take over"),
        pytest.param({"first": {"role": "None"}}, id="the active does not say so"),
        pytest.param({"second": {"role": "None"}}, id="the other one stands by for nothing"),
        pytest.param({"second": {"health": "Unhealthy"}}, id="the standby is not healthy"),
    ],
)
def test_all_is_not_well(different: dict[str, Any]) -> None:
    assert not make_watch(**different).is_whole()


def test_nothing_is_well_before_the_operator_has_said_anything() -> None:
    watch = Watch(Kubectl({}, "mds"), Journal(0.0, lambda _: None))

    assert not watch.is_whole()
    assert watch.explain() == "the operator has not said anything yet"


async def test_waiting_in_vain_ends_with_what_the_operator_says() -> None:
    with pytest.raises(DemoError, match=r"^no tick came within 0 s: .*ctp-b: Active, in a sentence\."):
        await make_watch().wait_until(lambda: False, 0.0, "no tick came")
