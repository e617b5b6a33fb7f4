"""Every feed that there is, with the runs that its source would make. A new one is one more line in `ALL`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mds_gateway.domain.feeding import TickFeed
from mds_gateway.domain.ticks import FinishedTick, TickRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_gateway.domain.feed import Feed, Run


class MakeFeed(Protocol):
    def __call__(self, *, keep_s: float, max_bytes: int, last_prefix: bytes) -> Feed[Any]: ...


@dataclass(frozen=True)
class Feeds:
    name: str
    make_feed: MakeFeed
    make_run: Callable[[list[FinishedTick]], Run]


PYTHON = Feeds("python", TickFeed, TickRun.of)
ALL = (PYTHON,)
