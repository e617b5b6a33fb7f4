"""What HTTP shows: `/livez`, `/readyz`, `/metrics`. Served from the first moment, before NATS is reached."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mds_gateway.domain.readiness import judge_liveness, judge_readiness
from mds_runtime.http import health

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_gateway.service import Gateway
    from mds_runtime.http.pages import Page


class Outside:
    def __init__(self) -> None:
        self._gateway: Gateway | None = None
        self._registry = health.make_registry()

    def show(self, gateway: Gateway) -> None:
        """From now on there is something to ask."""
        self._gateway = gateway
        self._registry.register(gateway.metrics)

    def build_pages(self) -> Mapping[str, Page]:
        return health.build_pages(self._registry, self._find_death, self._find_lacks)

    def _find_death(self) -> Sequence[str]:
        beaten_at = self._gateway.metrics.beaten_at if self._gateway is not None else None
        return judge_liveness(None if beaten_at is None else time.monotonic() - beaten_at)

    def _find_lacks(self) -> Sequence[str]:
        gateway = self._gateway
        if gateway is None:
            return ["starting: NATS is not reached yet"]
        return judge_readiness(gateway.metrics.last, connected=gateway.bridge.connected)
