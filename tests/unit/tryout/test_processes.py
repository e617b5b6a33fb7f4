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


def wait_for_text(log: Path, text: str) -> None:
    deadline = time.monotonic() + 5
    while text not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)


class Deaths:
    """Collects them, and wakes who waits for one."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[Death] = asyncio.Queue()

    async def next(self) -> Death:
        async with asyncio.timeout(5):
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
    said: list[float] = []

    code = await run_to_end(make_program(tmp_path, "/bin/sleep", "0.25"), said.append, every_s=0.1)

    assert code == 0
    assert len(said) >= 2
