"""Who is told: a webhook of ours, which keeps each alert of each notification with the moment it came."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Told:
    """One alert of a notification; times in seconds since 1970."""

    at: float
    """When it came here."""
    is_firing: bool
    labels: Mapping[str, str]
    starts_at: float
    """Since when it fires, by Prometheus."""
    ends_at: float
    """When it ended, by Prometheus; of one that fires it means nothing."""

    def is_of(self, labels: Mapping[str, str]) -> bool:
        return labels.items() <= self.labels.items()


@dataclass(slots=True)
class Inbox:
    url: str = ""
    _told: list[Told] = field(default_factory=list)

    def add(self, body: Mapping[str, Any], at: float) -> None:
        self._told += [_read(alert, at) for alert in body["alerts"]]

    def find(self, labels: Mapping[str, str], since: float) -> list[Told]:
        """In the order in which they came."""
        return [told for told in tuple(self._told) if told.at >= since and told.is_of(labels)]


def _read(alert: Mapping[str, Any], at: float) -> Told:
    begin, end = (datetime.fromisoformat(alert[name]).timestamp() for name in ("startsAt", "endsAt"))
    return Told(at, alert["status"] == "firing", alert["labels"], begin, end)


@contextmanager
def open_inbox(host: str) -> Iterator[Inbox]:
    """Listens on an address of this machine, at any free port."""
    inbox = Inbox()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.time()
            inbox.add(json.loads(self.rfile.read(int(self.headers["Content-Length"]))), at)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal."""

    with ThreadingHTTPServer((host, 0), Answer) as server:
        inbox.url = f"http://{host}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield inbox
        finally:
            server.shutdown()
            thread.join()
