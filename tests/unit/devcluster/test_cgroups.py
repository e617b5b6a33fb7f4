from __future__ import annotations

from pathlib import Path

import pytest

from mds_devcluster import cgroups

HYBRID = """\
proc /proc proc rw 0 0
tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""


def test_every_hierarchy_counts_and_nothing_else() -> None:
    mounted = [Path("/sys/fs/cgroup") / name for name in ("cpu", "systemd", "unified")]

    assert cgroups.parse_hierarchies(HYBRID) == mounted


def test_a_machine_with_version_2_alone_has_one_hierarchy() -> None:
    assert cgroups.parse_hierarchies("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n") == [Path("/sys/fs/cgroup")]


def test_a_new_group_of_version_1_has_the_processors_of_the_one_above(tmp_path: Path) -> None:
    above, below = tmp_path, tmp_path / "ours"
    below.mkdir()
    for name, value in (("cpuset.cpus", "0-3\n"), ("cpuset.mems", "0\n")):
        (above / name).write_text(value)
        (below / name).write_text("\n")

    cgroups.fill_cpuset(below)

    assert (below / "cpuset.cpus").read_text() == "0-3\n"
    assert (below / "cpuset.mems").read_text() == "0\n"


def test_processors_that_somebody_chose_stay(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "cpuset.cpus").write_text("0-3\n")
    (tmp_path / "ours/cpuset.cpus").write_text("1\n")

    cgroups.fill_cpuset(tmp_path / "ours")

    assert (tmp_path / "ours/cpuset.cpus").read_text() == "1\n"


@pytest.mark.parametrize(
    ("idle", "weight"),
    [
        pytest.param("0\n", "16384", id="it weighs as much as a dozen pods"),
        pytest.param("1\n", "3\n", id="one that somebody made idle stays so, as the kernel refuses a weight"),
    ],
)
def test_a_group_of_ours_is_given_its_weight(tmp_path: Path, idle: str, weight: str) -> None:
    (tmp_path / "cpu.shares").write_text("3\n")
    (tmp_path / "cpu.idle").write_text(idle)

    cgroups.give_weight(tmp_path)

    assert (tmp_path / "cpu.shares").read_text() == weight
