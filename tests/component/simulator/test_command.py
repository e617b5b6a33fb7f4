"""The command line: what it announces, what it refuses, how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mds_simulator.testing import start_simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator

COMMAND = (sys.executable, "-m", "mds_simulator")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(("--contracts", "zz2701"), "no product 'zz'", id="unknown contract"),
        pytest.param(("--contracts", "25001"), "between 1 and 25000", id="too many contracts"),
        pytest.param(("--rate", "0"), "above 0", id="no rate"),
        pytest.param(("--clock", "noon"), "Invalid isoformat", id="no moment"),
        pytest.param(("--front", "x:a=h:1"), "md:NAME=HOST:PORT", id="no front"),
        pytest.param(("--account", "9999"), "broker:user:password", id="no account"),
        pytest.param(("--control", "here"), "HOST:PORT", id="no address"),
        pytest.param(("--holiday", "soon"), "Invalid isoformat", id="no day"),
        pytest.param(
            ("--front", "md:a=h:1", "--front", "md:a=h:2"), "names must differ", id="one name twice"
        ),
        pytest.param(("--control", "192.0.2.1:1"), "could not bind", id="an address of somebody else"),
    ],
)
def test_wrong_options_are_explained_without_a_traceback(options: tuple[str, ...], said: str) -> None:
    ended = subprocess.run(
        [*COMMAND, "serve", *options], capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode != 0
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_success(number: int) -> None:
    command = [*COMMAND, "serve", "--front", "md:a=127.0.0.1:0", "--control", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (0, "")


def test_many_fronts_stand_before_one_exchange(start: Callable[..., RunningSimulator]) -> None:
    fronts = [option for n in range(5) for option in ("--front", f"md:f{n}=127.0.0.1:0")]
    simulator = start(*fronts)

    assert set(simulator.fronts) == {f"f{n}" for n in range(5)}
    assert len(set(simulator.fronts.values())) == 5


def test_a_port_in_use_is_explained(start: Callable[..., RunningSimulator]) -> None:
    taken = start().fronts["a"].removeprefix("tcp://")

    with pytest.raises(RuntimeError, match="did not start"), start_simulator("--front", f"md:a={taken}"):
        pass
