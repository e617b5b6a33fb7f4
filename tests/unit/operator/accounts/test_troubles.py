"""Would a tired engineer know what to do? The table of docs/troubleshooting.md, made by the code itself.

`MDS_WRITE_PAGES=1` writes the page instead of comparing it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from mds_operator.domain.unreadable import build_unreadable_status
from mds_protocol.resources.conditions import ConditionStatus, ConditionType
from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountStatus
from mds_protocol.resources.reasons import AccountReason
from tests.unit.operator.accounts.builders import SECRETS, WALL, Scene, active_beat, make_account
from tests.unit.operator.accounts.columns import print_header, print_line
from tests.unit.operator.accounts.troubles import TROUBLES

if TYPE_CHECKING:
    from tests.unit.operator.accounts.trouble import Trouble

PAGE = Path(__file__).parents[4] / "docs" / "troubleshooting.md"
BEGIN, END = "<!-- begin generated: troubles -->\n", "<!-- end generated: troubles -->"
EVERY_TROUBLE = pytest.mark.parametrize(
    "trouble", [pytest.param(trouble, id=trouble.what) for trouble in TROUBLES]
)


def applied(trouble: Trouble) -> FeedAccount:
    return trouble.scene.account.model_copy(update={"status": trouble.scene.status()})


def table() -> str:
    lines = [(trouble.what, applied(trouble)) for trouble in TROUBLES]
    lines.append(("the CRD is newer than the operator", unread()))
    rows = [
        f"| {what} | `{print_line(found.dump(), WALL)}` | {_cell(_tell(found))} |" for what, found in lines
    ]
    return "\n".join([f"| what is wrong | `{print_header()}` | message |", "|---|---|---|", *rows]) + "\n"


def unread() -> FeedAccount:
    """An active account after somebody set a field that this operator does not know."""
    account = make_account()
    dumped = account.dump()
    try:
        FeedAccount.read(dumped | {"spec": dumped["spec"] | {"weight": 3}})
    except ValidationError as error:
        reason = AccountReason.SPEC_UNREADABLE
        before = Scene(named=True, beat=active_beat()).status()
        status = build_unreadable_status(dumped, error, before, reason=reason, wall=WALL)
        return account.model_copy(update={"status": status})
    raise AssertionError("the field is known")


def _tell(found: FeedAccount) -> str:
    """Ready's message; where that holds, also what does not, each reason once."""
    status = found.status or FeedAccountStatus()
    told = status.message or ""
    beside = {entry.reason: entry for entry in reversed(status.conditions) if entry.status == "False"}
    if any(entry.type == ConditionType.READY.value for entry in beside.values()):
        return told
    for entry in beside.values():
        more = "" if (entry.message or "") in told else f": {entry.message}"
        told += f" *{entry.type}=False, {entry.reason}{more}*"
    return told


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def test_the_page_on_trouble_is_what_the_code_says() -> None:
    before, opened, rest = PAGE.read_text().partition(BEGIN)
    found, closed, after = rest.partition(END)
    assert opened
    assert closed
    if os.environ.get("MDS_WRITE_PAGES"):
        PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}")
        return

    assert found == table(), "docs/troubleshooting.md is behind; run this test with MDS_WRITE_PAGES=1"


@EVERY_TROUBLE
def test_each_trouble_has_the_reason_that_is_expected(trouble: Trouble) -> None:
    status = trouble.scene.status()

    assert status.reason == trouble.reason.value


@EVERY_TROUBLE
def test_a_status_survives_the_schema_and_holds_no_secret(trouble: Trouble) -> None:
    found = applied(trouble)

    dumped = str(found.dump())
    assert FeedAccount.read(found.dump()).dump() == found.dump()
    for value in SECRETS.values():
        assert value.decode() not in dumped


@EVERY_TROUBLE
def test_an_unready_account_says_more_than_its_reason_and_what_to_do(trouble: Trouble) -> None:
    """A command, or a sentence that begins with what to do or says that nothing is to be done."""
    status = trouble.scene.status()
    ready = next(entry for entry in status.conditions if entry.type == "Ready")
    if ready.status is ConditionStatus.TRUE:
        return

    assert re.search(
        r"kubectl|[Cc]heck|[Cc]orrect|[Cc]reate|[Cc]opy|[Cc]hange|[Cc]ompare|[Rr]aise|Ask|Log the|Name the"
        r"|by itself|Nothing to do|new one|made anew",
        status.message or "",
    )


@EVERY_TROUBLE
def test_looking_again_a_minute_later_changes_nothing(trouble: Trouble) -> None:
    first = trouble.scene.status()

    again = trouble.scene.status(first, wall=WALL.replace(minute=5))

    assert again == first


def test_there_are_enough_of_them_and_none_twice() -> None:
    assert len({trouble.what for trouble in TROUBLES}) == len(TROUBLES) >= 25
