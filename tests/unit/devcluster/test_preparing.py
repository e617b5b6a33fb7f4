"""What may start now, how long the rest takes, and what a person reads of it: pure, so tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mds_devcluster.preparing import Job, Kind, estimates, wording
from mds_devcluster.preparing.estimates import Situation, Timed
from mds_devcluster.preparing.jobs import Hindrance, Machine, choose_next, find_hindrance

GB = 10**9
MACHINE = Machine(cores=2, available_bytes=20 * GB)


def build(
    name: str, *, expected_s: float = 60, memory_bytes: int = 0, needs: tuple[str, ...] = (), lane: str = ""
) -> Job:
    return Job(name, Kind.BUILD, expected_s, memory_bytes, needs, lane)


def download(name: str) -> Job:
    return Job(name, Kind.DOWNLOAD, 60)


# --- what may start -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "running", "machine", "expected"),
    [
        pytest.param(build("a"), [], MACHINE, None, id="nothing runs"),
        pytest.param(build("a"), [build("b")], MACHINE, None, id="a second build"),
        pytest.param(build("a"), [build("b"), build("c")], MACHINE, Hindrance.CROWDED, id="a third build"),
        pytest.param(
            build("a"), [build("b")], replace(MACHINE, cores=1), Hindrance.CROWDED, id="two on one core"
        ),
        pytest.param(
            build("a"), [build("b"), build("c")], replace(MACHINE, cores=64), Hindrance.CROWDED, id="64 cores"
        ),
        pytest.param(
            download("a"), [build("b"), build("c")], MACHINE, None, id="a download beside two builds"
        ),
        pytest.param(
            build("a"), [download("b"), download("c")], replace(MACHINE, cores=1), None, id="and the reverse"
        ),
        pytest.param(
            download("a"), [download("b"), download("c")], MACHINE, Hindrance.CROWDED, id="a third download"
        ),
        pytest.param(
            build("a", lane="x"), [build("b", lane="x")], MACHINE, Hindrance.ALONE, id="of the same lane"
        ),
        pytest.param(build("a", lane="x"), [build("b", lane="y")], MACHINE, None, id="of another lane"),
        pytest.param(build("a"), [build("b")], MACHINE, None, id="of no lane both"),
        pytest.param(build("a", needs=("b",)), [build("b")], MACHINE, Hindrance.NEEDS, id="its need runs"),
        pytest.param(build("a", needs=("w",)), [], MACHINE, Hindrance.NEEDS, id="its need waits"),
        pytest.param(build("a", needs=("z",)), [build("b")], MACHINE, None, id="its need is not on the list"),
        pytest.param(
            build("a", memory_bytes=2 * GB),
            [build("b", memory_bytes=2 * GB)],
            replace(MACHINE, available_bytes=4 * GB),
            None,
            id="memory just does",
        ),
        pytest.param(
            build("a", memory_bytes=2 * GB),
            [build("b", memory_bytes=2 * GB)],
            replace(MACHINE, available_bytes=4 * GB - 1),
            Hindrance.MEMORY,
            id="memory just does not",
        ),
        pytest.param(
            build("a", memory_bytes=2 * GB),
            [],
            replace(MACHINE, available_bytes=0),
            None,
            id="one always may",
        ),
    ],
)
def test_what_may_start_follows_from_what_runs_memory_and_cores(
    job: Job, running: list[Job], machine: Machine, expected: Hindrance | None
) -> None:
    assert find_hindrance(job, [job, build("w")], running, machine) is expected


def test_a_job_does_not_wait_for_itself() -> None:
    assert find_hindrance(build("a"), [build("a")], [], MACHINE) is None


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        pytest.param([], "images-1", id="the first on the list"),
        pytest.param([build("images-0", lane="images")], "etcd", id="the first that may"),
        pytest.param([build("images-0", lane="images"), build("etcd", lane="etcd")], None, id="none may"),
    ],
)
def test_the_first_that_may_start_is_chosen(running: list[Job], expected: str | None) -> None:
    waiting = [build("images-1", lane="images"), build("etcd", lane="etcd"), build("helm", needs=("etcd",))]

    chosen = choose_next(waiting, running, MACHINE)
    assert (chosen and chosen.name) == expected


# --- how long it takes yet ----------------------------------------------------------------------------------


def look(
    waiting: tuple[Job, ...] = (), running: tuple[Timed, ...] = (), done: tuple[Timed, ...] = ()
) -> Situation:
    return Situation(waiting, running, done)


@pytest.mark.parametrize(
    ("situation", "pace"),
    [
        pytest.param(look(waiting=(build("a"),)), 1.0, id="nothing known"),
        pytest.param(look(done=(Timed(build("a", expected_s=60), 60),)), 1.0, id="as expected"),
        pytest.param(
            look(done=(Timed(build("a", expected_s=60), 180),)), 2.0, id="three times, half believed"
        ),
        pytest.param(
            look(done=(Timed(build("a", expected_s=600), 1860),)), 32 / 11, id="long, nearly believed"
        ),
        pytest.param(look(done=(Timed(build("a", expected_s=60), 0),)), 0.5, id="it was there half"),
        pytest.param(look(running=(Timed(build("a", expected_s=60), 60),)), 1.0, id="runs, within its time"),
        pytest.param(look(running=(Timed(build("a", expected_s=60), 180),)), 2.0, id="runs, over its time"),
    ],
)
def test_the_pace_is_learned_from_what_is_done_or_late(situation: Situation, pace: float) -> None:
    assert estimates.measure_pace(situation) == pytest.approx(pace)


@pytest.mark.parametrize(
    ("situation", "left_s"),
    [
        pytest.param(look(), 0, id="nothing to do"),
        pytest.param(look(waiting=(build("a"),)), 60, id="one"),
        pytest.param(look(waiting=(build("a"), build("b"))), 60, id="two at a time"),
        pytest.param(look(waiting=(build("a"), build("b"), build("c"))), 120, id="three, two at a time"),
        pytest.param(look(waiting=(build("a", lane="x"), build("b", lane="x"))), 120, id="two in one lane"),
        pytest.param(look(waiting=(build("a"), build("b", needs=("a",)))), 120, id="one after the other"),
        pytest.param(look(waiting=(build("a"), download("b"))), 60, id="a download beside"),
        pytest.param(look(running=(Timed(build("a"), 50),)), 10, id="one that runs"),
        pytest.param(look(running=(Timed(build("a"), 60),)), 6, id="one that should be done"),
        pytest.param(
            look(running=(Timed(build("a"), 50),), waiting=(build("b", lane="x"), build("c", lane="x"))),
            120,
            id="the longest way counts",
        ),
        pytest.param(
            look(waiting=(build("b"),), done=(Timed(build("a"), 180),)), 120, id="a machine half as quick"
        ),
    ],
)
def test_the_rest_is_played_through_by_the_same_rules(situation: Situation, left_s: float) -> None:
    assert estimates.estimate_left_s(situation, MACHINE) == pytest.approx(left_s)


def test_with_memory_for_one_the_estimate_is_that_of_one_after_the_other() -> None:
    both = (build("a", memory_bytes=GB), build("b", memory_bytes=GB))

    assert estimates.estimate_left_s(look(both), replace(MACHINE, available_bytes=GB)) == 120


# --- what a person reads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left_s", "text"),
    [
        pytest.param(0, "less than a minute left", id="nothing"),
        pytest.param(60, "less than a minute left", id="a minute"),
        pytest.param(61, "about 2 minutes left", id="just over a minute"),
        pytest.param(360, "about 6 minutes left", id="six"),
    ],
)
def test_the_rest_is_told_in_whole_minutes(left_s: float, text: str) -> None:
    assert text in wording.format_state(look(running=(Timed(build("a"), 1),)), left_s)


def test_the_list_says_what_is_to_do_what_runs_and_what_is_done() -> None:
    etcd, api, dns = (
        build("etcd 3.6.7", expected_s=45),
        build("kube-apiserver 1.35.4"),
        build("coredns 1.14.7"),
    )
    before = look(waiting=(etcd, api, dns))
    amid = look(waiting=(dns,), running=(Timed(api, 70),), done=(Timed(etcd, 54),))
    after = look(done=(Timed(etcd, 54), Timed(api, 90), Timed(dns, 30)))

    assert wording.format_beginning(before, 300) == (
        "3 to make, about 5 minutes left: etcd 3.6.7, kube-apiserver 1.35.4, coredns 1.14.7"
    )
    assert wording.format_state(amid, 90) == (
        "1 of 3, about 2 minutes left: kube-apiserver 1.35.4 1 min 10 s (of about 1 min 0 s)"
    )
    assert wording.format_done(amid, Timed(etcd, 54)) == "1 of 3: etcd 3.6.7 done, 54 s"
    assert wording.format_end(after, 130) == "all 3 made, 2 min 10 s"
