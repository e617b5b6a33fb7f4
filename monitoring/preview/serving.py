"""Serves the page, the committed dashboards and a way to Prometheus; takes pictures of the pages."""

from __future__ import annotations

import html
import json
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final, override
from urllib.parse import parse_qs, urlencode, urlsplit

from mds_devcluster.building import open_workshop
from mds_devcluster.errors import DevclusterError
from monitoring.preview import asking, obtaining
from monitoring.preview.asking import Prometheus
from monitoring.preview.variables import NotDrawnError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mds_devcluster.progress import Progress
    from monitoring.preview.variables import Address, Json

FOLDER: Final = Path(__file__).parents[2] / "helm/mds/files/dashboards"
_ICONS: Final = "/public/build/img/icons/"
_LOOK_EVERY_S: Final = 0.05
"""Whether it is to end."""
_TOLD: Final = ("/dashboards/", "/panels/", "/marks/")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Preview:
    url: str


@dataclass(frozen=True, slots=True)
class Files:
    """What is served beside the dashboards."""

    bundles: Path
    icons: Path
    prometheus: Prometheus


@contextmanager
def serve(prometheus_url: str, port: int = 0, *, progress: Progress) -> Iterator[Preview]:
    """The pages, as long as the block runs; port 0 is a free one."""
    workshop = open_workshop(progress)
    bundles, icons = obtaining.obtain_bundles(workshop), obtaining.find_icons(workshop)
    with serve_files(Files(bundles, icons, Prometheus(prometheus_url)), port) as preview:
        yield preview


@contextmanager
def serve_files(files: Files, port: int = 0) -> Iterator[Preview]:
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, files))
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_EVERY_S,), daemon=True)
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


def read_dashboard(uid: str) -> Json:
    name = uid.removeprefix("mds-")
    if name not in list_names():
        raise NotDrawnError(f"{uid} is no dashboard; there are {', '.join(list_names())}")
    found: Json = json.loads((FOLDER / f"{name}.json").read_text())
    return found


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: Files, *arguments: object) -> None:
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
        elif path.startswith(_TOLD):
            self._tell(*path.split("/")[1:])
        elif path.startswith(_ICONS):
            self._answer_file(self._files.icons, path.removeprefix(_ICONS))
        else:
            self._answer_file(self._files.bundles, path.removeprefix("/"))

    def _tell(self, kind: str, uid: str, *place: str) -> None:
        address = parse_qs(urlsplit(self.path).query)
        try:
            told = self._load(kind, read_dashboard(uid), place, address)
        except NotDrawnError as error:
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain", str(error).encode())
            return
        self._answer(HTTPStatus.OK, "application/json", json.dumps(told, allow_nan=False).encode())

    def _load(self, kind: str, dashboard: Json, place: Sequence[str], address: Address) -> object:
        ask = self._files.prometheus.ask
        if kind == "marks":
            return asking.load_marks(dashboard, address, ask)
        if kind == "panels":
            return asking.load_frames(dashboard, int(place[0]), address, ask)
        return asking.load_page(dashboard, address, round(time.time() * 1000), ask)

    def _answer_file(self, folder: Path, name: str) -> None:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", f"{self.path}: there is no such page".encode())
            return
        self._answer(HTTPStatus.OK, _TYPES.get(path.suffix, "text/plain"), path.read_bytes())

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
