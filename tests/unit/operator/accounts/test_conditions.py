from __future__ import annotations

from datetime import timedelta

import pytest

from mds_operator.domain.conditions import MESSAGE_MAX, find_condition, make_plain, set_condition, truth
from mds_protocol.resources.conditions import Condition, ConditionStatus, ConditionType
from mds_protocol.resources.reasons import AccountReason
from tests.unit.operator.accounts.builders import WALL

LATER = WALL + timedelta(minutes=5)
EARLY = WALL.replace(microsecond=0)


def ready(
    status: ConditionStatus,
    *before: Condition,
    reason: AccountReason = AccountReason.ACTIVE,
    text: str = "well",
) -> Condition:
    wall = LATER if before else WALL
    return set_condition(before, ConditionType.READY, status, reason, text, generation=3, wall=wall)


def test_a_new_condition_begins_now_in_whole_seconds() -> None:
    made = ready(ConditionStatus.TRUE)

    assert made.last_transition_time == EARLY
    assert (made.type, made.reason, made.observed_generation) == ("Ready", "Active", 3)


def test_a_status_that_stays_keeps_its_time_though_its_reason_changes() -> None:
    made = ready(ConditionStatus.TRUE, ready(ConditionStatus.TRUE), reason=AccountReason.STANDBY)

    assert made.last_transition_time == EARLY
    assert made.reason == "Standby"


@pytest.mark.parametrize("status", [ConditionStatus.FALSE, ConditionStatus.UNKNOWN])
def test_a_status_that_flips_has_a_new_time(status: ConditionStatus) -> None:
    made = ready(status, ready(ConditionStatus.TRUE))

    assert made.last_transition_time == LATER.replace(microsecond=0)


def test_another_conditions_time_is_not_taken() -> None:
    other = ready(ConditionStatus.TRUE).model_copy(update={"type": "Accepted"})

    assert ready(ConditionStatus.TRUE, other).last_transition_time == LATER.replace(microsecond=0)
    assert find_condition((other,), ConditionType.READY) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("a\n b\t c", "a b c", id="line feeds and tabs are blanks"),
        pytest.param("CTP:\x00\x1b[31m不合法", "CTP: [31m不合法", id="control characters go"),
        pytest.param("a\u202eb\ud800c", "a b c", id="what turns the line around or is half a character goes"),
        pytest.param("x" * 10, "x" * 10, id="as long as allowed"),
        pytest.param("x" * 11, "x" * 9 + "…", id="one longer"),
    ],
)
def test_words_of_others_become_one_printable_line(text: str, plain: str) -> None:
    assert make_plain(text, 10 if set(text) == {"x"} else 100) == plain


@pytest.mark.parametrize(("length", "kept"), [(MESSAGE_MAX, MESSAGE_MAX), (MESSAGE_MAX + 1, MESSAGE_MAX)])
def test_a_message_is_no_longer_than_the_schema_allows(length: int, kept: int) -> None:
    made = ready(ConditionStatus.TRUE, text="x" * length)

    assert len(made.message or "") == kept


@pytest.mark.parametrize(
    ("holds", "status"),
    [(True, ConditionStatus.TRUE), (False, ConditionStatus.FALSE), (None, ConditionStatus.UNKNOWN)],
)
def test_what_nobody_can_tell_is_unknown(*, holds: bool | None, status: ConditionStatus) -> None:
    assert truth(holds=holds) is status
