"""What HTTP shows: `/livez`, `/readyz`, `/metrics`. Served from the first moment, before NATS is reached."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.process_collector import ProcessCollector

from mds_gateway.adapters.http.server import Answer, HttpServer
from mds_gateway.domain.readiness import judge_liveness, judge_readiness
from mds_gateway.settings import StartError, variable_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.metrics import GatewayMetrics
    from mds_gateway.settings import GatewaySettings

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shown:
    metrics: GatewayMetrics
    bridge: Bridge


class Outside:
    def __init__(self) -> None:
        self._shown: _Shown | None = None
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)

    def show(self, metrics: GatewayMetrics, bridge: Bridge) -> None:
        """From now on there is something to ask."""
        self._shown = _Shown(metrics, bridge)
        self._registry.register(metrics)

    async def listen(self, settings: GatewaySettings) -> asyncio.Server:
        pages = {"/livez": self._answer_live, "/readyz": self._answer_ready, "/metrics": self._answer_metrics}
        try:
            server = await HttpServer(pages).listen(settings.http_host, settings.http_port)
        except OSError as exc:
            where = f"{settings.http_host}:{settings.http_port}"
            why = exc.strerror or exc
            raise StartError(
                f"{variable_of('http_port')}: cannot listen on {where} ({why}); choose another"
            ) from None
        host, port = server.sockets[0].getsockname()[:2]
        log.info("http on %s:%d", host, port, extra={"code": "Listening"})
        return server

    def _answer_live(self) -> Answer:
        beaten_at = self._shown.metrics.beaten_at if self._shown is not None else None
        return _answer("alive", judge_liveness(None if beaten_at is None else time.monotonic() - beaten_at))

    def _answer_ready(self) -> Answer:
        shown = self._shown
        if shown is None:
            return _answer("ready", ["starting: NATS is not reached yet"])
        return _answer("ready", judge_readiness(shown.metrics.last, connected=shown.bridge.is_connected))

    def _answer_metrics(self) -> Answer:
        return Answer(HTTPStatus.OK, generate_latest(self._registry), METRICS_TYPE)


def _answer(good: str, problems: Sequence[str]) -> Answer:
    status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    return Answer(status, "".join(f"{line}\n" for line in problems or [good]).encode())
