"""`make demo`, `make monitoring`, `make down`: one exit code, one last line.

No traceback for what a person can mend.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_demo import installing, monitored, playing, summary, tour
from mds_demo.errors import DemoError
from mds_devcluster import clusters
from mds_devcluster.__main__ import parse_name
from mds_devcluster.building import open_workshop
from mds_devcluster.errors import DevclusterError
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from mds_demo.counting import Cost
    from mds_demo.installing import Site
    from mds_demo.watching import Watch
    from mds_devcluster.building import Workshop

EXIT_OK: Final = 0
EXIT_NOT_OK: Final = 1
EXIT_INTERRUPTED: Final = 130
_COMMANDS: Final = {"up": "demo", "monitoring": "monitoring", "down": "down"}
"""What each is to make."""


def main() -> None:
    chosen = _parse()
    made = _COMMANDS[chosen.command]
    code = EXIT_NOT_OK
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = _run(chosen, open_workshop(Progress(sys.stdout)))
    except (DemoError, DevclusterError) as exc:
        print(f"{made}: failed: {exc}", file=sys.stderr)
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = EXIT_INTERRUPTED
        print(
            f"{made}: interrupted; run make {made} to go on from here, make down to remove it",
            file=sys.stderr,
        )
    sys.exit(code)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo", description="mds on a real Kubernetes, and three failovers."
    )
    parser.add_argument("command", nargs="?", choices=tuple(_COMMANDS), default="up", help="default: up")
    parser.add_argument(
        "--cluster",
        type=parse_name,
        default=installing.CLUSTER,
        metavar="NAME",
        help=f"to have two beside each other; default: {installing.CLUSTER}",
    )
    return parser.parse_args()


def _run(chosen: argparse.Namespace, workshop: Workshop) -> int:
    began_s = time.monotonic()
    match chosen.command:
        case "down":
            return _take_down(chosen.cluster, workshop)
        case "monitoring":
            return EXIT_OK if monitored.run(chosen.cluster, workshop, began_s) else EXIT_NOT_OK
        case _:
            return _bring_up(chosen.cluster, workshop, began_s)


def _take_down(cluster: str, workshop: Workshop) -> int:
    existed = clusters.take_down(cluster, workshop)
    print("down: the demo is gone" if existed else "down: there is no demo")
    return EXIT_OK


def _bring_up(cluster: str, workshop: Workshop, began_s: float) -> int:
    site = installing.prepare(cluster, workshop)
    asyncio.run(playing.install(site, began_s))
    watch, costs = asyncio.run(playing.play(tour.play, site, began_s))
    return _report(watch, costs, site)


def _report(watch: Watch, costs: list[Cost], site: Site) -> int:
    folders = site.list_program_folders(Path(sys.executable))
    further = summary.format_next(site.folder / "kubeconfig", folders)
    last = summary.describe(
        costs, stored=watch.count.feed.tally.stored, first_tick_s=watch.first_tick_s or 0.0
    )
    print("\n".join([*summary.format_costs(costs), "", *further, "", last]), flush=True)
    return EXIT_OK if summary.is_clean(costs) else EXIT_NOT_OK


if __name__ == "__main__":
    main()
