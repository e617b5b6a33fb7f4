"""The pages that every process has: `/livez`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from mds_runtime.http.exposition import write_page
from mds_runtime.http.pages import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_runtime.http.pages import Page

type Find = Callable[[], Sequence[str]]
"""Return the problems, a line each for people; none: all is well."""


def make_registry() -> CollectorRegistry:
    """Return one that has the figures of the process itself."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


def build_pages(registry: CollectorRegistry, find_death: Find, find_lacks: Find) -> Mapping[str, Page]:
    """`find_death`: what only a new process can help; `find_lacks`: what keeps this one from its work."""
    return {
        "/livez": lambda: _answer("alive", find_death()),
        "/readyz": lambda: _answer("ready", find_lacks()),
        "/metrics": lambda: Answer(HTTPStatus.OK, write_page(registry), CONTENT_TYPE_LATEST),
    }


def _answer(good: str, problems: Sequence[str]) -> Answer:
    status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    return Answer(status, "".join(f"{line}\n" for line in problems or [good]).encode())
