"""How a process ends, seen from outside: its exit code and its last line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

WITHIN_S = 120  # the end of a test that hangs, never a claim about speed
PROGRAM = """
import asyncio, logging, threading
from mds_runtime import process, variables
from mds_runtime.environment import Settings, StartError

class SomeSettings(Settings):
    log_level: variables.LogLevel = "INFO"
    '''The least severe lines.'''

async def work():
    # A thread and a task of a library that never end.
    threading.Thread(target=threading.Event().wait).start()
    left = asyncio.create_task(asyncio.Event().wait())
    {last}

process.run(process.Program("mds-some", "Does something.", SomeSettings, {{"kopf": logging.CRITICAL}}), work)
"""


def end(last: str, *arguments: str) -> tuple[int, str, str]:
    told = [sys.executable, "-c", PROGRAM.format(last=last), *arguments]
    ended = subprocess.run(told, check=False, capture_output=True, text=True, timeout=WITHIN_S)
    return ended.returncode, ended.stdout, ended.stderr


ENDS = [
    pytest.param("return", 0, "Ended", "ended", id="by itself"),
    pytest.param("raise asyncio.CancelledError", 0, "Ended", "ended", id="told to stop"),
    pytest.param(
        "raise StartError('MDS_X is wrong')", 2, "WrongStart", "cannot start: MDS_X is wrong", id="wrong"
    ),
    pytest.param("1 / 0", 1, "Defect", "ended by a defect; please report it", id="a defect"),
]


@pytest.mark.parametrize(("last", "code", "said", "line"), ENDS)
def test_an_end_has_an_exit_code_and_a_line(last: str, code: int, said: str, line: str) -> None:
    found, out, err = end(last)

    [told] = [json.loads(text) for text in err.splitlines()]
    assert (found, out) == (code, "")
    assert (told["code"], told["message"], told["logger"]) == (said, line, "mds_some")
    assert ("exc_info" in told) == (said == "Defect")


def test_a_library_speaks_from_its_level_on() -> None:
    _, _, err = end("logging.getLogger('kopf.a').error('repeated'); logging.getLogger('nats').error('said')")

    assert [json.loads(text)["message"] for text in err.splitlines()] == ["said", "ended"]


def test_help_lists_the_variables() -> None:
    code, out, _ = end("return", "--help")

    assert code == 0
    assert out.startswith("usage: mds-some")
    assert "MDS_LOG_LEVEL: DEBUG, INFO, WARNING or ERROR (default INFO)" in out


def test_an_argument_is_refused() -> None:
    code, _, err = end("return", "serve")

    assert (code, "unrecognized arguments: serve" in err) == (2, True)
