"""Memory in use and its limit, from control groups of both versions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mds_runtime.memory import Memory, read_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MIB = 1 << 20
RESIDENT = Memory(3 * os.sysconf("SC_PAGE_SIZE"))
ROOT = {"proc/self/statm": "9 3 1 1 0 1 0\n"}

IN_V2 = {
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/memory.current": f"{100 * MIB}\n",
    "sys/fs/cgroup/memory.max": f"{512 * MIB}\n",
    "sys/fs/cgroup/memory.stat": f"anon {60 * MIB}\ninactive_file {30 * MIB}\nactive_file {10 * MIB}\n",
}
IN_V1 = {
    "proc/self/cgroup": "9:pids:/\n4:cpu,memory:/kubepods/pod1\n0::/\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{100 * MIB}\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{512 * MIB}\n",
    "sys/fs/cgroup/memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {30 * MIB}\n",
}
BELOW = {
    "proc/self/cgroup": "0::/system.slice/mds\n",
    **{
        path.replace("cgroup/", "cgroup/system.slice/mds/"): text
        for path, text in IN_V2.items()
        if path.startswith("sys")
    },
}
LIMITED = Memory(70 * MIB, 512 * MIB)

FILES = [
    pytest.param(IN_V2, LIMITED, id="a container, version 2"),
    pytest.param(IN_V1, LIMITED, id="a container, version 1"),
    pytest.param(BELOW, LIMITED, id="a service, by its path"),
    pytest.param(IN_V2 | {"sys/fs/cgroup/memory.max": "max\n"}, RESIDENT, id="version 2 without a limit"),
    pytest.param(
        IN_V1 | {"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"},
        RESIDENT,
        id="version 1 without a limit",
    ),
    pytest.param({"proc/self/cgroup": "0::/\n"}, RESIDENT, id="no group to be seen"),
    pytest.param(
        IN_V2 | {"sys/fs/cgroup/memory.stat": f"inactive_file {200 * MIB}\n"},
        Memory(0, 512 * MIB),
        id="more cache than was in use a moment before",
    ),
]


@pytest.mark.parametrize(("files", "memory"), FILES)
def test_memory_is_what_counts_against_the_limit(
    files: Mapping[str, str], memory: Memory, tmp_path: Path
) -> None:
    for name, text in (ROOT | dict(files)).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert read_memory(tmp_path) == memory


def test_this_process_uses_some() -> None:
    assert read_memory().used_bytes > MIB
