"""All four conditions of a subscription, and what is said beside them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.operator.subscriptions.builders import active, find, make_case, say, standby
from tests.unit.operator.subscriptions.conditions import build, seen


def test_a_quiet_morning_is_good_in_all_four() -> None:
    status = build(make_case())

    assert [(entry.type, *say(entry)) for entry in status.conditions] == [
        ("Accepted", "True", "Accepted"),
        ("Ready", "True", "Active"),
        ("Redundant", "True", "Redundant"),
        ("Degraded", "False", "FullCoverage"),
    ]


def test_what_a_person_asked_for_in_vain_is_said_in_ready_and_changes_nothing_else() -> None:
    plain, remarked = build(make_case()), build(make_case(remark="the drill waits"))

    assert find(remarked, "Ready").message == f"{find(plain, 'Ready').message} Beside that: the drill waits."
    assert [say(entry) for entry in remarked.conditions] == [say(entry) for entry in plain.conditions]
    assert remarked.conditions[2:] == plain.conditions[2:]


@pytest.mark.parametrize(
    ("subscription", "candidates", "message"),
    [
        pytest.param(
            {"pin_ignored": "x", "pinned": "b"},
            (active(), standby()),
            "failover.pinnedAccount is x, and there is no such account (its accounts: a, b). It moves"
            " nothing: b stays pinned. Correct or remove it.",
            id="no such account",
        ),
        pytest.param(
            {"pin_ignored": "b"},
            (active(), standby(priority=0)),
            "failover.pinnedAccount is b, and its priority is 0 (its accounts: a, b). It moves nothing:"
            " nothing is pinned. Correct or remove it.",
            id="priority 0",
        ),
        pytest.param(
            {"pin_ignored": "c"},
            (active(), standby(), standby("c")),
            "failover.pinnedAccount is c, and accounts.selector does not match it (its accounts: a, b). It"
            " moves nothing: nothing is pinned. Correct or remove it.",
            id="not selected",
        ),
    ],
)
def test_a_pin_that_is_ignored_is_told_with_the_accounts_there_are(
    subscription: Any, candidates: Any, message: str
) -> None:
    case = make_case(*candidates, subscription=seen(accounts=frozenset("ab"), **subscription))
    status = build(case)

    assert say(find(status, "Accepted")) == ("True", "Accepted")
    assert find(status, "PinIgnored").message == message
