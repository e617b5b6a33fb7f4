"""What HTTP shows: `/livez`, `/readyz`, `/metrics`. Served from the first moment, before NATS is reached."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_gateway.domain.readiness import judge_liveness, judge_readiness
from mds_gateway.metrics import PREFIX
from mds_runtime.http import health
from mds_runtime.http.own_figures import OwnFigures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.metrics import GatewayMetrics
    from mds_runtime.http.pages import Page


@dataclass(frozen=True, slots=True)
class _Shown:
    metrics: GatewayMetrics
    bridge: Bridge


class Outside:
    def __init__(self, find_expiry: Callable[[], float | None]) -> None:
        """`find_expiry`: of the login to NATS."""
        self._shown: _Shown | None = None
        self._registry = health.make_registry()
        self._registry.register(OwnFigures(PREFIX, "mds-gateway", find_expiry))

    def show(self, metrics: GatewayMetrics, bridge: Bridge) -> None:
        """From now on there is something to ask."""
        self._shown = _Shown(metrics, bridge)
        self._registry.register(metrics)

    def build_pages(self) -> Mapping[str, Page]:
        return health.build_pages(self._registry, self._find_death, self._find_lacks)

    def _find_death(self) -> Sequence[str]:
        beaten_at = self._shown.metrics.beaten_at if self._shown is not None else None
        return judge_liveness(None if beaten_at is None else time.monotonic() - beaten_at)

    def _find_lacks(self) -> Sequence[str]:
        shown = self._shown
        if shown is None:
            return ["starting: NATS is not reached yet"]
        return judge_readiness(shown.metrics.last, connected=shown.bridge.is_connected)
