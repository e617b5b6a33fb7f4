"""Ask Prometheus and Alertmanager by their APIs, as their own pages and Grafana do."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from mds_demo.errors import DemoError

_ANSWER_WITHIN_S: Final = 10.0
_REMEDY: Final = (
    "kubectl --namespace monitoring get pods says more; run make monitoring again, it goes on where it stands"
)


@dataclass(frozen=True, slots=True)
class Stack:
    """Where the two answer this machine."""

    prometheus: str
    alertmanager: str

    async def query(self, expr: str) -> list[dict[str, Any]]:
        """The series now; of a range like `up[5m]` each sample."""
        return list((await self._ask_prometheus("query", query=expr))["result"])

    async def query_range(
        self, expr: str, *, start_s: float, end_s: float, step_s: int
    ) -> list[dict[str, Any]]:
        span = {"start": f"{start_s:.0f}", "end": f"{end_s:.0f}", "step": str(step_s)}
        return list((await self._ask_prometheus("query_range", query=expr, **span))["result"])

    async def list_alerts(self, *matchers: str) -> list[dict[str, Any]]:
        """Those that Alertmanager holds and that have not ended."""
        path = f"/api/v2/alerts?{urlencode([('filter', each) for each in matchers])}"
        return list(await asyncio.to_thread(_get, "Alertmanager", self.alertmanager, path))

    async def _ask_prometheus(self, what: str, **parameters: str) -> dict[str, Any]:
        path = f"/api/v1/{what}?{urlencode(parameters)}"
        found = await asyncio.to_thread(_get, "Prometheus", self.prometheus, path)
        return dict(found["data"])


def _get(who: str, url: str, path: str) -> Any:  # noqa: ANN401 - JSON
    # http.client, as it knows no proxies: one that the environment names does not reach the cluster.
    netloc = urlsplit(url).netloc
    try:
        with closing(http.client.HTTPConnection(netloc, timeout=_ANSWER_WITHIN_S)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            status, text = answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as exc:
        raise DemoError(f"{who} at {url} does not answer: {exc!r}", remedy=_REMEDY) from exc
    if status != HTTPStatus.OK:
        raise DemoError(f"{who} at {url} answers {status}: {text[:200].strip()}", remedy=_REMEDY)
    return json.loads(text)
