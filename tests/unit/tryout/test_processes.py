from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from mds_tryout.processes import Death, Fleet, Program, run_to_end

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PATH = {"PATH": "/usr/bin:/bin"}


def make_program(folder: Path, *command: str, name: str = "one") -> Program:
    return Program(name, command, PATH, folder / f"{name}.log")


WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


def wait_for_text(log: Path, text: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)


class Deaths:
    """Collects them, and wakes who waits for one."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[Death] = asyncio.Queue()

    async def next(self) -> Death:
        async with asyncio.timeout(WITHIN_S):
            return await self.seen.get()


async def test_output_and_errors_go_to_the_log_of_all_its_lives(tmp_path: Path) -> None:
    deaths = Deaths()
    fleet = Fleet(deaths.seen.put_nowait)
    for _ in range(2):
        await fleet.start(make_program(tmp_path, "/bin/sh", "-c", "echo out; echo err >&2"))
        await deaths.next()

    assert (tmp_path / "one.log").read_text() == "out\nerr\n" * 2


async def test_a_process_that_ends_by_itself_is_told_with_its_exit_code(tmp_path: Path) -> None:
    deaths = Deaths()
    await Fleet(deaths.seen.put_nowait).start(make_program(tmp_path, "/bin/sh", "-c", "exit 3"))

    death = await deaths.next()

    assert (death.code, death.killed) == (3, False)


async def test_a_process_that_we_kill_is_told_apart(tmp_path: Path) -> None:
    deaths = Deaths()
    fleet = Fleet(deaths.seen.put_nowait)
    await fleet.start(make_program(tmp_path, "/bin/sleep", "60"))

    fleet.kill("one")

    assert (await deaths.next()).killed
    assert "one" not in fleet


async def test_stopping_ends_all_and_calls_none_of_them_a_death(tmp_path: Path) -> None:
    deaths = Deaths()
    fleet = Fleet(deaths.seen.put_nowait)
    running = [
        await fleet.start(make_program(tmp_path, "/bin/sleep", "60", name=name)) for name in ("one", "two")
    ]

    await fleet.stop()

    assert all(one.has_ended for one in running)
    assert deaths.seen.empty()


async def test_who_ignores_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mds_tryout.processes.GRACE_S", 0.1)
    fleet = Fleet(Deaths().seen.put_nowait)
    stubborn = make_program(tmp_path, "/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
    running = await fleet.start(stubborn)
    await asyncio.to_thread(wait_for_text, stubborn.log, "ready")

    await fleet.stop()

    assert running.process.returncode == -9


async def test_a_program_that_takes_long_is_spoken_of_now_and_then(tmp_path: Path) -> None:
    """It ends when it has been spoken of three times."""
    said: list[float] = []

    def say(elapsed_s: float) -> None:
        said.append(elapsed_s)
        if len(said) == 3:
            (tmp_path / "end").touch()

    script = f"until [ -e {tmp_path}/end ]; do sleep 0.01; done"
    async with asyncio.timeout(WITHIN_S):
        code = await run_to_end(make_program(tmp_path, "/bin/sh", "-c", script), say, every_s=0.05)

    assert code == 0
    assert len(said) >= 3
    assert said == sorted(said)
