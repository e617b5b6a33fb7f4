"""Every command of simulator/README.md works as it stands there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[3] / "simulator" / "README.md"
COMMANDS = re.findall(
    r"^    ((?:mds-simulator|eval|curl) .*)$", README.read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.fixture(scope="module")
def shell_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """`mds-simulator` on PATH, as after an installation."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "mds-simulator"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mds_simulator "$@"\n')
    script.chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


@contextmanager
def running(command: str, environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    """A `serve` of the README; what it announced."""
    words = command.removesuffix(" &").split()
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "")
        finally:
            process.send_signal(signal.SIGINT)


def shell(command: str, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        ["/bin/bash", "-euc", command],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ran.stdout


def test_the_readme_has_the_commands_that_these_tests_run() -> None:
    kinds = [command.split()[0] for command in COMMANDS]

    assert (kinds.count("mds-simulator"), kinds.count("eval"), kinds.count("curl")) == (2, 1, 5)


def test_env_says_where_the_libraries_are(shell_environment: dict[str, str]) -> None:
    command = next(command for command in COMMANDS if command.startswith("eval"))

    assert Path(shell(command + '; echo "$LD_LIBRARY_PATH"', shell_environment).strip()).is_dir()


def test_serve_and_every_curl_command(shell_environment: dict[str, str]) -> None:
    serve, *curls = [command for command in COMMANDS if command.startswith(("mds-simulator serve &", "curl"))]
    with running(serve, shell_environment) as announced:
        answers = [shell(command, shell_environment) for command in curls]
        state = json.loads(answers[0])
        faults = json.loads(answers[1])["faults"]

    assert announced["control"] == "http://127.0.0.1:41200"
    assert set(state["fronts"]) == {"trade", "a", "b"}
    assert (faults["lag_ms"], faults["drop_share"]) == (300, 0.01)
    assert json.loads(answers[2]) == {"dropped": 0}
    assert json.loads(answers[3])["products"] > 0
    assert answers[4] == ""


def test_a_trading_moment_ticks(shell_environment: dict[str, str]) -> None:
    command = next(command for command in COMMANDS if "--clock" in command)
    with running(command, shell_environment) as announced:
        until = time.monotonic() + 60
        state: dict[str, Any] = {"pushed": 0}
        while state["pushed"] <= 1 and time.monotonic() < until:
            state = json.loads(shell(f"curl -s {announced['control']}/state", shell_environment))

    assert state["trading_day"] == "20261123"
    assert state["pushed"] > 1


def test_every_fault_and_every_request_of_the_readme_exists(shell_environment: dict[str, str]) -> None:
    """The tables name exactly what the control port knows."""
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+): ", text, re.MULTILINE))
    serve = next(command for command in COMMANDS if command.startswith("mds-simulator serve &"))
    with running(serve, shell_environment) as announced:
        front = json.loads(shell(f"curl -s {announced['control']}/state", shell_environment))["fronts"]["a"]
        said = json.loads(shell(f"curl -s {announced['control']}/nowhere", shell_environment))["error"]
    paths = {
        re.sub(r"\(.*?\)", "X", one) for one in re.findall(r"(/\S+?)(?:,|$)", said.partition("there are:")[2])
    }
    written = {
        re.sub(r"/(a|u1)\b", "/X", one) for one in re.findall(r"^\| `\w+ (/[\w/]+)", text, re.MULTILINE)
    }

    assert named == set(front["faults"])
    assert paths == written | {"/fronts/X/up"}
