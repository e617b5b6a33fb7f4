"""Grafana as a program of this machine: how it is called, and that it ends with us."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from mds_demo import grafana
from mds_demo.errors import DemoError
from mds_demo.installing import DASHBOARDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMETHEUS = "http://198.18.0.2:30490"
WAITING = (sys.executable, "-c", "import threading; threading.Event().wait()")


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
    grafana.write_provisioning(settings, PROMETHEUS)
    command = grafana.build_command("docker", settings, tmp_path / "dashboards", 3000)

    (source,) = json.loads((settings / "datasources/mds.yaml").read_text())["datasources"]
    (provider,) = json.loads((settings / "dashboards/mds.yaml").read_text())["providers"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", PROMETHEUS, True)
    assert f"--volume={settings}:/etc/grafana/provisioning:ro" in command
    assert f"--volume={tmp_path / 'dashboards'}:{provider['options']['path']}:ro" in command
    assert command[-1] == grafana.IMAGE


def test_grafana_answers_this_machine_only() -> None:
    assert "--env=GF_SERVER_HTTP_ADDR=127.0.0.1" in grafana.build_command("docker", *2 * (DASHBOARDS,), 1)


def test_what_serves_is_there_within_the_block_and_gone_after_it(tmp_path: Path, answering: str) -> None:
    with grafana.run(WAITING, answering, tmp_path / "log") as found:
        assert found.process.poll() is None
        assert found.url == answering

    assert found.process.returncode is not None


def test_what_serves_is_gone_after_an_interrupt_too(tmp_path: Path, answering: str) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        grafana.run(WAITING, answering, tmp_path / "log") as found,
    ):
        raise KeyboardInterrupt

    assert found.process.returncode is not None


def test_what_ends_before_it_answers_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('first'); print('no packages')")

    with (
        pytest.raises(DemoError, match=r"does not answer: no packages; all it said is in .*log"),
        grafana.run(command, "http://127.0.0.1:1", tmp_path / "log"),
    ):
        pytest.fail("it never answered")


def test_without_a_network_there_is_no_grafana() -> None:
    assert not grafana.pull("false")
    assert grafana.pull("true")
