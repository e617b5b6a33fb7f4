"""Pages that a Prometheus scrapes, a target for each process, with counters that go on by the clock."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from tests.kit.market_day.blocks import EVERY_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.kit.market_day.blocks import Rhythm
    from tests.kit.market_day.pages import Sample

_OF_TARGET: Final = ("job", "instance", "namespace", "pod", "account")


@dataclass(frozen=True, slots=True)
class _Line:
    series: str
    before: float
    per_scrape: float

    def value_at(self, scrapes: float) -> float:
        return self.before + self.per_scrape * scrapes


class Pages:
    """By the numbers that samples of one job and instance have."""

    def __init__(self, samples: Iterable[Sample], rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._since = 0.0
        self._lines = _sort(samples, {})

    def list_targets(self, samples: Iterable[Sample]) -> list[dict[str, str]]:
        """The labels of each, in the order of their pages; a series' own win over them."""
        own = {_target_of(sample): sample.labels for sample in samples if _target_of(sample) in self._lines}
        return [{name: own[key][name] for name in _OF_TARGET if name in own[key]} for key in self._lines]

    def show(self, samples: Iterable[Sample]) -> None:
        """Others from now on; counters go on where they are, new ones begin with 0."""
        now = self._count_scrapes()
        grown = {
            line.series: line.value_at(now - self._since)
            for lines in self._lines.values()
            for line in lines
            if line.per_scrape
        }
        self._lines, self._since = _sort(samples, grown), now

    def read(self, number: int) -> str:
        since = self._count_scrapes() - self._since
        lines = list(self._lines.values())[number]
        return "".join(f"{line.series} {line.value_at(since):.15g}\n" for line in lines)

    def _count_scrapes(self) -> float:
        return (time.time() - self._rhythm.begin) / EVERY_S


def _target_of(sample: Sample) -> tuple[str, str]:
    return sample.labels["job"], sample.labels.get("instance", "")


def _sort(samples: Iterable[Sample], grown: dict[str, float]) -> dict[tuple[str, str], list[_Line]]:
    found = defaultdict(list)
    for sample in samples:
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
        series = f"{sample.name}{{{labels}}}"
        before, grows = (grown.get(series, 0.0), sample.value) if sample.grows else (sample.value, 0.0)
        found[_target_of(sample)].append(_Line(series, before, grows))
    return dict(found)


@contextmanager
def serve_pages(pages: Pages) -> Iterator[str]:
    """The address; the page of the first target is /0."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            text = pages.read(int(self.path[1:])).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base's names
            """Nothing: a scrape is no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
