"""What each fault does to the cluster, as a script in kubectl's place sees it."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from typing import TYPE_CHECKING

import pytest

from mds_demo import faults, seen
from mds_demo.errors import DemoError
from mds_demo.kubectl import Kubectl
from mds_demo.watching import Watch
from mds_tryout.journal import Journal
from tests.unit.demo.resources import account

if TYPE_CHECKING:
    from pathlib import Path

PROXY = "--raw=/api/v1/namespaces/mds/services/mds-sim:control/proxy"


def make_watch(folder: Path, *, first: int = 100, second: int = 90) -> Watch:
    program = folder / "kubectl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder / "calls"}\n')
    program.chmod(0o755)
    watch = Watch(Kubectl(dict(os.environ), "mds", program), Journal(0.0, lambda _: None))
    for name, priority in (("ctp-a", first), ("ctp-b", second)):
        watch.accounts[name] = seen.parse_account(account(name, priority=priority))
    return watch


def read_calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


async def test_the_standby_is_given_the_highest_priority(tmp_path: Path) -> None:
    async with faults.edit_priority(make_watch(tmp_path), "ctp-a"):
        pass

    assert read_calls(tmp_path) == [
        '--namespace=mds patch feedaccount ctp-b --type=merge --patch={"spec": {"priority": 110}}'
    ]


@pytest.mark.parametrize("second", [100, 120], ids=["as high as the active", "higher"])
async def test_a_standby_that_is_not_behind_is_put_behind_first(tmp_path: Path, second: int) -> None:
    watch = make_watch(tmp_path, second=second)

    async def see_the_edit() -> None:
        watch.accounts["ctp-a"] = dataclasses.replace(watch.accounts["ctp-a"], priority=second + 10)

    async with asyncio.TaskGroup() as group:
        group.create_task(see_the_edit())
        async with faults.edit_priority(watch, "ctp-a"):
            pass

    assert [call.split()[3] for call in read_calls(tmp_path)] == ["ctp-a", "ctp-b"]
    assert read_calls(tmp_path)[-1].endswith(f'"priority": {second + 20}}}}}')


async def test_the_front_of_the_active_goes_down_and_is_mended(tmp_path: Path) -> None:
    async with faults.drop_front(make_watch(tmp_path), "ctp-b"):
        assert read_calls(tmp_path) == [f"--namespace=mds create {PROXY}/fronts/b/down --filename=-"]

    assert read_calls(tmp_path)[1:] == [f"--namespace=mds create {PROXY}/fronts/b/heal --filename=-"]


async def test_the_front_of_somebody_elses_account_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=r"^mine publishes, whose front is not the demo's to break; kubectl"):
        async with faults.drop_front(make_watch(tmp_path), "mine"):
            pass


async def test_an_interrupted_demo_leaves_no_front_broken(tmp_path: Path) -> None:
    watch = make_watch(tmp_path)
    is_down = asyncio.Event()

    async def break_it() -> None:
        async with faults.drop_front(watch, "ctp-a"):
            is_down.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(break_it())
    await is_down.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert read_calls(tmp_path)[-1].endswith("/fronts/a/heal --filename=-")
