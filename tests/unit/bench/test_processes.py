"""What kind of memory a process has, by the kernel's own words."""

from __future__ import annotations

import os

from tests.bench.processes import read_cpu_s, read_memory, sum_memory

SMAPS = """\
55d0-55d1 r-xp 00000000 08:01 1 /usr/bin/python3.13
Size:                  8 kB
Rss:                   4 kB
VmFlags: rd ex
55e0-55e9 rw-p 00000000 00:00 0                          [heap]
Rss:                  20 kB
7f00-7f01 rw-p 00000000 00:00 0
Rss:                 300 kB
7f10-7f11 rw-p 00000000 00:00 0                          [anon:glibc: malloc]
Rss:                   8 kB
7fff-7ffe rw-p 00000000 00:00 0                          [stack]
Rss:                  12 kB
"""


def test_resident_memory_is_summed_by_its_kind() -> None:
    kib = {"rss": 344, "heap": 20, "anonymous": 308, "files": 4, "other": 12}

    assert sum_memory(SMAPS) == {kind: size * 1024 for kind, size in kib.items()}


def test_this_process_has_memory_and_has_used_the_cpu() -> None:
    memory = read_memory(os.getpid())

    assert memory["rss"] > memory["files"] > 0
    assert read_cpu_s(os.getpid()) > 0
