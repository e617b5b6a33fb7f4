"""What is on the list, and the threads that work it off."""

from __future__ import annotations

import io
import re
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import making, versions
from mds_devcluster.building import NATIVE_PROGRAMS, PROGRAMS, Workshop, build_key
from mds_devcluster.errors import StepFailedError
from mds_devcluster.preparing import Job, Kind, Task, carry_out, crew
from mds_devcluster.progress import Progress, Step, run_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAITS_AT_MOST_S = 60.0


def build(name: str, needs: tuple[str, ...] = ()) -> Job:
    return Job(name, Kind.BUILD, 60, needs=needs)


# --- the crew -----------------------------------------------------------------------------------------------


@pytest.fixture
def heard() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def workshop(tmp_path: Path, heard: io.StringIO) -> Workshop:
    return Workshop(tmp_path, versions.REPOSITORY, {}, Progress(heard))


def ignore(_: Workshop) -> None:
    pass


def test_nothing_to_make_is_nothing_said(workshop: Workshop, heard: io.StringIO) -> None:
    carry_out((), workshop)

    assert heard.getvalue() == ""


def test_two_builds_run_at_a_time(workshop: Workshop) -> None:
    both = threading.Barrier(2)

    def meet(_: Workshop) -> None:
        both.wait(WAITS_AT_MOST_S)

    carry_out((Task(build("a"), meet), Task(build("b"), meet)), workshop)


def test_what_is_needed_comes_first(workshop: Workshop) -> None:
    order: list[str] = []

    def remember(name: str) -> Callable[[Workshop], None]:
        return lambda _: order.append(name)

    carry_out(
        (Task(build("b", needs=("a",)), remember("b")), Task(build("a"), remember("a"))),
        workshop,
    )

    assert order == ["a", "b"]


def test_a_log_holds_the_list_and_what_a_job_notes(workshop: Workshop, heard: io.StringIO) -> None:
    carry_out((Task(build("etcd"), lambda inside: inside.progress.note("waits for another")),), workshop)

    assert [re.sub(r"\d+ s$", "? s", line) for line in heard.getvalue().splitlines()] == [
        "devcluster: 1 to make, less than a minute left: etcd",
        "devcluster: waits for another",
        "devcluster: 1 of 1: etcd done, ? s",
        "devcluster: all 1 made, ? s",
    ]


def test_a_failure_is_raised_and_ends_the_command_beside_it(workshop: Workshop, tmp_path: Path) -> None:
    running = threading.Event()
    outcomes: list[BaseException] = []

    def sleep(inside: Workshop) -> None:
        endless = (sys.executable, "-c", "import time; time.sleep(3600)")
        running.set()
        try:
            run_step(Step("endless", endless, {}, tmp_path / "endless.log"), inside.progress)
        except BaseException as error:
            outcomes.append(error)
            raise

    def fail(inside: Workshop) -> None:
        assert running.wait(WAITS_AT_MOST_S)
        command = (sys.executable, "-c", "raise SystemExit(3)")
        run_step(Step("failing", command, {}, tmp_path / "failing.log"), inside.progress)

    with pytest.raises(StepFailedError, match="failing failed with exit code 3"):
        carry_out((Task(build("a"), sleep), Task(build("b"), fail), Task(build("c"), ignore)), workshop)
    assert [type(error).__name__ for error in outcomes] == ["StoppedError"]


def test_memory_is_read_as_the_kernel_writes_it() -> None:
    meminfo = "MemTotal:       24653092 kB\nMemFree:          1 kB\nMemAvailable:   23068672 kB\n"

    assert crew.parse_available(meminfo) == 23068672 * 1024


# --- what there is to make ----------------------------------------------------------------------------------


def test_an_empty_cache_lacks_go_the_modules_and_each_program(workshop: Workshop) -> None:
    names = [task.job.name.partition(" ")[0] for task in making.list_programs(NATIVE_PROGRAMS, workshop)]

    assert names == ["Go", "modules", "modules", "modules", "modules", *NATIVE_PROGRAMS]


def test_what_is_in_the_cache_is_not_on_the_list(workshop: Workshop) -> None:
    for name in ("etcd", "helm"):
        (workshop.root / "bin" / name / build_key(PROGRAMS[name], workshop.repository)).mkdir(parents=True)

    assert making.list_programs(("etcd", "helm"), workshop) == ()
    assert "coredns 1.14.7" in {job.job.name for job in making.list_programs(("helm", "coredns"), workshop)}


def test_every_need_is_on_the_list_or_met(workshop: Workshop) -> None:
    jobs = [task.job for task in making.list_programs(NATIVE_PROGRAMS, workshop)]
    names = {job.name for job in jobs}

    assert [need for job in jobs for need in job.needs if need not in names] == []


def test_the_first_program_is_built_before_any_other(workshop: Workshop) -> None:
    builds = [
        task.job for task in making.list_programs(NATIVE_PROGRAMS, workshop) if task.job.kind is Kind.BUILD
    ]
    first, *others = builds

    assert first.name not in first.needs
    assert all(first.name in job.needs for job in others)


def test_programs_of_one_module_are_not_built_beside_each_other(workshop: Workshop) -> None:
    tasks = making.list_programs(NATIVE_PROGRAMS, workshop)
    lanes = {task.job.name: task.job.lane for task in tasks if task.job.kind is Kind.BUILD}

    assert {lane for name, lane in lanes.items() if name.startswith("kube")} == {"kubernetes"}
    assert len(set(lanes.values())) == 4
