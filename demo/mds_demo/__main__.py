"""`make demo` and `make down`: one exit code, one last line, and no traceback for what a person can mend."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_demo import installing, output, summary, tour
from mds_demo.errors import DemoError
from mds_demo.watching import Watch
from mds_devcluster import clusters
from mds_devcluster.building import open_workshop
from mds_devcluster.errors import DevclusterError
from mds_devcluster.progress import Progress
from mds_tryout import terminal
from mds_tryout.journal import Journal

if TYPE_CHECKING:
    from mds_demo.counting import Cost
    from mds_demo.installing import Site
    from mds_demo.output import Output

EXIT_OK: Final = 0
EXIT_NOT_OK: Final = 1
EXIT_INTERRUPTED: Final = 130
INTERRUPTED: Final = "demo: interrupted; run make demo to go on from here, make down to remove it"


def main() -> None:
    chosen = _parse()
    code = EXIT_NOT_OK
    try:
        code = _take_down() if chosen.command == "down" else _bring_up()
    except (DemoError, DevclusterError) as exc:
        print(f"demo: failed: {exc}", file=sys.stderr)
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = EXIT_INTERRUPTED
        print(INTERRUPTED, file=sys.stderr)
    sys.exit(code)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo", description="mds on a real Kubernetes, and three failovers."
    )
    parser.add_argument("command", nargs="?", choices=("up", "down"), default="up", help="default: up")
    return parser.parse_args()


def _take_down() -> int:
    existed = clusters.take_down(installing.CLUSTER, open_workshop(Progress(sys.stdout)))
    print("down: the demo is gone" if existed else "down: there is no demo")
    return EXIT_OK


def _bring_up() -> int:
    began_s = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    site = installing.prepare(open_workshop(Progress(sys.stdout)))
    return asyncio.run(_play(site, began_s))


async def _play(site: Site, began_s: float) -> int:
    mode = terminal.decide_mode(
        os.environ,
        script=False,
        input_is_terminal=sys.stdin.isatty(),
        output_is_terminal=sys.stdout.isatty(),
    )
    with output.open_output(has_screen=mode.has_screen) as shown:
        journal = Journal(began_s, shown.say)
        watch = Watch(site.kubectl, journal)
        await _install(site, journal)
        costs = await _tour(watch, site, shown)
    return _report(watch, costs, site)


async def _install(site: Site, journal: Journal) -> None:
    journal.note("the cluster is up; helm install mds, kubectl apply examples/")
    await installing.install(site)
    journal.note("installed; the pods start")


async def _tour(watch: Watch, site: Site, shown: Output) -> list[Cost]:
    """With everything that must run beside it; what fails first ends all."""
    beside = {
        asyncio.create_task(work)
        for work in (
            *(watch.follow_accounts(), watch.follow_subscription(), watch.follow_ticks()),
            shown.show(watch),
        )
    }
    playing = asyncio.create_task(tour.play(watch, site, shown))
    try:
        await asyncio.wait({*beside, playing}, return_when=asyncio.FIRST_COMPLETED)
        for task in beside:
            if task.done():
                task.result()
        return await playing
    finally:
        for each in (*beside, playing):
            each.cancel()
        await asyncio.gather(*beside, playing, return_exceptions=True)


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
