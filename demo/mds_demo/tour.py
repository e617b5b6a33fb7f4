"""The tour: wait for ticks, watch an ordinary time, then fault after fault, each counted by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mds_demo import faults, installing
from mds_demo.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mds_demo.counting import Cost
    from mds_demo.faults import Fault
    from mds_demo.installing import Site
    from mds_demo.output import Output
    from mds_demo.watching import Watch

FIRST_TICK_WITHIN_S: Final = 240.0
WHOLE_WITHIN_S: Final = 180.0
HANDOVER_WITHIN_S: Final = 60.0
ORDINARY_S: Final = 5.0
SETTLE_S: Final = 3.0
"""After a move, before it is counted: longer than an old publisher goes on."""


async def play(watch: Watch, site: Site, shown: Output) -> list[Cost]:
    costs = [await begin(watch, site, shown)]
    for fault in FAULTS:
        costs.append(await perform(fault, watch, shown))  # noqa: PERF401 - an await, one after another
    return costs


async def begin(watch: Watch, site: Site, shown: Output) -> Cost:
    """Until all is well, and what an ordinary time costs then."""
    await watch.wait_until(lambda: watch.first_tick_s is not None, FIRST_TICK_WITHIN_S, "no tick came")
    watch.journal.note("kubectl apply feedaccount-b.yaml: a second login, to stand by")
    await installing.apply_examples(site, installing.SECOND)
    await faults.mend_fronts(watch.kubectl)
    await _wait_for_all(watch, shown)
    return await _watch_ordinary_time(watch)


async def _wait_for_all(watch: Watch, shown: Output) -> None:
    await watch.wait_until(watch.is_whole, WHOLE_WITHIN_S, "not every account was ready")
    shown.tell(watch)


async def _watch_ordinary_time(watch: Watch) -> Cost:
    watch.journal.note(f"both accounts are logged in; {ORDINARY_S:.0f} s without a fault, to compare with")
    mark = watch.count.mark()
    await asyncio.sleep(ORDINARY_S)
    return watch.count.sum_up("nothing, longest silence", mark)


async def _settle() -> None:
    await asyncio.sleep(SETTLE_S)


async def perform(
    fault: Fault, watch: Watch, shown: Output, *, until: Callable[[], Awaitable[None]] = _settle
) -> Cost:
    """The fault lasts until the feed has moved, and then `until` is over."""
    mark = watch.count.mark()
    active = watch.active or ""
    async with fault.happen(watch, active):
        await watch.wait_until(
            lambda: watch.count.has_moved_since(mark), HANDOVER_WITHIN_S, f"nobody took over from {active}"
        )
        await until()
    await _wait_for_all(watch, shown)
    return watch.count.sum_up(fault.title, mark)
