"""The reasons are a published vocabulary: dashboards, alerts and runbooks match their codes."""

from __future__ import annotations

import re

import pytest

from mds_protocol.resources.reasons import ENUMS, AccountReason, FailoverReason, Reason, reasons_table

EVERY_REASON = [reason for enum in ENUMS for reason in enum]


def test_every_code_is_camel_case_and_fits_a_condition() -> None:
    wrong = [reason for reason in EVERY_REASON if not re.fullmatch(r"[A-Z][A-Za-z]{2,39}", reason.value)]

    assert wrong == []


def test_every_python_name_follows_from_its_code() -> None:
    wrong = [
        reason
        for reason in EVERY_REASON
        if re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=A)(?=[AT])", "_", reason.value).upper() != reason.name
    ]

    assert wrong == []


def test_every_sentence_ends_and_fits_a_table_cell() -> None:
    form = r"[A-Z`][^|\n]{15,240}\.|[A-Z][^|\n]{15,240}: decide\."
    wrong = [reason for reason in EVERY_REASON if not re.fullmatch(form, reason.sentence)]

    assert wrong == []


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_no_two_codes_of_one_enum_share_a_meaning(enum: type[Reason]) -> None:
    sentences = [reason.sentence for reason in enum]

    assert len(set(sentences)) == len(list(enum)) == len(enum.__members__)


def test_a_reason_is_its_code_as_text() -> None:
    assert f"{AccountReason.FRONT_LOST}" == "FrontLost"
    assert AccountReason("FrontLost") is AccountReason.FRONT_LOST


@pytest.mark.parametrize(
    "code",
    [
        "Active",
        "Standby",
        "MarketClosed",
        "Disabled",
        "Cold",
        "Starting",
        "Blocked",
        "CredentialsInvalid",
        "BudgetSpent",
    ],
)
def test_the_account_reasons_that_the_design_names_exist(code: str) -> None:
    assert AccountReason(code).value == code


def test_the_table_holds_every_code_once_under_its_enum() -> None:
    sections = reasons_table().split("### ")[1:]

    assert [section.split("\n")[0] for section in sections] == [enum.__name__ for enum in ENUMS]
    for enum, section in zip(ENUMS, sections, strict=True):
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [str(reason) for reason in enum]


def test_what_makes_an_account_unhealthy_can_be_the_reason_of_a_move() -> None:
    bad = (
        AccountReason.STARTING,
        AccountReason.FRONT_LOST,
        AccountReason.LOGIN_REFUSED,
        AccountReason.BLOCKED,
        AccountReason.DRAINING,
        AccountReason.PUBLISH_STALLED,
        AccountReason.STALE,
        AccountReason.SILENT,
        AccountReason.CONTAINER_DIED,
        AccountReason.NODE_LOST,
    )

    assert [FailoverReason(reason.value) for reason in bad]
