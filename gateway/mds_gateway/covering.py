"""Count at times which selected contracts lack ticks, a slice at a time; a scrape reads the last count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.slicing import do_in_turn

if TYPE_CHECKING:
    from mds_gateway.arranging import Known
    from mds_gateway.metrics import Tally
    from mds_gateway.ports import MarketData


class Covering:
    def __init__(self, source: MarketData, known: Known, tally: Tally) -> None:
        self._source = source
        self._known = known
        self._tally = tally

    async def count(self) -> None:
        if (settings := self._known.settings) is not None:
            self._tally.coverage = await do_in_turn(self._source.count_coverage(settings.stale_after_ms))
