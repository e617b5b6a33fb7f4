"""A real API server for the component tests: etcd and kube-apiserver from the cache, one of each a session.

No controller runs beside it: Pods stay Pending, nothing collects garbage, and a namespace has no service
account `default` until a test makes one. Tests keep apart by namespaces of their own.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import control_plane
from mds_devcluster.building import open_workshop
from mds_devcluster.processes import Lifetime
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

# The wheel's, of the environment that runs the tests; never PATH's.
KUBECTL = Path(sys.executable).parent / "kubectl"
KUBECTL_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class ApiServer:
    url: str
    kubeconfig: Path

    def kubectl(
        self,
        *arguments: str,
        stdin: str | None = None,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the admin; `stdin` is what `-f -` reads; `check` fails the test on an error."""
        ended = subprocess.run(
            [KUBECTL, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=stdin,
            check=False,
            text=True,
            capture_output=True,
            timeout=KUBECTL_TIMEOUT_S,
            # Its discovery cache goes with the cluster, and not to the user's home.
            env={**os.environ, "KUBECACHEDIR": str(self.kubeconfig.parent / "kubectl-cache")},
        )
        if check and ended.returncode != 0:
            pytest.fail(f"kubectl {shlex.join(arguments)}: exit code {ended.returncode}\n{ended.stderr}")
        return ended

    def establish(self, *crds: str) -> None:
        """Wait until these are served. `kubectl wait` fails by itself while one has no condition yet."""
        waiting = ("wait", "--for=condition=Established", *crds, f"--timeout={KUBECTL_TIMEOUT_S - 10}s")
        deadline = time.monotonic() + KUBECTL_TIMEOUT_S
        while (ended := self.kubectl(*waiting)).returncode != 0:
            if "accessor error" not in ended.stderr or time.monotonic() > deadline:
                pytest.fail(f"kubectl {shlex.join(waiting)}: {ended.stderr}")


@pytest.fixture(scope="session")
def cluster_binaries(request: pytest.FixtureRequest) -> control_plane.Binaries:
    """Built if they are missing, which takes minutes: so the progress goes past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return control_plane.obtain_binaries(open_workshop(Progress(sys.stderr)))


@pytest.fixture(scope="session")
def api_server(
    cluster_binaries: control_plane.Binaries,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiServer]:
    folder = tmp_path_factory.mktemp("api-server") / "tests"
    progress = Progress(sys.stderr)
    running = control_plane.bring_up(folder, cluster_binaries, Lifetime.OF_STARTER, progress)
    yield ApiServer(url=running.url, kubeconfig=running.kubeconfig)
    control_plane.take_down(folder, progress)
