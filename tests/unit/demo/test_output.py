from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mds_demo import output, summary, view
from mds_tryout.journal import Note
from tests.unit.demo.test_watching import make_watch

if TYPE_CHECKING:
    import pytest


def test_a_line_carries_the_time_since_the_demo_began() -> None:
    assert output.format_note(Note(12.34, "the pods start")) == "demo   12.3 s  the pods start"


def test_without_a_terminal_the_tables_are_told_without_escape_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.Lines().tell(make_watch())

    shown = capsys.readouterr().out
    assert shown.count("PRIORITY") == 1
    assert "stored 1   lost 0   repeated 0   out of order 0" in shown
    assert "\x1b" not in shown


def test_the_view_shows_what_the_plain_lines_show() -> None:
    watch = make_watch()
    console = Console(width=160, color_system=None)
    with console.capture() as captured:
        console.print(view.render(watch, 100.0))

    for line in summary.format_state(watch, 100.0):
        assert line in captured.get()
