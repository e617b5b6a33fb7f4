from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from mds_protocol.resources import generate
from mds_protocol.resources.crd import build_crd
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from pathlib import Path

FILE = generate.whole_file("crds/a.yaml", lambda: "right\n")
TABLE = generate.section("docs/a.md", "table", lambda: "| right |")
BEGIN, END = "<!-- begin generated: table -->\n", "<!-- end generated: table -->\n"
PAGE = f"before\n{BEGIN}{END}after\n<!-- begin generated: other -->\n<!-- end generated: other -->\n"


def run(root: Path, *, check: bool, page: str = PAGE) -> int:
    (root / "docs").mkdir(exist_ok=True)
    if not (root / "docs/a.md").exists():
        (root / "docs/a.md").write_text(page)
    return generate.write_or_check(root, [FILE, TABLE], check=check)


def test_the_committed_files_are_current() -> None:
    assert generate.main(["--check"]) == 0


def test_what_is_behind_is_named_with_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, check=True) == 1

    assert capsys.readouterr().err.splitlines() == [
        "generate: crds/a.yaml is behind its source; run: make generate",
        "generate: docs/a.md is behind its source; run: make generate",
    ]
    assert not (tmp_path / "crds").exists()


def test_writing_changes_only_what_stands_between_the_marks(tmp_path: Path) -> None:
    assert run(tmp_path, check=False) == 0

    assert (tmp_path / "crds/a.yaml").read_text() == "right\n"
    assert (tmp_path / "docs/a.md").read_text() == PAGE.replace(BEGIN, BEGIN + "\n| right |\n\n")


def test_after_writing_nothing_is_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, check=False)
    capsys.readouterr()

    assert run(tmp_path, check=True) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("page", ["", PAGE + PAGE, BEGIN], ids=["none", "twice", "no end"])
def test_a_page_without_its_marks_is_named(tmp_path: Path, page: str) -> None:
    with pytest.raises(SystemExit, match=r"docs/a\.md needs the line <!-- begin generated: table --> once"):
        run(tmp_path, check=False, page=page)


def test_the_file_says_what_the_model_says() -> None:
    assert yaml.safe_load(generate.crd_text(FeedAccount)) == build_crd(FeedAccount)


def test_the_file_is_headed_by_where_to_edit() -> None:
    assert generate.crd_text(FeedAccount).startswith(
        "# Generated from protocol/mds_protocol/resources by `make generate`"
    )


def test_every_reason_stands_in_the_page() -> None:
    page = (generate.ROOT / "docs/resources.md").read_text()

    assert [reason for reason in AccountReason if f"| `{reason}` |" not in page] == []
