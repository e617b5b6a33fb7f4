"""Serves the page, the committed dashboards and a way to Prometheus; takes pictures of the pages."""

from __future__ import annotations

import html
import json
import subprocess
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final, override
from urllib.parse import urlencode, urlsplit

from mds_devcluster.building import open_workshop
from mds_devcluster.errors import DevclusterError
from monitoring.preview import honoured, obtaining

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mds_devcluster.progress import Progress

FOLDER: Final = Path(__file__).parents[2] / "helm/mds/files/dashboards"
_ANSWER_WITHIN_S: Final = 60.0
_ICONS: Final = "/public/build/img/icons/"
_ASKED: Final = ("query", "query_range", "label")
"""What may be asked of Prometheus: nothing that changes it."""
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Preview:
    url: str


@dataclass(frozen=True, slots=True)
class _Files:
    bundles: Path
    icons: Path
    prometheus_url: str


@contextmanager
def serve(prometheus_url: str, port: int = 0, *, progress: Progress) -> Iterator[Preview]:
    """The pages, as long as the block runs; port 0 is a free one."""
    workshop = open_workshop(progress)
    files = _Files(
        obtaining.obtain_bundles(workshop), obtaining.find_icons(workshop), prometheus_url.rstrip("/")
    )
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, files))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Preview(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def draw(
    prometheus_url: str,
    folder: Path,
    *,
    progress: Progress,
    at: float | None = None,
    begin: str | None = None,
    variables: Mapping[str, Collection[str]] | None = None,
    names: Collection[str] = (),
) -> list[Path]:
    """Take a picture of each dashboard and return their files; raise on what a page could not draw.

    `at`: seconds since 1970 that are taken for now; `begin`: where it begins, as now-1h; `names`: overview,
    …; all if there is none.
    """
    workshop = open_workshop(progress)
    browser = obtaining.obtain_browser(workshop)
    bundles = obtaining.obtain_bundles(workshop)
    folder.mkdir(parents=True, exist_ok=True)
    asked = [(f"var-{name}", value) for name, values in (variables or {}).items() for value in values]
    asked += [("at", str(round(at * 1000)))] if at is not None else []
    asked += [("from", begin)] if begin is not None else []
    files = [folder / f"{name}.png" for name in names or list_names()]
    with serve(prometheus_url, progress=progress) as preview:
        pictures = [f"{preview.url}/d/mds-{file.stem}?{urlencode(asked)}={file.resolve()}" for file in files]
        ended = subprocess.run(
            (obtaining.find("node"), bundles / "draw.cjs", browser, *pictures),
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode != 0:
        raise DevclusterError(f"preview: not all could be drawn\n{ended.stderr.rstrip()}")
    return files


def list_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: _Files, *arguments: object) -> None:
        self._files = files
        super().__init__(*arguments)  # type: ignore[arg-type]  # as socketserver calls it

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Each request in the terminal would hide what matters."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/":
            self._answer(HTTPStatus.OK, "text/html", _list_pages().encode())
        elif path.startswith("/d/"):
            self._answer(HTTPStatus.OK, "text/html", (obtaining.HERE / "page.html").read_bytes())
        elif path.startswith("/prometheus/api/v1/"):
            self._ask_prometheus()
        elif path.startswith("/dashboards/"):
            self._answer_dashboard(path.removeprefix("/dashboards/mds-"))
        elif path.startswith(_ICONS):
            self._answer_file(self._files.icons, path.removeprefix(_ICONS))
        else:
            self._answer_file(self._files.bundles, path.removeprefix("/"))

    def _answer_dashboard(self, name: str) -> None:
        if name not in list_names():
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", f"{name} is no dashboard".encode())
            return
        dashboard = json.loads((FOLDER / f"{name}.json").read_text())
        options = {
            "field": honoured.FIELD_OPTIONS,
            "custom": honoured.CUSTOM_OPTIONS,
            "transformations": honoured.TRANSFORMATIONS,
        }
        told = {
            "dashboard": dashboard,
            "unhonoured": honoured.list_unhonoured(dashboard),
            "honoured": options,
        }
        self._answer(HTTPStatus.OK, "application/json", json.dumps(told).encode())

    def _answer_file(self, folder: Path, name: str) -> None:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", f"{self.path}: there is no such page".encode())
            return
        self._answer(HTTPStatus.OK, _TYPES.get(path.suffix, "text/plain"), path.read_bytes())

    def _ask_prometheus(self) -> None:
        asked = self.path.removeprefix("/prometheus")
        if urlsplit(asked).path.split("/")[3] not in _ASKED:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"only queries are passed on")
            return
        # Without the proxies of the environment: it may be in a cluster of this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self._files.prometheus_url + asked, timeout=_ANSWER_WITHIN_S) as answer:
                self._answer(HTTPStatus.OK, "application/json", answer.read())
        except urllib.error.HTTPError as error:
            self._answer(HTTPStatus(error.code), "application/json", error.read())
        except OSError as error:
            told = f"{self._files.prometheus_url} does not answer: {error}"
            body = json.dumps({"status": "error", "error": told}).encode()
            self._answer(HTTPStatus.BAD_GATEWAY, "application/json", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _list_pages() -> str:
    found = [json.loads((FOLDER / f"{name}.json").read_text()) for name in list_names()]
    links = "".join(
        f'<li><a href="/d/{each["uid"]}">{html.escape(each["title"])}</a>: {html.escape(each["description"])}'
        for each in found
    )
    return f"<!doctype html><meta charset=utf-8><title>mds: dashboards</title><ul>{links}</ul>"
