from __future__ import annotations

import pytest

from mds_tryout.terminal import Mode, decide_mode

COLOURFUL = {"TERM": "xterm-256color"}
SCREEN = Mode(has_screen=True, is_script=False)
LINES = Mode(has_screen=False, is_script=False)
SCRIPT = Mode(has_screen=False, is_script=True)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param(COLOURFUL, SCREEN, id="a terminal"),
        pytest.param({**COLOURFUL, "NO_COLOR": "1"}, LINES, id="NO_COLOR"),
        pytest.param({**COLOURFUL, "NO_COLOR": ""}, SCREEN, id="an empty NO_COLOR means nothing"),
        pytest.param({"TERM": "dumb"}, LINES, id="a dumb terminal"),
        pytest.param({}, LINES, id="a terminal without a name"),
        pytest.param({**COLOURFUL, "CI": "true"}, SCRIPT, id="a CI job"),
    ],
)
def test_the_environment_decides_what_is_shown(environment: dict[str, str], expected: Mode) -> None:
    mode = decide_mode(environment, script=False, input_is_terminal=True, output_is_terminal=True)

    assert mode == expected


@pytest.mark.parametrize(
    ("script", "reads", "writes"),
    [
        pytest.param(True, True, True, id="asked for"),
        pytest.param(False, False, True, id="no keyboard"),
        pytest.param(False, True, False, id="into a pipe"),
    ],
)
def test_without_a_person_the_script_plays(script: bool, reads: bool, writes: bool) -> None:  # noqa: FBT001 - a row of the table
    mode = decide_mode(COLOURFUL, script=script, input_is_terminal=reads, output_is_terminal=writes)

    assert mode == SCRIPT
