"""Decides which job may start now, from what waits, what runs, and what the machine has to spare."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

# A build of Go or an image uses both cores most of the time; a second fills the gaps (links, unpacking,
# downloads inside of it), a third would only take memory.
_BUILDS: Final = 2
_DOWNLOADS: Final = 2


class Kind(Enum):
    DOWNLOAD = "download"  # waits for the network
    BUILD = "build"  # wants the cores


class Hindrance(Enum):
    """Why a job may not start now."""

    NEEDS = "what it needs is not done"
    ALONE = "one that it must not run beside is running"
    CROWDED = "as many of its kind run as may"
    MEMORY = "memory would not do for it and those that run"


@dataclass(frozen=True, slots=True)
class Job:
    """`needs` names jobs that come first; one that is not on the list is done.

    Of the jobs with the same `lane` one runs at a time: two Go builds of one module would compile the
    packages that they share twice, and the store of images has one writer.
    """

    name: str
    kind: Kind
    expected_s: float  # on two idle cores, the first time
    memory_bytes: int = 0  # at its peak
    needs: tuple[str, ...] = ()
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    available_bytes: int


def choose_next(waiting: Sequence[Job], running: Collection[Job], machine: Machine) -> Job | None:
    """The first that may start now; None if all have to wait for one that runs."""
    return next((job for job in waiting if find_hindrance(job, waiting, running, machine) is None), None)


def find_hindrance(
    job: Job, waiting: Iterable[Job], running: Collection[Job], machine: Machine
) -> Hindrance | None:
    unfinished = {other.name for other in (*waiting, *running)}
    if not unfinished.isdisjoint(job.needs):
        return Hindrance.NEEDS
    if job.lane and job.lane in {other.lane for other in running}:
        return Hindrance.ALONE
    if sum(other.kind is job.kind for other in running) >= _count_places(job.kind, machine):
        return Hindrance.CROWDED
    # Those that run count in full, although part of it is taken already: a link takes its gigabytes last.
    wanted_bytes = job.memory_bytes + sum(other.memory_bytes for other in running)
    if running and wanted_bytes > machine.available_bytes:
        return Hindrance.MEMORY
    return None


def _count_places(kind: Kind, machine: Machine) -> int:
    return _DOWNLOADS if kind is Kind.DOWNLOAD else min(_BUILDS, machine.cores)
