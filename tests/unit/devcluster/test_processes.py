from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import processes
from mds_devcluster.processes import Command, Identity, Lifetime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEVER_ASKS_TWICE_S = 60.0
ENDLESS = "1000"  # seconds, far more than any test waits
WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


def make_command(folder: Path, *arguments: str) -> Command:
    return Command(arguments, folder, folder / "log", Lifetime.OF_STARTER)


def wait_until_ended(identity: Identity) -> bool:
    deadline = time.monotonic() + WITHIN_S
    while processes.is_running(identity) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not processes.is_running(identity)


def read_uptime_s() -> float:
    return float(Path("/proc/uptime").read_text().split()[0])


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Identity]:
    identity = processes.start(make_command(tmp_path, "/bin/sleep", ENDLESS))
    yield identity
    processes.stop([identity], grace_s=NEVER_ASKS_TWICE_S)


def test_a_started_program_runs_in_its_folder_and_its_output_goes_to_the_log(tmp_path: Path) -> None:
    identity = processes.start(make_command(tmp_path, "/bin/sh", "-c", "pwd; echo trouble >&2"))

    assert wait_until_ended(identity)
    assert (tmp_path / "log").read_text() == f"{tmp_path}\ntrouble\n"
    processes.stop([identity], grace_s=0)


def test_an_identity_holds_when_the_process_began_whatever_its_name_looks_like(tmp_path: Path) -> None:
    odd = tmp_path / "odd) R 1 (name"
    shutil.copy("/bin/sleep", odd)
    before_s = read_uptime_s()
    identity = processes.start(make_command(tmp_path, str(odd), ENDLESS))
    after_s = read_uptime_s()

    began_s, tick_s = (number / os.sysconf("SC_CLK_TCK") for number in (identity.started_ticks, 1))
    assert before_s - tick_s <= began_s <= after_s
    while "odd" not in Path(f"/proc/{identity.pid}/comm").read_text():
        time.sleep(0.01)
    assert processes.is_running(identity)
    processes.stop([identity], grace_s=NEVER_ASKS_TWICE_S)
    assert not processes.is_running(identity)


def test_a_started_program_inherits_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETCD_NAME", "stray")

    identity = processes.start(make_command(tmp_path, "/usr/bin/env"))

    assert wait_until_ended(identity)
    assert "stray" not in (tmp_path / "log").read_text()
    processes.stop([identity], grace_s=0)


def test_stopping_ends_the_process(sleeper: Identity) -> None:
    assert processes.is_running(sleeper)

    processes.stop([sleeper], grace_s=NEVER_ASKS_TWICE_S)

    assert not processes.is_running(sleeper)
    assert processes.read_identity(sleeper.pid) != sleeper


def test_stopping_again_does_nothing(sleeper: Identity) -> None:
    processes.stop([sleeper], grace_s=NEVER_ASKS_TWICE_S)
    processes.stop([sleeper], grace_s=NEVER_ASKS_TWICE_S)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(lambda now: replace(now, started_ticks=now.started_ticks - 1), id="started before"),
        pytest.param(lambda now: replace(now, boot="another"), id="before the last boot"),
    ],
)
def test_a_stranger_that_got_the_same_id_is_left_alone(
    sleeper: Identity, record: Callable[[Identity], Identity]
) -> None:
    recorded = record(sleeper)

    assert not processes.is_running(recorded)
    processes.stop([recorded], grace_s=NEVER_ASKS_TWICE_S)

    assert processes.is_running(sleeper)


def test_who_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    script = "trap '' TERM; echo deaf; while :; do sleep 0.05; done"
    identity = processes.start(make_command(tmp_path, "/bin/sh", "-c", script))
    while "deaf" not in (tmp_path / "log").read_text():
        time.sleep(0.01)

    processes.stop([identity], grace_s=0.1)

    assert wait_until_ended(identity)


def test_a_zombie_does_not_count_as_running(sleeper: Identity) -> None:
    os.kill(sleeper.pid, signal.SIGKILL)

    assert wait_until_ended(sleeper)
    assert processes.read_identity(sleeper.pid) == sleeper  # its id is still held


@pytest.mark.parametrize(
    ("lifetime", "survives"),
    [
        pytest.param(Lifetime.OF_STARTER, False, id="of starter"),
        pytest.param(Lifetime.UNTIL_DOWN, True, id="until down"),
    ],
)
def test_a_killed_starter_takes_along_only_what_is_bound_to_it(
    tmp_path: Path, lifetime: Lifetime, *, survives: bool
) -> None:
    program = (
        "import os, pathlib, signal; from mds_devcluster import processes as p\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        f"script = 'echo on; exec sleep {ENDLESS}'\n"
        f"c = p.Command(('/bin/sh', '-c', script), folder, folder / 'log', p.Lifetime.{lifetime.name})\n"
        "i = p.start(c); print(i.pid, i.started_ticks, i.boot, flush=True)\n"
        "while 'on' not in (folder / 'log').read_text(): pass\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    pid, ticks, boot = said.stdout.split()
    identity = Identity(int(pid), int(ticks), boot)

    if survives:
        assert processes.is_running(identity)
        processes.stop([identity], grace_s=NEVER_ASKS_TWICE_S)
    assert wait_until_ended(identity)
