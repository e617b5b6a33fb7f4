"""Grafana or the preview as a program of this machine: how it is called, and that it ends with us."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from mds_demo import drawing
from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMETHEUS = "http://198.18.0.2:30490"
WAITING = (sys.executable, "-c", "import sys; sys.stdin.read()")


@pytest.fixture
def answering() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """It is not of interest."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_grafana_gets_our_prometheus_and_the_folder_of_our_dashboards(tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.mkdir()
    drawing.write_provisioning(settings, PROMETHEUS)
    command = drawing.build_grafana("docker", settings, tmp_path / "dashboards", 3000)

    (source,) = json.loads((settings / "datasources/mds.yaml").read_text())["datasources"]
    (provider,) = json.loads((settings / "dashboards/mds.yaml").read_text())["providers"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", PROMETHEUS, True)
    assert f"--volume={settings}:/etc/grafana/provisioning:ro" in command
    assert f"--volume={tmp_path / 'dashboards'}:{provider['options']['path']}:ro" in command
    assert command[-1] == drawing.GRAFANA


def test_grafana_answers_this_machine_only() -> None:
    assert "--env=GF_SERVER_HTTP_ADDR=127.0.0.1" in drawing.build_grafana(
        "docker", *2 * (drawing.DASHBOARDS,), 1
    )


def test_what_serves_is_there_within_the_block_and_gone_after_it(tmp_path: Path, answering: str) -> None:
    with drawing.run(WAITING, tmp_path, answering, tmp_path / "log") as dashboards:
        assert dashboards.process.poll() is None
        assert dashboards.url == answering

    assert dashboards.process.returncode is not None


def test_what_serves_is_gone_after_an_interrupt_too(tmp_path: Path, answering: str) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        drawing.run(WAITING, tmp_path, answering, tmp_path / "log") as dashboards,
    ):
        raise KeyboardInterrupt

    assert dashboards.process.returncode is not None


def test_what_ends_before_it_answers_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('first'); print('no packages')")

    with (
        pytest.raises(DemoError, match=r"does not answer: no packages; all it said is in .*log"),
        drawing.run(command, tmp_path, "http://127.0.0.1:1", tmp_path / "log"),
    ):
        pytest.fail("it never answered")


def test_the_preview_is_called_by_our_own_python() -> None:
    command = drawing.build_preview(PROMETHEUS, 41000)

    assert command[0] == sys.executable
    assert command[1:4] == ("-m", "monitoring.preview", "serve")
    assert command[4:] == (f"--prometheus={PROMETHEUS}", "--port=41000")


def test_where_docker_has_no_network_the_preview_draws() -> None:
    assert not drawing.pull("false", lambda _: None)
    assert drawing.pull("true", lambda _: None)
