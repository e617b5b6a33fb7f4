"""The preview's server: its pages, and what it tells of a Prometheus that answers or does not."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.preview.asking import Prometheus
from monitoring.preview.serving import Files, list_names, serve_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWERS: dict[str, tuple[int, bytes]] = {
    "label": (200, b'{"status": "success", "data": ["desk"]}'),
    "query": (422, b'{"status": "error", "error": "too many samples"}'),
    "query_range": (503, b"upstream is away\n"),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS[self.path.removeprefix("/api/v1/").split("?")[0].split("/")[0]]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """It is not of interest."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def preview(prometheus: str, tmp_path: Path) -> Iterator[str]:
    bundles, icons = tmp_path / "bundles", tmp_path / "icons"
    for folder, name in ((bundles, "page.js"), (icons / "unicons", "bell.svg"), (tmp_path, "secret")):
        folder.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(name)
    with serve_files(Files(bundles, icons, Prometheus(prometheus))) as found:
        yield found.url


def get(url: str) -> tuple[int, str, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def find_panel(told: dict[str, Any], *, instant: bool) -> int:
    panels = told["dashboard"]["panels"]
    return next(
        place for place, each in enumerate(panels) if each.get("targets", [{}])[0].get("instant") is instant
    )


def test_its_first_page_leads_to_each_dashboard(preview: str) -> None:
    status, kind, page = get(f"{preview}/")

    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert all(f'href="/d/mds-{name}"' in page for name in list_names())
    assert '<div id="root">' in get(f"{preview}/d/mds-overview?var-namespace=desk")[2]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        pytest.param("/page.js", (200, "text/javascript; charset=utf-8", "page.js"), id="a bundle"),
        pytest.param(
            "/public/build/img/icons/unicons/bell.svg",
            (200, "image/svg+xml; charset=utf-8", "bell.svg"),
            id="an icon",
        ),
        pytest.param(
            "/none.js",
            (404, "text/plain; charset=utf-8", "/none.js: there is no such page"),
            id="no such file",
        ),
        pytest.param(
            "/../secret",
            (404, "text/plain; charset=utf-8", "/../secret: there is no such page"),
            id="above its folder",
        ),
    ],
)
def test_files_are_those_of_its_folders(preview: str, path: str, answer: tuple[int, str, str]) -> None:
    assert get(preview + path) == answer


def test_a_dashboard_that_is_not_there_is_named_beside_those_that_are(preview: str) -> None:
    status, _, said = get(f"{preview}/dashboards/mds-feeds")

    assert status == 422
    assert said == f"mds-feeds is no dashboard; there are {', '.join(list_names())}"


def test_a_page_is_told_its_dashboard_and_a_panel_why_it_is_empty(preview: str) -> None:
    status, kind, page = get(f"{preview}/dashboards/mds-subscription")
    told = json.loads(page)

    assert (status, kind) == (200, "application/json; charset=utf-8")
    assert [each["chosen"] for each in told["offered"]] == ["desk", "desk"]
    place = find_panel(told, instant=True)
    status, _, said = get(f"{preview}/panels/mds-subscription/{place}?{told['asked']}&step=15000")
    assert (status, said.partition(": max")[0]) == (422, "Prometheus: too many samples")


def test_what_answers_in_the_place_of_prometheus_is_quoted(preview: str) -> None:
    status, _, said = get(f"{preview}/marks/mds-overview?from=0&to=60000&step=15000&var-namespace=desk")

    assert status == 422
    assert said.startswith("Prometheus: upstream is away")


def test_a_prometheus_that_is_away_is_named(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as closed:
        url = f"http://127.0.0.1:{closed.server_port}"
    with serve_files(Files(tmp_path, tmp_path, Prometheus(url))) as preview:
        status, _, said = get(f"{preview.url}/dashboards/mds-overview")

    assert status == 422
    assert said.startswith(f"{url} does not answer as Prometheus: ")
