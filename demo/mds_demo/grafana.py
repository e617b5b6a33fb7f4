"""Grafana's own image with the committed dashboards, where Docker answers. NOT RUN HERE: it does not."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IMAGE: Final = "grafana/grafana:13.1.3"
"""As kube-prometheus installs it."""
_PULLED_WITHIN_S: Final = 300.0
_READY_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.2
_ANSWER_WITHIN_S: Final = 5.0
_ENDED_WITHIN_S: Final = 10.0
_HOST: Final = "127.0.0.1"
_DASHBOARDS: Final = "/var/lib/mds/dashboards"


@dataclass(frozen=True, slots=True)
class Grafana:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Until it ends, which it should not."""
        self.process.wait()
        raise build_failure(self.log)


def find_docker() -> str:
    return shutil.which("docker") or "docker"


def pull(docker: str) -> bool:
    """False without a network."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        command = (docker, "pull", "--quiet", IMAGE)
        asked = subprocess.run(command, check=False, capture_output=True, timeout=_PULLED_WITHIN_S)
        return asked.returncode == 0
    return False


@contextmanager
def serve(prometheus: str, dashboards: Path, log: Path) -> Iterator[Grafana]:
    """As long as the block runs."""
    port = _find_port()
    with tempfile.TemporaryDirectory(prefix="mds-grafana-") as folder:
        settings = write_provisioning(Path(folder), prometheus)
        command = build_command(find_docker(), settings, dashboards, port)
        with run(command, f"http://{_HOST}:{port}", log) as grafana:
            yield grafana


def build_command(docker: str, settings: Path, dashboards: Path, port: int) -> tuple[str, ...]:
    """On the host's network: from there it reaches Prometheus at a node."""
    environment = {
        "GF_SERVER_HTTP_ADDR": _HOST,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }
    mounts = {settings: "/etc/grafana/provisioning", dashboards: _DASHBOARDS}
    return (
        *(docker, "run", "--rm", "--pull=never", "--network=host"),
        *(f"--env={name}={value}" for name, value in environment.items()),
        *(f"--volume={here}:{there}:ro" for here, there in mounts.items()),
        IMAGE,
    )


def write_provisioning(folder: Path, prometheus: str) -> Path:
    """A data source, and the dashboards as files; JSON is YAML, too."""
    for kind, content in _build_provisioning(prometheus).items():
        (folder / kind).mkdir()
        (folder / kind / "mds.yaml").write_text(json.dumps(content, indent=2))
    folder.chmod(0o755)  # Grafana is somebody else there
    return folder


def _build_provisioning(prometheus: str) -> dict[str, Any]:
    source = {
        "name": "Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": prometheus,
        "isDefault": True,
    }
    provider = {"name": "mds", "folder": "mds", "type": "file", "options": {"path": _DASHBOARDS}}
    return {
        "datasources": {"apiVersion": 1, "datasources": [source]},
        "dashboards": {"apiVersion": 1, "providers": [provider]},
    }


@contextmanager
def run(command: Sequence[str], url: str, log: Path) -> Iterator[Grafana]:
    """Answering at `url`, until the block is left; a Ctrl-C is for us."""
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            grafana = Grafana(url, process, log)
            _wait(grafana)
            yield grafana
        finally:
            process.terminate()
            try:
                process.wait(_ENDED_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(grafana: Grafana) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _answers(grafana.url):
        if grafana.process.poll() is not None or time.monotonic() > deadline:
            raise build_failure(grafana.log)
        time.sleep(_LOOK_EVERY_S)


def build_failure(log: Path) -> DemoError:
    last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    return DemoError(
        f"Grafana does not answer: {last}",
        remedy=f"all it said is in {log}; run make monitoring again, it goes on where it stands",
    )


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_ANSWER_WITHIN_S):
            return True
    except OSError:  # an answer that is an error, too
        return False


def _find_port() -> int:
    with socket.create_server((_HOST, 0)) as taken:
        return int(taken.getsockname()[1])
