"""What shows the dashboards: Grafana in a container where Docker answers, else the preview of ours.

Either is a program of this machine that ends with us.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_demo.errors import DemoError
from mds_demo.installing import DASHBOARDS
from mds_devcluster import clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mds_devcluster.building import Workshop

GRAFANA: Final = "grafana/grafana:13.1.3"
"""As kube-prometheus installs it. NOT RUN HERE, where Docker does not answer."""
_PREVIEW: Final = "monitoring.preview"
_READY_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.2
_ENDED_WITHIN_S: Final = 10.0
_PULLED_WITHIN_S: Final = 300.0
_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Dashboards:
    url: str
    process: subprocess.Popen[bytes]
    log: Path


class Drawing:
    """Grafana's image or the preview: obtained when this is made, serving while a block lasts."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._has_grafana = clusters.is_docker_there() and pull(find_docker(), workshop.progress.note)
        if not self._has_grafana:
            _run_preview(workshop, "build")

    @contextmanager
    def serve(self, prometheus: str, log: Path) -> Iterator[Dashboards]:
        port = _find_port()
        with tempfile.TemporaryDirectory(prefix="mds-grafana-") as folder:
            if self._has_grafana:
                settings = write_provisioning(Path(folder), prometheus)
                command = build_grafana(find_docker(), settings, self._workshop.repository / DASHBOARDS, port)
            else:
                command = build_preview(prometheus, port)
            with run(command, self._workshop.repository, f"http://{_HOST}:{port}", log) as dashboards:
                yield dashboards


def build_preview(prometheus: str, port: int) -> tuple[str, ...]:
    return sys.executable, "-m", _PREVIEW, "serve", f"--prometheus={prometheus}", f"--port={port}"


def build_grafana(docker: str, settings: Path, dashboards: Path, port: int) -> tuple[str, ...]:
    """On the host's network: from there it reaches Prometheus at a node."""
    environment = {
        "GF_SERVER_HTTP_ADDR": _HOST,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }
    mounts = {settings: "/etc/grafana/provisioning", dashboards: "/var/lib/mds/dashboards"}
    return (
        *(docker, "run", "--rm", "--pull=never", "--network=host"),
        *(f"--env={name}={value}" for name, value in environment.items()),
        *(f"--volume={here}:{there}:ro" for here, there in mounts.items()),
        GRAFANA,
    )


def write_provisioning(folder: Path, prometheus: str) -> Path:
    """A data source, and the dashboards as files; JSON is YAML, too."""
    for kind, content in build_provisioning(prometheus).items():
        (folder / kind).mkdir()
        (folder / kind / "mds.yaml").write_text(json.dumps(content, indent=2))
    folder.chmod(0o755)  # Grafana is somebody else there
    return folder


def build_provisioning(prometheus: str) -> dict[str, Any]:
    source = {
        "name": "Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": prometheus,
        "isDefault": True,
    }
    provider = {
        "name": "mds",
        "folder": "mds",
        "type": "file",
        "options": {"path": "/var/lib/mds/dashboards"},
    }
    return {
        "datasources": {"apiVersion": 1, "datasources": [source]},
        "dashboards": {"apiVersion": 1, "providers": [provider]},
    }


def find_docker() -> str:
    return shutil.which("docker") or "docker"


def pull(docker: str, note: Callable[[str], None]) -> bool:
    """False without a network; then it is the preview."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        asked = subprocess.run(
            (docker, "pull", "--quiet", GRAFANA),
            check=False,
            capture_output=True,
            timeout=_PULLED_WITHIN_S,
        )
        if asked.returncode == 0:
            return True
    note(f"docker pull {GRAFANA} failed; the preview of this repository draws instead")
    return False


def _run_preview(workshop: Workshop, *words: str) -> None:
    command = (sys.executable, "-m", _PREVIEW, *words)
    ended = subprocess.run(command, check=False, cwd=workshop.repository, stdin=subprocess.DEVNULL)
    if ended.returncode != 0:
        raise DemoError(
            "the preview of the dashboards could not be made; what it said stands above",
            remedy="run make monitoring again once the cause is gone; without dashboards: make demo",
        )


@contextmanager
def run(command: Sequence[str], folder: Path, url: str, log: Path) -> Iterator[Dashboards]:
    """Answering at `url`, until the block is left; a Ctrl-C is for us.

    The preview ends by itself with its stdin, so also when we are killed.
    """
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            dashboards = Dashboards(url, process, log)
            _wait(dashboards)
            yield dashboards
        finally:
            process.terminate()
            try:
                process.wait(_ENDED_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(dashboards: Dashboards) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _answers(dashboards.url):
        if dashboards.process.poll() is not None or time.monotonic() > deadline:
            raise build_failure(dashboards.log)
        time.sleep(_LOOK_EVERY_S)


def build_failure(log: Path) -> DemoError:
    last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    return DemoError(
        f"what draws the dashboards does not answer: {last}",
        remedy=f"all it said is in {log}; run make monitoring again, it goes on where it stands",
    )


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_ENDED_WITHIN_S):
            return True
    except OSError:  # an answer that is an error, too
        return False


def _find_port() -> int:
    with socket.create_server((_HOST, 0)) as taken:
        return int(taken.getsockname()[1])
