"""The failover of a demo that is monitored: a front stays down until Alertmanager tells of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_demo import evidence, faults, tour
from mds_demo.errors import DemoError
from mds_demo.evidence import Seen
from mds_demo.installing import DASHBOARDS
from mds_demo.stack import EVERY_S
from mds_tryout.journal import Tone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mds_demo.asking import Stack
    from mds_demo.counting import Cost
    from mds_demo.evidence import Figures
    from mds_demo.installing import Site
    from mds_demo.output import Output
    from mds_demo.watching import Watch

FIGURES: Final = "count(mds_operator_subscription_info)"
TARGETS: Final = 'count(up{job=~"mds-.*"} == 1)'
_TARGETS: Final = 3
"""The operator, and a gateway for each account."""
_FOUND_WITHIN_S: Final = 120.0
_TOLD_WITHIN_S: Final = 180.0
_ENDED_WITHIN_S: Final = 120.0
_LOOK_EVERY_S: Final = 1.0
_REMEDY: Final = (
    "kubectl --namespace monitoring get pods and kubectl --namespace mds get podmonitors,prometheusrules"
    " say more; run make monitoring again, it goes on where it stands"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    costs: list[Cost]
    seen: Seen


@dataclass(frozen=True, slots=True)
class Failover:
    stack: Stack
    address: str
    """Of the dashboards."""

    async def play(self, watch: Watch, site: Site, shown: Output) -> Outcome:
        await wait(self._has_figures, _FOUND_WITHIN_S, "Prometheus has no figures of mds")
        watch.journal.note(f"Prometheus has the first figures of mds; dashboards: {self.address}", Tone.GOOD)
        ordinary = await tour.begin(watch, site, shown)
        await wait(self._has_all_targets, _FOUND_WITHIN_S, "Prometheus has not found operator and gateways")
        before = await self._read(site)
        down_s = time.time()
        told: list[_Told] = []

        async def wait_until_told() -> None:
            told.append(await self._wait_until_told(watch, site))

        cost = await tour.perform(faults.FRONT_DOWN, watch, shown, until=wait_until_told)
        (heard,) = told
        await wait(self._has_ended, _ENDED_WITHIN_S, f"{evidence.ALERT} has not ended")
        watch.journal.note(f"{evidence.ALERT} is resolved", Tone.GOOD)
        course = evidence.parse_course(
            await self.stack.query(evidence.HISTORY), heard.alert, down_s=down_s, every_s=EVERY_S
        )
        seen = Seen(before, heard.figures, await self._read(site), down_s, heard.at_s, course)
        return Outcome([ordinary, cost], seen)

    async def _wait_until_told(self, watch: Watch, site: Site) -> _Told:
        watch.journal.note(
            f"the front stays down until Alertmanager has {evidence.ALERT}: its `for` is a minute"
        )
        await wait(self._is_told, _TOLD_WITHIN_S, f"Alertmanager was not told of {evidence.ALERT}")
        alert, *_ = await self._list_alerts()
        watch.journal.note(f"Alertmanager: {alert['annotations']['summary']}", Tone.BAD)
        return _Told(await self._read(site), alert, time.time())

    async def _read(self, site: Site) -> Figures:
        return await evidence.read_figures(self.stack, site.repository / DASHBOARDS, time.time())

    async def _list_alerts(self) -> list[dict[str, Any]]:
        return await self.stack.list_alerts(*evidence.MATCHERS)

    async def _has_figures(self) -> bool:
        return evidence.parse_number(await self.stack.query(FIGURES)) > 0

    async def _has_all_targets(self) -> bool:
        return evidence.parse_number(await self.stack.query(TARGETS)) >= _TARGETS

    async def _is_told(self) -> bool:
        return bool(await self._list_alerts())

    async def _has_ended(self) -> bool:
        return not (await self.stack.query(evidence.FIRING) or await self._list_alerts())


@dataclass(frozen=True, slots=True)
class _Told:
    """While the front was down; `at_s` is when that was known."""

    figures: Figures
    alert: dict[str, Any]
    at_s: float


async def wait(is_so: Callable[[], Awaitable[bool]], within_s: float, otherwise: str) -> None:
    """What does not answer may be new; it is told if it stays so."""
    deadline = time.monotonic() + within_s
    while True:
        said = ""
        try:
            if await is_so():
                return
        except DemoError as exc:
            said = f": {exc.what}"
        if time.monotonic() > deadline:
            raise DemoError(f"{otherwise} within {within_s:.0f} s{said}", remedy=_REMEDY)
        await asyncio.sleep(_LOOK_EVERY_S)
