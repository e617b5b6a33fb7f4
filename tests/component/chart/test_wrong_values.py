"""Wrong values are refused before anything is installed, in words that say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.component.chart.rendering import CHART, Helm
from tests.component.chart.wrong_values import CASES, WrongValues, read_message

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[3] / "docs" / "install.md"


@pytest.mark.parametrize("case", [pytest.param(case, id=case.what) for case in CASES])
def test_refused(helm: Helm, case: WrongValues) -> None:
    ended = helm.run("template", case.name, str(CHART), *case.arguments)

    assert ended.returncode == 1
    assert read_message(ended.stderr) == case.said


def test_no_password_is_printed(helm: Helm) -> None:
    for value in ("nats.auth.passwords.reader=s3cret", "nats.url=nats://u:s3cret@nats:4222"):
        assert "s3cret" not in helm.run("template", "mds", str(CHART), "--set", value).stderr


def test_the_page_shows_the_same_table(page_section: Callable[[Path, str, str], None]) -> None:
    head = "| what is wrong | values | helm says |\n|---|---|---|"
    page_section(PAGE, "wrong values", "\n".join([head, *(case.row for case in CASES)]))
