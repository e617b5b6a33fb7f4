from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mds_operator.domain.unreadable import build_unreadable_status, read_status
from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountStatus
from mds_protocol.resources.reasons import AccountReason
from tests.unit.operator.accounts.builders import WALL, Scene, make_account


def found(**spec: Any) -> dict[str, Any]:
    """An object of a CRD that another version brought."""
    dumped = make_account().dump()
    return dumped | {"spec": dumped["spec"] | spec, "metadata": dumped["metadata"] | {"generation": 4}}


def refuse(unread: dict[str, Any], before: FeedAccountStatus | None = None) -> FeedAccountStatus:
    with pytest.raises(ValidationError) as caught:
        FeedAccount.read(unread)
    return build_unreadable_status(
        unread, caught.value, before, reason=AccountReason.SPEC_UNREADABLE, wall=WALL
    )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"weight": 3}, "spec.weight (the number 3)", id="a field of a newer CRD"),
        pytest.param({"priority": "high"}, "spec.priority (a text of 4 characters)", id="another type"),
        pytest.param({"priority": True}, "spec.priority (true)", id="a boolean"),
        pytest.param({"standby": "Warm"}, "spec.standby (a text of 4 characters)", id="a newer value"),
        pytest.param({"pod": []}, "spec.pod (a list)", id="another shape"),
        pytest.param({"a": 1, "b": 2, "c": 3, "d": {}, "e": 5}, "; and 2 more", id="many"),
    ],
)
def test_the_message_names_field_kind_and_remedy(spec: dict[str, Any], words: str) -> None:
    message = refuse(found(**spec)).message or ""

    assert words in message
    assert "helm upgrade" in message


def test_a_value_that_nobody_knows_is_not_shown() -> None:
    assert "hunter2" not in str(refuse(found(password="hunter2")).dump())


def test_it_is_neither_accepted_nor_ready_and_only_a_person_helps() -> None:
    status = refuse(found(weight=3))

    shown = {entry.type: entry.status.value for entry in status.conditions}
    assert shown == {"Accepted": "False", "Ready": "False", "Stalled": "True"}
    assert status.observed_generation == 4
    assert status.reason == "SpecUnreadable"


def test_all_else_stays_as_it_was() -> None:
    before = Scene().status()

    status = refuse(found(weight=3), before)

    assert (status.pod_name, status.role, status.fronts) == (before.pod_name, before.role, before.fronts)
    assert {entry.type for entry in status.conditions} >= {"Connected", "LoggedIn", "Streaming"}
    assert FeedAccountStatus.model_validate(status.dump()) == status


def test_looking_again_changes_nothing() -> None:
    first = refuse(found(weight=3), Scene().status())

    assert refuse(found(weight=3), first) == first


@pytest.mark.parametrize(
    ("status", "is_read"),
    [
        pytest.param({"phase": "Streaming"}, True, id="as we write it"),
        pytest.param({"phase": "Flying"}, False, id="as nobody writes it"),
    ],
)
def test_a_status_that_cannot_be_read_either_counts_as_none(status: dict[str, str], *, is_read: bool) -> None:
    assert (read_status({"status": status}) is not None) is is_read
