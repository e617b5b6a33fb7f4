"""What the cluster and the demo are made of, as tasks: what the cache lacks, so a warm start has none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mds_devcluster import building, debian, oci, toolbox
from mds_devcluster.building import PROGRAMS
from mds_devcluster.preparing import Job, Kind, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_devcluster.building import Program, Workshop

# Seconds on two idle cores, with a network that gives some 10 MB/s.
_GO_S: Final = 3.0
_MODULES_S: Final = {"kubernetes": 30.0}
_OTHER_MODULES_S: Final = 12.0
_DEBIAN_S: Final = 12.0
_BUSYBOX_S: Final = 5.0


def list_programs(names: Iterable[str], workshop: Workshop) -> tuple[Task, ...]:
    """Go, the modules folder by folder, the programs."""
    missing = [PROGRAMS[name] for name in names if not building.is_built(PROGRAMS[name], workshop)]
    folders = dict.fromkeys(program.folder for program in missing)
    return (
        *(_list_go(workshop) if missing else ()),
        *(
            _describe_modules([each for each in missing if each.folder == folder], workshop)
            for folder in folders
        ),
        *(_describe_program(program, missing[0], workshop) for program in missing),
    )


def list_toolbox(workshop: Workshop) -> tuple[Task, ...]:
    """What a native cluster needs and is no program of ours."""
    tasks = []
    if not debian.is_unpacked(toolbox.UNPACKED, workshop):
        job = Job("Debian packages", Kind.DOWNLOAD, _DEBIAN_S, lane="debian")
        tasks.append(Task(job, partial(debian.obtain_debian, toolbox.UNPACKED)))
    if not debian.is_unpacked(oci.BUSYBOX, workshop):
        tasks.append(Task(Job("busybox", Kind.DOWNLOAD, _BUSYBOX_S, lane="debian"), oci.obtain_busybox))
    return tuple(tasks)


def _list_go(workshop: Workshop) -> tuple[Task, ...]:
    if building.is_go_there(workshop):
        return ()
    return (Task(Job(_name_go(workshop), Kind.DOWNLOAD, _GO_S), building.obtain_go),)


def _name_go(workshop: Workshop) -> str:
    return f"Go {building.read_go_version(workshop.repository)}"


def _describe_modules(programs: list[Program], workshop: Workshop) -> Task:
    folder = programs[0].folder
    job = Job(
        name=_name_modules(folder),
        kind=Kind.DOWNLOAD,
        expected_s=_MODULES_S.get(folder, _OTHER_MODULES_S),
        needs=(_name_go(workshop),),
        lane="modules",
    )
    return Task(job, partial(building.obtain_modules, programs))


def _name_modules(folder: str) -> str:
    return f"modules of {folder}"


def _describe_program(program: Program, first: Program, workshop: Workshop) -> Task:
    """All come after the first, or each of two that run at a time would compile the standard library."""
    needs = [_name_go(workshop), _name_modules(program.folder)]
    if program is not first:
        needs.append(_name(first, workshop))
    job = Job(
        name=_name(program, workshop),
        kind=Kind.BUILD,
        expected_s=program.expected_s,
        memory_bytes=program.memory_bytes,
        needs=tuple(needs),
        lane=program.folder,
    )
    return Task(job, partial(building.obtain_program, program))


def _name(program: Program, workshop: Workshop) -> str:
    return f"{program.name} {building.read_release(program, workshop.repository)}"
