"""python -m mds_devcluster: build programs, bring a cluster up, give it images, Prometheus, take it down."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import clusters, control_plane, making
from mds_devcluster.building import MONITORING_PROGRAMS, NATIVE_PROGRAMS, PROGRAMS, Workshop, open_workshop
from mds_devcluster.clusters import State
from mds_devcluster.errors import DevclusterError
from mds_devcluster.images import commands as images
from mds_devcluster.monitoring import commands as monitoring
from mds_devcluster.preparing import carry_out
from mds_devcluster.processes import Lifetime
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_ALL: Final = "all"
_MONITORING: Final = "monitoring"
_PACKAGES: Final = {"images": images, _MONITORING: monitoring}
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str]) -> int:
    chosen = _parse(arguments)
    progress = Progress(sys.stderr if chosen.command == "kubeconfig" else sys.stdout)
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
    build.add_argument(
        "program",
        nargs="*",
        choices=[*PROGRAMS, _ALL, _MONITORING],
        help=f"default: {_ALL}, what clusters and the demo need; {_MONITORING}: Prometheus and around it",
    )
    up = commands.add_parser("up", help="bring a cluster up; one that is up stays as it is")
    up.add_argument("--nodes", type=int, default=1, help="add what is missing to this number")
    up.add_argument("--control-plane-only", action="store_true", help="etcd and an API server; needs no root")
    commands.add_parser("down", help="end a cluster and delete all of it")
    load = commands.add_parser("load", help="give OCI archives to each node")
    commands.add_parser("kubeconfig", help="print the path of the admin's kubeconfig")
    lose = commands.add_parser("lose-node", help="kill a node at once, with all that it runs")
    monitoring.add_options(commands.add_parser(_MONITORING, help="Prometheus and Alertmanager in a cluster"))
    for command in ("up", "down", "load", "kubeconfig", "lose-node", _MONITORING):
        commands.choices[command].add_argument("name", type=parse_name)
    load.add_argument("archive", nargs="+", type=Path)
    lose.add_argument("node")
    status = commands.add_parser("status", help="which clusters there are, or how one is")
    status.add_argument("name", nargs="?", type=parse_name)
    images.add_commands(commands)
    return parser.parse_args(arguments)


def parse_name(text: str) -> str:
    # It names a folder that `down` deletes: nothing that leads elsewhere.
    if re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", text) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not 1 to 40 of a-z, 0-9 and '-', letters or digits at the ends"
        )
    return text


def _run(chosen: argparse.Namespace, workshop: Workshop) -> None:
    match chosen.command:
        case "build":
            _build(chosen.program or (_ALL,), workshop)
        case "up" if chosen.control_plane_only:
            _bring_up_control_plane(clusters.require_no_nodes(chosen.name, workshop), workshop)
        case "up":
            cluster = clusters.bring_up(chosen.name, workshop, chosen.nodes)
            _tell_ready(chosen.name, cluster.kubeconfig, workshop)
        case "down":
            existed = clusters.take_down(chosen.name, workshop)
            workshop.progress.note(f"{chosen.name}: {'gone' if existed else 'there is no such cluster'}")
        case "images" | "monitoring":
            _PACKAGES[chosen.command].run(chosen, workshop)
        case "load":
            clusters.load(chosen.name, [path.resolve() for path in chosen.archive], workshop)
        case "lose-node":
            clusters.lose_node(chosen.name, chosen.node, workshop)
            workshop.progress.note(f"{chosen.name}: {chosen.node} is dead")
        case "kubeconfig":
            print(clusters.require_kubeconfig(chosen.name, workshop))
        case "status":
            _tell_status([chosen.name] if chosen.name else clusters.list_names(workshop), workshop)


def _build(names: Collection[str], workshop: Workshop) -> None:
    programs = [name for name in names if name in PROGRAMS]
    programs += MONITORING_PROGRAMS if _MONITORING in names else ()
    if _ALL in names:
        clusters.prepare(workshop, programs=(*NATIVE_PROGRAMS, *programs))
    else:
        carry_out(making.list_programs(dict.fromkeys(programs), workshop), workshop)


def _bring_up_control_plane(folder: Path, workshop: Workshop) -> None:
    binaries = control_plane.obtain_binaries(workshop)
    running = control_plane.bring_up(folder, binaries, Lifetime.UNTIL_DOWN, workshop.progress)
    _tell_ready(folder.name, running.kubeconfig, workshop)


def _tell_ready(name: str, kubeconfig: Path, workshop: Workshop) -> None:
    workshop.progress.note(f"{name}: ready")
    print(f"export KUBECONFIG={kubeconfig}")
    for variable, value in clusters.exempt_from_proxies(workshop.environment).items():
        print(f"export {variable}={value}")


def _tell_status(names: Sequence[str], workshop: Workshop) -> None:
    for name in names:
        status = clusters.read_status(name, workshop)
        remedy = f"; run: python -m mds_devcluster up {name}" if status.state is State.HALF_UP else ""
        print(" ".join([f"{name}: {status.state.value}{remedy}", *status.nodes]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
