"""What the kernel says of a process: CPU, memory, and what kind of memory. The process is not asked."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KIB: Final = 1024


def read_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def read_memory(pid: int) -> dict[str, int]:
    """Return resident bytes by kind, and their sum as `rss`."""
    return sum_memory(Path(f"/proc/{pid}/smaps").read_text())


def sum_memory(smaps: str) -> dict[str, int]:
    """The text of /proc/<pid>/smaps: a head line for each mapping, then its figures."""
    sums: Counter[str] = Counter({"heap": 0, "anonymous": 0, "files": 0, "other": 0})
    kind = "other"
    for line in smaps.splitlines():
        first, _, rest = line.partition(" ")
        if not first.endswith(":"):
            kind = _find_kind(rest.split(maxsplit=4)[4:])
        elif first == "Rss:":
            sums[kind] += int(rest.split()[0]) * _KIB
    return {"rss": sums.total(), **sums}


def _find_kind(path: list[str]) -> str:
    name = path[0].strip() if path else ""
    if not name or name.startswith("[anon"):
        return "anonymous"
    return "heap" if name == "[heap]" else "files" if name.startswith("/") else "other"
