"""python -m mds_devcluster: build the programs, bring a cluster up, take it down."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Final

from mds_devcluster import control_plane
from mds_devcluster.building import PROGRAMS, Workshop, obtain_program, open_workshop
from mds_devcluster.errors import DevclusterError
from mds_devcluster.processes import Lifetime
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EVERYTHING: Final = "all"
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str]) -> int:
    chosen = _parse(arguments)
    progress = Progress(sys.stdout)
    workshop = open_workshop(progress)
    try:
        _run(chosen, workshop)
    except DevclusterError as error:
        print(f"devcluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("devcluster: interrupted", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mds_devcluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build what is not in the cache")
    build.add_argument("program", nargs="?", default=_EVERYTHING, choices=[*PROGRAMS, _EVERYTHING])
    up = commands.add_parser("up", help="bring a cluster up; one that is up stays as it is")
    # The only way there is yet; asked for by name, so that a plain `up` can later mean the whole cluster.
    up.add_argument("--control-plane-only", action="store_true", required=True)
    up.add_argument("name", type=_parse_name)
    down = commands.add_parser("down", help="end a cluster and delete all of it")
    down.add_argument("name", type=_parse_name)
    return parser.parse_args(arguments)


def _parse_name(text: str) -> str:
    # It names a folder that `down` deletes: nothing that leads elsewhere.
    if re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", text) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not 1 to 40 of a-z, 0-9 and '-', letters or digits at the ends"
        )
    return text


def _run(chosen: argparse.Namespace, workshop: Workshop) -> None:
    match chosen.command:
        case "build":
            _build(chosen.program, workshop)
        case "up":
            _bring_up(_locate_cluster(workshop, chosen.name), workshop)
        case "down":
            _take_down(_locate_cluster(workshop, chosen.name), workshop.progress)


def _locate_cluster(workshop: Workshop, name: str) -> Path:
    return workshop.root / "clusters" / name


def _build(name: str, workshop: Workshop) -> None:
    for program in PROGRAMS.values():
        if name in (program.name, _EVERYTHING):
            obtain_program(program, workshop)


def _bring_up(folder: Path, workshop: Workshop) -> None:
    binaries = control_plane.obtain_binaries(workshop)
    running = control_plane.bring_up(folder, binaries, Lifetime.UNTIL_DOWN, workshop.progress)
    workshop.progress.note(f"{folder.name}: ready at {running.url}")
    print(f"export KUBECONFIG={running.kubeconfig}")


def _take_down(folder: Path, progress: Progress) -> None:
    existed = control_plane.take_down(folder, progress)
    progress.note(f"{folder.name}: {'gone' if existed else 'there is no such cluster'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
