"""A standby's look at the canaries in the stream: what its own front delivered, and the publisher's did not.

Each subscription by itself: one whose stream does not answer must not keep the others waiting.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain.comparing import Comparing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_gateway.domain.losing import Loss
    from mds_gateway.domain.serving import Destination, Served, Serving

log = logging.getLogger(__name__)

BACK_S = 10.0  # of the stream: a look each 5 s overlaps the one before, and every log goes back as far


class Streams(Protocol):
    async def read_identities(
        self, destination: Destination, subjects: list[str], back_s: float
    ) -> Mapping[bytes, set[bytes]]: ...


class CanaryLooks:
    """`look` is to be called each 5 s."""

    def __init__(
        self,
        streams: Streams,
        serving: Serving,
        canary_subjects: Callable[[str], list[str]],
        report: Callable[[str, Loss], None],
    ) -> None:
        self._streams = streams
        self._serving = serving
        self._canary_subjects = canary_subjects
        self._report = report
        self._comparing: dict[str, Comparing] = {}

    async def look(self) -> None:
        await asyncio.gather(*(self._look_at(served) for served in self._serving))

    async def _look_at(self, served: Served) -> None:
        subjects = self._canary_subjects(served.name)
        if served.is_active or served.route is None or not subjects:
            self._comparing.pop(served.name, None)
            return
        try:
            stored = await self._streams.read_identities(served.destination, subjects, BACK_S)
        except NatsTrouble as exc:
            log.debug("canaries of %s: %s", served.name, exc)
            return
        if not self._serving.holds(served):
            return
        comparing = self._comparing.setdefault(served.name, Comparing())
        comparing.compare(served.feed.list_kept(frozenset(stored)), stored)
        if (told := comparing.tell(time.monotonic())) is not None:
            self._report(served.name, told)
