"""Install mds, then play a script with everything that must run beside it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from mds_demo import installing, output
from mds_demo.watching import Watch
from mds_tryout import terminal
from mds_tryout.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mds_demo.installing import Site
    from mds_demo.output import Output

type Script[T] = Callable[[Watch, Site, Output], Awaitable[T]]


async def install(site: Site, began_s: float) -> None:
    journal = Journal(began_s, output.Lines().say)
    journal.note("the cluster is up; helm install mds, kubectl apply examples/")
    await installing.install(site)
    journal.note("installed; the pods start")


async def play[T](script: Script[T], site: Site, began_s: float) -> tuple[Watch, T]:
    """What the script returned, and what was seen meanwhile."""
    mode = terminal.decide_mode(
        os.environ,
        script=False,
        input_is_terminal=sys.stdin.isatty(),
        output_is_terminal=sys.stdout.isatty(),
    )
    with output.open_output(has_screen=mode.has_screen) as shown:
        watch = Watch(site.kubectl, Journal(began_s, shown.say))
        return watch, await _play_beside(script, watch, site, shown)


async def _play_beside[T](script: Script[T], watch: Watch, site: Site, shown: Output) -> T:
    """What fails first ends all."""
    beside = {
        asyncio.create_task(work)
        for work in (
            *(watch.follow_accounts(), watch.follow_subscription(), watch.follow_ticks()),
            shown.show(watch),
        )
    }
    playing = asyncio.ensure_future(script(watch, site, shown))
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
