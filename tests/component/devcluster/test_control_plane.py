"""The control plane as its users see it: who gets in, and what up and down leave behind."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mds_devcluster import building, control_plane, processes, versions
from mds_devcluster.building import PROGRAMS
from mds_devcluster.processes import Identity, Lifetime
from mds_devcluster.progress import Progress
from mds_devcluster.records import read_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_devcluster.control_plane import Binaries, ControlPlane
    from tests.component.conftest import ApiServer

HTTP_UNAUTHORIZED, HTTP_FORBIDDEN = 401, 403
LISTENING = "0A"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "clusters" / "one"
    control_plane.take_down(tmp_path / "clusters" / "one", Progress(io.StringIO()))


def bring_up(folder: Path, binaries: Binaries) -> ControlPlane:
    return control_plane.bring_up(folder, binaries, Lifetime.OF_STARTER, Progress(io.StringIO()))


def read_identities(folder: Path) -> dict[str, Identity]:
    record = read_record(folder)
    assert record is not None
    return dict(record.processes)


def read_config(kubeconfig: Path) -> tuple[str, str]:
    """The certificate (PEM) and the token."""
    config = json.loads(kubeconfig.read_text())
    encoded = config["clusters"][0]["cluster"]["certificate-authority-data"]
    return base64.b64decode(encoded).decode(), config["users"][0]["user"]["token"]


def ask(url: str, certificate: str, path: str, headers: dict[str, str]) -> int:
    context = ssl.create_default_context(cadata=certificate)
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, timeout=10, context=context)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def count_listening_tcp(pid: int) -> int:
    sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    table = "".join(Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6"))
    rows = [line.split() for line in table.splitlines()]
    return sum(row[3] == LISTENING and f"socket:[{row[9]}]" in sockets for row in rows)


def wait_until_ended(identities: dict[str, Identity]) -> list[str]:
    deadline = time.monotonic() + 5
    left = list(identities)
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [name for name in left if processes.is_running(identities[name])]
    return left


def test_the_api_server_is_ready_and_of_the_pinned_version(api_server: ApiServer) -> None:
    pinned = building.read_version(PROGRAMS["kube-apiserver"], versions.REPOSITORY)
    version = json.loads(api_server.kubectl("version", "-o", "json", check=True).stdout)

    assert api_server.kubectl("get", "--raw", "/readyz", check=True).stdout == "ok"
    assert version["serverVersion"]["gitVersion"] == f"v{pinned}"


def test_what_was_written_is_read_back(api_server: ApiServer) -> None:
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kept", "namespace": "default"},
        "data": {"a": "b"},
    }
    api_server.kubectl("create", "-f", "-", stdin=json.dumps(made), check=True)

    read = api_server.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}", check=True)
    api_server.kubectl("delete", "configmap", "kept", check=True)

    assert read.stdout == "b"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, HTTP_FORBIDDEN, id="anonymous, by RBAC"),
        pytest.param({"Authorization": "Bearer wrong"}, HTTP_UNAUTHORIZED, id="a wrong token"),
    ],
)
def test_nobody_else_gets_in(api_server: ApiServer, headers: dict[str, str], status: int) -> None:
    certificate, _ = read_config(api_server.kubeconfig)

    assert ask(api_server.url, certificate, "/api/v1/namespaces/default/secrets", headers) == status


def test_a_service_account_is_known_by_its_token_and_may_do_nothing_yet(api_server: ApiServer) -> None:
    api_server.kubectl("create", "serviceaccount", "somebody", check=True)
    token = api_server.kubectl("create", "token", "somebody", check=True).stdout
    certificate, _ = read_config(api_server.kubeconfig)
    bearer = {"Authorization": f"Bearer {token}"}

    # Not 401, as for a token that our key did not sign.
    assert ask(api_server.url, certificate, "/api/v1/namespaces/default/secrets", bearer) == HTTP_FORBIDDEN


def test_etcd_cannot_be_reached_around_the_api_server(api_server: ApiServer) -> None:
    identities = read_identities(api_server.kubeconfig.parent)

    assert count_listening_tcp(identities["kube-apiserver"].pid) == 1
    assert count_listening_tcp(identities["etcd"].pid) == 0


def test_the_folder_and_the_secrets_in_it_are_the_owners_alone(api_server: ApiServer) -> None:
    folder = api_server.kubeconfig.parent
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}

    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes["kubeconfig"] == modes["tokens.csv"] == modes["service-account.key"] == 0o600


def test_up_twice_is_one_cluster_and_down_leaves_no_process_and_no_file(
    folder: Path, cluster_binaries: Binaries
) -> None:
    first = bring_up(folder, cluster_binaries)
    identities = read_identities(folder)

    assert bring_up(folder, cluster_binaries) == first
    assert read_identities(folder) == identities

    assert control_plane.take_down(folder, Progress(io.StringIO())) is True
    assert wait_until_ended(identities) == []
    assert list(folder.parent.iterdir()) == []


def test_up_after_etcd_was_killed_starts_over_and_leaves_nothing_of_the_first(
    folder: Path, cluster_binaries: Binaries
) -> None:
    bring_up(folder, cluster_binaries)
    before = read_identities(folder)
    os.kill(before["etcd"].pid, signal.SIGKILL)
    wait_until_ended({"etcd": before["etcd"]})

    again = bring_up(folder, cluster_binaries)
    certificate, token = read_config(again.kubeconfig)

    assert ask(again.url, certificate, "/readyz", {"Authorization": f"Bearer {token}"}) == http.client.OK
    assert wait_until_ended(before) == []


def test_a_cluster_of_the_command_line_outlives_it_until_down(
    cluster_binaries: Binaries, tmp_path: Path
) -> None:
    # The cache of this test holds the real programs, and the clusters that it makes.
    (tmp_path / "bin").symlink_to(cluster_binaries.etcd.parents[2])
    environment = {**os.environ, "MDS_CACHE": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "mds_devcluster", *arguments]
        return subprocess.run(command, env=environment, check=True, text=True, capture_output=True).stdout

    said = run("up", "--control-plane-only", "demo")
    identities = read_identities(tmp_path / "clusters" / "demo")

    assert f"export KUBECONFIG={tmp_path}/clusters/demo/kubeconfig" in said
    assert all(processes.is_running(identity) for identity in identities.values())
    assert "demo: gone" in run("down", "demo")
    assert wait_until_ended(identities) == []
    assert "no such cluster" in run("down", "demo")
