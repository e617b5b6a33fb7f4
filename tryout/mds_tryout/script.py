"""The try without a person: wait for a tick, move the feed, kill the active gateway, wait, count."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mds_tryout.errors import TryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.counting.join import Counts
    from mds_tryout.trying import Try

FIRST_TICK_WITHIN_S: Final = 60.0
HANDOVER_WITHIN_S: Final = 15.0
RETURN_WITHIN_S: Final = 60.0


async def play(trying: Try, seconds: float) -> Counts:
    await trying.start()
    await wait_for_ticks(trying)
    await wait_for_everybody(trying)
    await asyncio.sleep(seconds)
    trying.journal.note("planned move …")
    await _hand_over(trying, trying.move)
    await asyncio.sleep(seconds)
    await _hand_over(trying, trying.kill_active)
    await wait_for_everybody(trying)
    await asyncio.sleep(seconds)
    return await trying.conclude()


async def wait_for_ticks(trying: Try) -> None:
    await trying.wait_until(
        lambda: trying.feed.newest is not None,
        FIRST_TICK_WITHIN_S,
        TryError(
            f"no tick within {FIRST_TICK_WITHIN_S:.0f} s",
            log=trying.world.log(trying.world.accounts[0]),
            remedy="read the gateway's log, then the simulator's beside it",
        ),
    )


async def wait_for_everybody(trying: Try) -> None:
    """All gateways stream; the one that was killed is one of them again."""
    await trying.wait_until(
        trying.are_streaming,
        RETURN_WITHIN_S,
        TryError(
            f"not every gateway streams within {RETURN_WITHIN_S:.0f} s",
            log=trying.world.folder,
            remedy="read the log of the one that does not",
        ),
    )


async def _hand_over(trying: Try, cause: Callable[[], object]) -> None:
    before = len(trying.feed.handovers)
    cause()
    await trying.wait_until(
        lambda: len(trying.feed.handovers) > before,
        HANDOVER_WITHIN_S,
        TryError(
            f"nobody took the feed over within {HANDOVER_WITHIN_S:.0f} s",
            log=trying.world.folder,
            remedy="read the gateways' logs",
        ),
    )
