"""A Prometheus as tests ask it: what it scrapes, and what it has stored, by its own stamps."""

from __future__ import annotations

import http.client
import json
import math
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

ANSWER_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Series:
    labels: dict[str, str]
    samples: tuple[tuple[float, float], ...]
    """When, in seconds since 1970, and what."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    url: str

    def query(self, expression: str) -> list[Series]:
        """The series now; of a range like `up[5m]` each sample as it was scraped."""
        found = self.ask("query", query=expression)["result"]
        return [
            Series(
                labels=each["metric"],
                samples=tuple(
                    (float(at), float(value)) for at, value in each.get("values") or [each["value"]]
                ),
            )
            for each in found
        ]

    def count(self, what: str, **parameters: str) -> int:
        """The series of a `query` or `query_range` that have a number."""
        return sum(
            any(not math.isnan(float(value)) for _, value in each.get("values") or [each["value"]])
            for each in self.ask(what, **parameters)["result"]
        )

    def list_targets(self) -> list[dict[str, Any]]:
        """Those it tries to scrape, with `labels`, `health` and `lastError`."""
        return list(self.ask("targets", state="active")["activeTargets"])

    def ask(self, what: str, **parameters: str) -> Any:
        """`data` of an answer of /api/v1."""
        parts = urlsplit(self.url)
        # http.client, as it knows no proxies: one that the environment names does not reach the cluster.
        with closing(http.client.HTTPConnection(parts.netloc, timeout=ANSWER_WITHIN_S)) as connection:
            connection.request("GET", f"{parts.path}/api/v1/{what}?{urlencode(parameters)}")
            answer = connection.getresponse()
            text = answer.read().decode()
        assert answer.status == HTTPStatus.OK, f"{what} {parameters}: {answer.status} {text}"
        return json.loads(text)["data"]
